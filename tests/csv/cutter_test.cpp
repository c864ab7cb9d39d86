#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "tests/csv/harness.h"
#include "tests/csv/oracle.h"

namespace {

using bulkwrite::csv::CutOptions;
using harness::Seen;

size_t whole() {
  return 1 << 20;
}

struct ExpectedChunk {
  bool too_long = false;
  std::vector<uint64_t> numbers;  // ordinals over the whole input
};

// The cutting rule on records that are known already: records_max, and header plus records as sent within bytes_max.
std::vector<ExpectedChunk> expected_chunks(const std::vector<oracle::Record>& records, const CutOptions& options,
                                           char delimiter) {
  std::vector<ExpectedChunk> chunks;
  uint64_t sent = 0;
  bool open = false;
  for (uint64_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    uint64_t bytes = record.bytes.size() + std::max<size_t>(1, record.terminator.size());
    if (delimiter == '\t')
      bytes += 2 * (1 + static_cast<uint64_t>(std::count(record.bytes.begin(), record.bytes.end(), '\t')));
    if (options.header_bytes + bytes > options.bytes_max) {
      chunks.push_back({true, {i}});
      open = false;
      continue;
    }
    if (!open || sent + bytes > options.bytes_max || chunks.back().numbers.size() == options.records_max) {
      chunks.push_back({});
      sent = options.header_bytes;
      open = true;
    }
    chunks.back().numbers.push_back(i);
    sent += bytes;
  }
  return chunks;
}

std::string random_records(std::mt19937_64& random, size_t records, char delimiter, bool terminated) {
  std::string text;
  for (size_t i = 0; i < records; ++i) {
    if (random() % 8 == 0) text += random() % 2 == 0 ? "\n" : "\r\n";
    text += std::string(random() % 12, 'a') + delimiter;
    text += random() % 3 == 0 ? "\"b\nb\"" : std::string(random() % 5, 'b');
    if (random() % 40 == 0) text += std::string(random() % 200, 'c');
    text += random() % 2 == 0 ? "\n" : "\r\n";
  }
  if (!terminated && !text.empty()) text.pop_back();
  if (!terminated && !text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("a chunk holds records_max records and not one more") {
  CutOptions options;
  options.records_max = 2;
  const Seen seen = harness::cut({"a,1\nb,2\nc,3\nd,4\ne,5\n"}, 2, ',', options, whole);
  REQUIRE(seen.chunks.size() == 3);
  CHECK(seen.chunks[0].part_bytes[0] == "a,1\nb,2\n");
  CHECK(seen.chunks[1].part_bytes[0] == "c,3\nd,4\n");
  CHECK(seen.chunks[2].part_bytes[0] == "e,5\n");
  CHECK(seen.chunks[2].parts[0].first_record == 5);
}

TEST_CASE("a chunk is cut before the record that would pass bytes_max, header included") {
  CutOptions options;
  options.header_bytes = 4;
  options.bytes_max = 12;
  const Seen seen = harness::cut({"a,1\nb,2\nc,3\n"}, 2, ',', options, whole);
  REQUIRE(seen.chunks.size() == 2);
  CHECK(seen.chunks[0].part_bytes[0] == "a,1\nb,2\n");
}

TEST_CASE("a record that fits into no chunk makes a chunk of its own, and its bytes go by in pieces") {
  CutOptions options;
  options.bytes_max = 20;
  const std::string longer = "b," + std::string(100'000, 'x') + "\n";
  const Seen seen = harness::cut({"a,1\n" + longer + "c,3\n"}, 2, ',', options, [] { return size_t{7}; });
  REQUIRE(seen.chunks.size() == 3);
  CHECK_FALSE(seen.chunks[0].too_long);
  CHECK(seen.chunks[1].too_long);
  CHECK(seen.chunks[1].part_bytes[0] == longer);
  CHECK(seen.chunks[1].parts[0].first_record == 2);
  CHECK(seen.chunks[2].records[0].record_number == 3);
  CHECK(seen.chunks[2].parts[0].begin == 4 + longer.size());
}

TEST_CASE("small sources share a chunk, each with its own record numbers") {
  const Seen seen = harness::cut({"a,1\nb,2\n", "c,3", "d,4\n"}, 2, ',', {}, whole);
  REQUIRE(seen.chunks.size() == 1);
  REQUIRE(seen.chunks[0].parts.size() == 3);
  CHECK(seen.chunks[0].parts[1].unterminated);
  CHECK(seen.chunks[0].part_bytes[1] == "c,3");
  CHECK(seen.chunks[0].records[2].bytes == "c,3");
  CHECK(seen.chunks[0].records[3].record_number == 1);
  CHECK(seen.chunks[0].records[3].source == 2);
}

TEST_CASE("a chunk that grows moves into a buffer that was given back, and holds its bytes still") {
  using bulkwrite::csv::Chunk;
  using bulkwrite::csv::Cutter;
  constexpr size_t kRecords = 200'000, kBytes = kRecords * 10, kBlock = 700'000;
  Cutter cutter({.records_max = kRecords, .headroom = 16});
  cutter.begin_source(0, 0, 2, ',');
  std::string text;
  const auto next_chunk = [&] {
    for (;;) {
      auto cut = cutter.next();
      if (cut.kind == Cutter::Cut::Kind::chunk) return std::move(cut.chunk);
      const size_t had = text.size();
      while (text.size() < had + kBlock) text += std::to_string(1'000'000 + text.size() / 10) + ",x\n";
      std::memcpy(cutter.space(kBlock).data(), text.data() + had, kBlock);
      cutter.filled(kBlock);
    }
  };
  Chunk first = next_chunk();
  REQUIRE((first.bytes() == std::string_view(text).substr(0, kBytes)));
  const void* const given_back = first.buffer.data();
  cutter.recycle(std::move(first));  // when the second has been begun already, in a small buffer of its own
  const Chunk second = next_chunk();
  CHECK((second.bytes() == std::string_view(text).substr(kBytes, kBytes)));
  CHECK(static_cast<const void*>(second.buffer.data()) == given_back);
}

TEST_CASE("nothing to cut gives no chunk") {
  CHECK(harness::cut({""}, 2, ',', {}, whole).chunks.empty());
  const Seen blank = harness::cut({"\n\r\n\n"}, 2, ',', {}, whole);
  CHECK(blank.chunks.empty());
  CHECK(blank.blank_lines == 3);
}

TEST_CASE("a chunk ends where its blank lines take too much, and blank lines without end make no chunk") {
  CutOptions options;
  options.blank_bytes_max = 4;
  const auto cut = [&](const std::string& text, size_t columns = 2) {
    return harness::cut({text}, columns, ',', options, whole);
  };
  const Seen between = cut("a,1\n\n\r\n\nb,2\nc,3\n");
  REQUIRE(between.chunks.size() == 2);
  CHECK(between.chunks[0].part_bytes == std::vector<std::string>{"a,1\n\n\r\n\n"});
  CHECK(between.chunks[1].part_bytes == std::vector<std::string>{"b,2\nc,3\n"});
  CHECK(between.chunks[1].records[0].record_number == 2);
  CHECK(between.blank_lines == 3);

  const Seen before = cut(std::string(11, '\n') + "a,1\n");
  REQUIRE(before.chunks.size() == 1);
  CHECK(before.chunks[0].part_bytes == std::vector<std::string>{"\n\n\na,1\n"});
  CHECK(before.chunks[0].parts[0].begin == 8);
  CHECK(before.chunks[0].records[0].record_number == 1);
  CHECK(before.blank_lines == 11);

  CHECK(cut(std::string(100, '\n')).chunks.empty());
  CHECK(cut("\n\n\n\n\n\n\n", 1).records == 7);  // in one column they are records
}

TEST_CASE("however many blank lines there are and however they arrive, the chunks are the same and none is large") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) {
    std::vector<std::string> texts(1 + random() % 3);
    for (auto& text : texts)
      for (uint64_t lines = random() % 30; lines > 0; --lines) {
        if (random() % 3 == 0) text += std::string(random() % 200, '\n');
        text += random() % 2 == 0 ? "\r\n" : "aa,1\n";
      }
    CutOptions options;
    options.blank_bytes_max = 1 + random() % 100;
    CAPTURE(i, options.blank_bytes_max);
    const size_t block_max = 1 + random() % 500;
    const Seen seen = harness::cut(texts, 2, ',', options, [&] { return 1 + random() % block_max; });
    const Seen other = harness::cut(texts, 2, ',', options, whole);
    CHECK(seen.chunks == other.chunks);
    CHECK(seen.blank_lines == other.blank_lines);

    const Seen unbounded = harness::cut(texts, 2, ',', {}, whole);
    CHECK(seen.records == unbounded.records);
    CHECK(seen.blank_lines == unbounded.blank_lines);
    for (const auto& chunk : seen.chunks) {
      size_t bytes = 0;
      for (const auto& part : chunk.part_bytes) bytes += part.size();
      CHECK(bytes - chunk.records.size() * 5 <= options.blank_bytes_max + 1);
    }
  }
}

TEST_CASE("an unclosed quote names its record and the byte where the quote began, and keeps what came before") {
  CutOptions options;
  options.records_max = 2;
  const Seen seen = harness::cut({"a,1\nb,2\nc,3\nd,\"4\ne,5\n"}, 2, ',', options, [] { return size_t{3}; });
  REQUIRE(seen.unclosed);
  CHECK(seen.unclosed->record_number == 4);
  CHECK(seen.unclosed->record_offset == 12);
  CHECK(seen.unclosed->quote_offset == 14);
  CHECK(seen.records == 3);
}

TEST_CASE("a record given up at an unclosed quote is there though nothing follows it") {
  CutOptions options;
  options.resync_on_unclosed_quote = true;
  const Seen seen = harness::cut({"a,1\nb,\"2\n"}, 2, ',', options, whole);
  REQUIRE(seen.chunks.size() == 1);
  REQUIRE(seen.chunks[0].records.size() == 2);
  CHECK(seen.chunks[0].records[1].bytes == "b,\"2");
  CHECK(seen.chunks[0].records[1].flaw == "unclosed_quote");
}

TEST_CASE("any bytes in any pieces give the chunks of the cutting rule") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    const char delimiter = random() % 3 == 0 ? '\t' : ',';
    std::vector<std::string> texts(1 + random() % 3);
    for (auto& text : texts) text = random_records(random, random() % 30, delimiter, random() % 3 != 0);
    CutOptions options;
    options.records_max = 1 + random() % 10;
    options.bytes_max = 40 + random() % 300;
    options.header_bytes = random() % 20;
    CAPTURE(i, delimiter, options.records_max, options.bytes_max, options.header_bytes);

    std::vector<oracle::Record> records;
    std::vector<std::pair<uint32_t, uint64_t>> origin;
    for (uint32_t source = 0; source < texts.size(); ++source) {
      uint64_t number = 0;
      for (auto& record : oracle::read(texts[source], {.delimiter = delimiter, .columns = 2}).records) {
        records.push_back(std::move(record));
        origin.emplace_back(source, ++number);
      }
    }
    const auto expected = expected_chunks(records, options, delimiter);
    const size_t block_max = 1 + random() % 500;
    const Seen seen = harness::cut(texts, 2, delimiter, options, [&] { return 1 + random() % block_max; });
    const Seen other = harness::cut(texts, 2, delimiter, options, whole);
    CHECK(seen.chunks == other.chunks);
    CHECK(seen.blank_lines == other.blank_lines);

    REQUIRE(seen.chunks.size() == expected.size());
    for (size_t c = 0; c < expected.size(); ++c) {
      INFO("chunk " << c);
      REQUIRE(seen.chunks[c].too_long == expected[c].too_long);
      for (size_t p = 0; p < seen.chunks[c].parts.size(); ++p) {
        const auto& part = seen.chunks[c].parts[p];
        CHECK(seen.chunks[c].part_bytes[p] == texts[part.source].substr(part.begin, part.end - part.begin));
      }
      if (expected[c].too_long) {
        CHECK(seen.chunks[c].parts[0].first_record == origin[expected[c].numbers[0]].second);
        continue;
      }
      REQUIRE(seen.chunks[c].records.size() == expected[c].numbers.size());
      for (size_t r = 0; r < expected[c].numbers.size(); ++r) {
        const auto ordinal = expected[c].numbers[r];
        CHECK(seen.chunks[c].records[r].bytes == records[ordinal].bytes);
        CHECK(seen.chunks[c].records[r].source == origin[ordinal].first);
        CHECK(seen.chunks[c].records[r].record_number == origin[ordinal].second);
      }
    }
  }
}

TEST_CASE("a chunk cut again from its ranges is the same chunk") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 300; ++i) {
    const std::string text = random_records(random, 200, ',', random() % 2 == 0);
    CutOptions options;
    options.records_max = 1 + random() % 50;
    options.bytes_max = 500;
    const Seen seen = harness::cut({text}, 2, ',', options, [&] { return 1 + random() % 1000; });
    for (const auto& chunk : seen.chunks) {
      const auto& part = chunk.parts[0];
      const Seen again = harness::cut({text.substr(part.begin, part.end - part.begin)}, 2, ',', options, whole);
      REQUIRE(again.chunks.size() == 1);
      CHECK(again.chunks[0].part_bytes == chunk.part_bytes);
      CHECK(again.chunks[0].records.size() == chunk.records.size());
    }
  }
}
