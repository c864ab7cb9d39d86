#include "engine/csv/kernel.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/csv/harness.h"
#include "tests/csv/kernel_texts.h"

namespace {

using namespace bulkwrite::csv;

struct Scanned {
  size_t bytes = 0;
  bool unclosed = false;
  LexState state;
  Index index;

  bool in_quoted_field() const {
    return state.position == Position::quoted || state.position == Position::quote_in_quoted ||
           state.position == Position::closing_cr;
  }
  bool operator==(const Scanned& other) const {
    const auto flaws_equal = [](const FlawAt& a, const FlawAt& b) { return a.offset == b.offset && a.flaw == b.flaw; };
    return bytes == other.bytes && unclosed == other.unclosed && state.position == other.state.position &&
           state.blamed == other.state.blamed && (!in_quoted_field() || state.quote_begin == other.state.quote_begin) &&
           index.structurals == other.index.structurals && index.record_ends == other.index.record_ends &&
           std::equal(index.flaws.begin(), index.flaws.end(), other.index.flaws.begin(), other.index.flaws.end(),
                      flaws_equal);
  }
};

// In pieces that end at `cuts`.
Scanned scan_in_pieces(const Kernel& kernel, const std::string& text, std::vector<size_t> cuts, char delimiter,
                       size_t quote_bytes_max) {
  Scanned seen;
  seen.index.cover(text.size() + 1);
  cuts.push_back(text.size());
  for (const size_t end : cuts) {
    const ScanOutcome outcome =
        scan(kernel, {text.data(), seen.bytes, end, delimiter, quote_bytes_max}, seen.state, seen.index);
    seen.bytes = outcome.scanned;
    seen.unclosed = outcome.unclosed_quote;
    if (seen.unclosed) break;
  }
  return seen;
}

}  // namespace

TEST_CASE("the scalar kernel is always there, and an unknown name gives none") {
  CHECK(available_kernels().back().name == "scalar");
  REQUIRE(kernel_by_name("scalar") != nullptr);
  CHECK(kernel_by_name("scalar")->name == "scalar");
  CHECK(kernel_by_name("abacus") == nullptr);
  CHECK(&best_kernel() == &available_kernels().front());
}

TEST_CASE("where there is AVX2, the kernel for machines with a slow PDEP runs too, as one of its own") {
  const Kernel* const with = kernel_by_name("avx2");
  const Kernel* const without = kernel_by_name("avx2-without-pdep");
  REQUIRE((with == nullptr) == (without == nullptr));
  if (with != nullptr) CHECK(with->count_records != without->count_records);
}

TEST_CASE("every kernel agrees with the scalar one, at each length up to 200 and each cut") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const Kernel& scalar = *kernel_by_name("scalar");
  for (size_t length = 0; length <= 200; ++length) {
    const std::string text = kernel_texts::any(random, length, ',');
    const size_t quote_bytes_max = random() % 2 == 0 ? 1 << 20 : 1 + random() % 200;
    for (size_t cut = 0; cut <= length; ++cut) {
      const Scanned expected = scan_in_pieces(scalar, text, {cut}, ',', quote_bytes_max);
      for (const Kernel& kernel : available_kernels()) {
        const bool agrees = scan_in_pieces(kernel, text, {cut}, ',', quote_bytes_max) == expected;
        CAPTURE(kernel.name, text, cut, quote_bytes_max);
        REQUIRE(agrees);
      }
    }
  }
}

TEST_CASE("every kernel agrees with the scalar one on longer texts in any pieces") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const Kernel& scalar = *kernel_by_name("scalar");
  for (int i = 0; i < 2000; ++i) {
    const char delimiter = ",;:|\t"[random() % 5];
    const std::string text = kernel_texts::any(random, random() % 6000, delimiter);
    const size_t quote_bytes_max = random() % 2 == 0 ? 1 << 20 : 1 + random() % 2000;
    std::vector<size_t> cuts;
    for (size_t at = 0; random() % 4 != 0;) cuts.push_back(at = std::min(text.size(), at + random() % 3000));
    const Scanned expected = scan_in_pieces(scalar, text, cuts, delimiter, quote_bytes_max);
    for (const Kernel& kernel : available_kernels()) {
      const bool agrees = scan_in_pieces(kernel, text, cuts, delimiter, quote_bytes_max) == expected;
      CAPTURE(i, kernel.name, text, quote_bytes_max);
      REQUIRE(agrees);
    }
  }
}

TEST_CASE("an irregular quote is seen wherever it stands in a word") {
  const Kernel& scalar = *kernel_by_name("scalar");
  for (const std::string odd :
       {"x\"", "\"x\"y", "\"\"\"\"x", "\r,", "\"x\"\r,", "\"x\"\r\r\n", "\r\"x\"", "\"x\"\"\"\n"}) {
    for (size_t lead = 0; lead <= 600; ++lead) {
      std::string text(lead, 'a');
      if (lead > 0) text.back() = ',';
      text += odd + std::string(1100, 'b') + "\n\"c\",d\n" + std::string(900, 'e') + ",\"f\ng\"\n";
      const Scanned expected = scan_in_pieces(scalar, text, {}, ',', 1 << 20);
      for (const Kernel& kernel : available_kernels()) {
        const bool agrees = scan_in_pieces(kernel, text, {}, ',', 1 << 20) == expected;
        CAPTURE(kernel.name, odd, lead);
        REQUIRE(agrees);
      }
    }
  }
}

TEST_CASE("a stray quote does not turn the rest of the text inside out") {
  std::string text = "a,b\nc,5\" disk\n";
  const size_t flawed = 7;
  for (int i = 0; i < 1000; ++i) text += "d,\"e\nf\"\n";
  for (const Kernel& kernel : available_kernels()) {
    CAPTURE(kernel.name);
    const Scanned seen = scan_in_pieces(kernel, text, {}, ',', 1 << 20);
    REQUIRE(seen.index.flaws.size() == 1);
    CHECK(seen.index.flaws[0].offset == flawed);
    CHECK(count_bits(seen.index.record_ends, 0, text.size()) == 1002);
  }
}

TEST_CASE("every kernel counts records, and sees whether all have as many fields as there are columns") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    const size_t columns = 1 + random() % (random() % 4 == 0 ? 200 : 12);
    const bool uniform = random() % 2 == 0;
    const size_t records = 1 + random() % 200;
    const size_t width_max = 1 + random() % (random() % 4 == 0 ? 100 : 4);
    Index index;
    size_t at = random() % 200;
    const size_t begin = at;
    index.cover(at);
    bool all_equal = true;
    for (size_t record = 0; record < records; ++record) {
      size_t fields = columns;
      if (!uniform && random() % records == 0) fields = 1 + random() % (columns + 2);
      all_equal = all_equal && fields == columns;
      for (size_t field = 1; field <= fields; ++field) {
        at += random() % width_max;
        index.cover(at + 1);
        field == fields ? index.mark_end(at) : index.mark(at);
        ++at;
      }
    }
    // What stands around the lines does not count.
    if (begin > 0) index.mark_end(begin - 1);
    index.cover(at + 1);
    index.mark_end(at);
    for (const Kernel& kernel : available_kernels()) {
      CAPTURE(i, kernel.name, columns, begin, at);
      const RecordCount count = count_records(kernel, index, begin, at, columns);
      REQUIRE(count.records == records);
      REQUIRE(count.uniform == all_equal);
    }
  }
}

TEST_CASE("the chunks are the same whichever kernel scans") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 60; ++i) {
    const std::string text = kernel_texts::any(random, random() % 60'000, ',');
    CutOptions options;
    options.records_max = 1 + random() % 500;
    options.bytes_max = 2000 + random() % 40'000;
    options.quote_bytes_max = 100 + random() % 3000;
    options.resync_on_unclosed_quote = random() % 2 == 0;
    options.kernel = kernel_by_name("scalar");
    const size_t block_max = 1 + random() % 40'000;
    const auto block = [&] { return 1 + random() % block_max; };
    const harness::Seen expected = harness::cut({text}, 3, ',', options, block);
    for (const Kernel& kernel : available_kernels()) {
      CAPTURE(i, kernel.name);
      options.kernel = &kernel;
      const harness::Seen seen = harness::cut({text}, 3, ',', options, block);
      const bool agrees = seen.chunks == expected.chunks;
      CHECK(agrees);
      CHECK(seen.blank_lines == expected.blank_lines);
      CHECK(seen.unclosed.has_value() == expected.unclosed.has_value());
    }
  }
}

TEST_CASE("every kernel lists the bits of words in their order") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2'000; ++i) {
    std::vector<uint64_t> bits(random() % 20);
    for (uint64_t& word : bits) {
      word = random();
      for (size_t thinner = random() % 6; thinner > 0; --thinner) word &= random();
      if (random() % 10 == 0) word = ~uint64_t{0};
    }
    const auto from = static_cast<uint32_t>(random());
    std::vector<uint32_t> expected;
    for (size_t at = 0; at < bits.size() * 64; ++at)
      if ((bits[at / 64] >> at % 64 & 1) != 0) expected.push_back(from + static_cast<uint32_t>(at));
    for (const Kernel& kernel : available_kernels()) {
      std::vector<uint32_t> listed(expected.size() + kListSlack);
      listed.resize(kernel.list_bits(bits.data(), bits.size(), from, listed.data()));
      if (listed != expected) FAIL_CHECK(kernel.name << " at " << i);
    }
  }
}
