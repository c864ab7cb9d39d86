// What a record is, case by case, and that the engine agrees with a slow and obvious reading on random bytes.
#include <catch2/catch.hpp>
#include <random>

#include "tests/csv/harness.h"
#include "tests/csv/oracle.h"

namespace {

using harness::Seen;

size_t listings = 0;

size_t list_and_count(const uint64_t* bits, size_t words, uint32_t from, uint32_t* out) {
  ++listings;
  return bulkwrite::csv::kernel_by_name("scalar")->list_bits(bits, words, from, out);
}

std::string flaws_of(const std::string& text, size_t columns, size_t quote_bytes_max = 1 << 20, bool resync = false) {
  bulkwrite::csv::CutOptions options;
  options.quote_bytes_max = quote_bytes_max;
  options.resync_on_unclosed_quote = resync;
  const Seen seen = harness::cut({text}, columns, ',', options, [] { return size_t{1}; });
  std::string all;
  for (const auto& chunk : seen.chunks)
    for (const auto& record : chunk.records)
      all += (all.empty() ? "" : " ") + (record.flaw.empty() ? "ok" : record.flaw);
  if (seen.unclosed) all += " stopped";
  return all;
}

std::string random_text(std::mt19937_64& random, size_t length_max) {
  static constexpr std::string_view kAlphabet = "aab,,;\"\"\"\r\n\n";
  std::string text;
  const size_t length = random() % (length_max + 1);
  for (size_t i = 0; i < length; ++i) text += kAlphabet[random() % kAlphabet.size()];
  return text;
}

void compare(const std::string& text, const oracle::Options& options, const Seen& seen) {
  const oracle::Reading expected = oracle::read(text, options);
  std::vector<harness::SeenRecord> got;
  for (const auto& chunk : seen.chunks) got.insert(got.end(), chunk.records.begin(), chunk.records.end());
  REQUIRE(got.size() == expected.records.size());
  for (size_t i = 0; i < got.size(); ++i) {
    INFO("record " << i + 1);
    CHECK(got[i].record_number == i + 1);
    CHECK(got[i].source_offset == expected.records[i].offset);
    CHECK(got[i].bytes == expected.records[i].bytes);
    CHECK(got[i].flaw == expected.records[i].flaw);
    CHECK(got[i].fields == expected.records[i].fields);
  }
  CHECK(seen.unclosed.has_value() == expected.unclosed);
  if (expected.unclosed) {
    CHECK(seen.unclosed->quote_offset == expected.unclosed_at);
    CHECK(seen.unclosed->record_number == expected.records.size() + 1);
  }
  CHECK(seen.blank_lines == expected.blank_lines);
}

}  // namespace

TEST_CASE("a chunk's records are walked by the kernel that scanned it, the first chunk's and those behind it") {
  bulkwrite::csv::Kernel counting = *bulkwrite::csv::kernel_by_name("scalar");
  counting.list_bits = list_and_count;
  bulkwrite::csv::CutOptions options;
  options.records_max = 1;
  options.kernel = &counting;
  listings = 0;
  const Seen seen = harness::cut({"a,b\nc,d\ne,f\n"}, 2, ',', options, [] { return size_t{1}; });
  REQUIRE(seen.chunks.size() == 3);
  CHECK(listings == 2 * seen.chunks.size());  // of each its bounds and its record ends
}

TEST_CASE("a quote opens only as the first byte of a field, and any other quote is stray") {
  CHECK(flaws_of("\"a\",b\n", 2) == "ok");
  CHECK(flaws_of("\"a\"\"b\",c\n", 2) == "ok");
  CHECK(flaws_of("a\"b,c\n", 2) == "stray_quote");
  CHECK(flaws_of("\"a\"b,c\n", 2) == "stray_quote");
  CHECK(flaws_of(" \"a\",b\n", 2) == "stray_quote");
  CHECK(flaws_of("\"a\nb\",c\n", 2) == "ok");
  CHECK(flaws_of("\"a\",\"\"\"\"\n", 2) == "ok");
}

TEST_CASE("a record with a stray quote ends at the next LF, whatever its quotes say") {
  CHECK(flaws_of("a\"b,\"c\nd,e\n", 2) == "stray_quote ok");
  CHECK(flaws_of("\"a\"x,\"\nb,c\n", 2) == "stray_quote ok");
}

TEST_CASE("CR ends a record only before LF, and a bare CR outside quotes is a flaw") {
  CHECK(flaws_of("a,b\r\nc,d\n", 2) == "ok ok");
  CHECK(flaws_of("a\rb,c\n", 2) == "bare_cr");
  CHECK(flaws_of("\"a\rb\",c\n", 2) == "ok");
  CHECK(flaws_of("a,b\r", 2) == "bare_cr");
  CHECK(flaws_of("a,\"b\"\r", 2) == "stray_quote");
  CHECK(flaws_of("a,\"b\"\r\n", 2) == "ok");
  CHECK(flaws_of("a,b\r\r\n", 2) == "bare_cr");
}

TEST_CASE("blank lines are no records, but in a one-column file they are rejected") {
  CHECK(flaws_of("a,b\n\n\r\nc,d\n", 2) == "ok ok");
  CHECK(flaws_of("a\n\nb\n", 1) == "ok blank_line ok");
  CHECK(flaws_of("a\n\r\nb\n", 1) == "ok blank_line ok");
}

TEST_CASE("the last record may lack its terminator") {
  CHECK(flaws_of("a,b\nc,d", 2) == "ok ok");
  CHECK(flaws_of("a,", 2) == "ok");
  CHECK(flaws_of("a,\"b\"", 2) == "ok");
}

TEST_CASE("the number of fields must be that of the header") {
  CHECK(flaws_of("a\na,b\na,b,c\n", 2) == "field_count ok field_count");
}

TEST_CASE("a quoted field that stays open stops the input at its record") {
  CHECK(flaws_of("a,b\nc,\"d\ne,f\n", 2) == "ok stopped");
  CHECK(flaws_of("a,\"" + std::string(10, 'x') + "\"\nc,d\n", 2, 11) == "ok ok");
  CHECK(flaws_of("a,\"" + std::string(10, 'x') + "\"\nc,d\n", 2, 10) == " stopped");
}

TEST_CASE("with resync an unclosed quote costs its record up to the first LF behind the quote") {
  CHECK(flaws_of("a,b\nc,\"d\ne,f\ng,h\n", 2, 5, true) == "ok unclosed_quote ok ok");
  CHECK(flaws_of("c,\"d\ne,f\n", 2, 100, true) == "unclosed_quote ok");
  CHECK(flaws_of("c,\"d", 2, 100, true) == "unclosed_quote");
}

TEST_CASE("every text of up to 200 bytes, in any pieces, gives the records of the obvious reading") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_text(random, i % 200);
    oracle::Options options{.delimiter = random() % 4 == 0 ? ';' : ',',
                            .columns = 1 + random() % 3,
                            .quote_bytes_max = random() % 2 == 0 ? size_t{1000} : 1 + random() % 20,
                            .resync = random() % 2 == 0};
    bulkwrite::csv::CutOptions cut_options;
    cut_options.quote_bytes_max = options.quote_bytes_max;
    cut_options.resync_on_unclosed_quote = options.resync;
    const size_t block_max = 1 + random() % 30;
    CAPTURE(i, text, options.delimiter, options.columns, options.quote_bytes_max, options.resync, block_max);
    compare(text, options, harness::cut({text}, options.columns, options.delimiter, cut_options, [&] {
              return 1 + random() % block_max;
            }));
  }
}

TEST_CASE("texts longer than a scan step agree with the obvious reading too") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20; ++i) {
    std::string text;
    while (text.size() < 100'000) {
      text += random_text(random, 50);
      if (random() % 10 == 0) text += "\"" + std::string(random() % 3000, 'x') + "\"\n";
    }
    oracle::Options options{.columns = 1 + random() % 3, .quote_bytes_max = 5000, .resync = true};
    bulkwrite::csv::CutOptions cut_options;
    cut_options.quote_bytes_max = options.quote_bytes_max;
    cut_options.resync_on_unclosed_quote = true;
    compare(text, options,
            harness::cut({text}, options.columns, ',', cut_options, [&] { return 1 + random() % 40'000; }));
  }
}
