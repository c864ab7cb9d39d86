#include "engine/csv/scanned_block.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "tests/csv/scanned_ahead.h"

namespace {

using namespace scanned_ahead;

void check_same(const Given& given, const Given& expected) {
  REQUIRE(difference(given, expected) == "");
}

class Texts {
 public:
  explicit Texts(uint64_t seed) : random_(seed) {}

  size_t below(size_t bound) { return random_() % bound; }
  bool one_in(size_t n) { return below(n) == 0; }

  // Bytes that mean something to the lexer, in any order.
  std::string soup(char delimiter) {
    const std::string alphabet = std::string("\"\"\"\n\n\r\r\nabc") + delimiter + delimiter;
    std::string text(below(400), ' ');
    for (char& c : text) c = alphabet[below(alphabet.size())];
    return text;
  }

  // Records as exports have them, with a mistake now and then.
  std::string records(char delimiter) {
    std::string text;
    for (size_t i = below(40); i > 0; --i) {
      if (one_in(8)) text += one_in(2) ? "\n" : "\r\n";
      text += field(delimiter) + delimiter + field(delimiter);
      if (one_in(40)) text += one_in(2) ? "\"" : "\r";
      text += one_in(2) ? "\n" : "\r\n";
    }
    if (one_in(3)) text.resize(text.size() - std::min(text.size(), below(3)));
    return text;
  }

 private:
  std::string field(char delimiter) {
    switch (below(6)) {
      case 0:
        return "\"" + std::string(below(60), 'q') + "\"\"\n" + delimiter + "\"";
      case 1:  // holds what looks like records, quotes among them
        return std::string("\"a") + delimiter + "b\nc" + delimiter + "\"\"d\"\"\r\n\"";
      case 2:
        return one_in(30) ? "5\" pipe" : "\"\"";
      default:
        return std::string(below(one_in(20) ? 200 : 12), 'a');
    }
  }

  std::mt19937_64 random_;
};

Input random_input(Texts& texts) {
  Input input{.texts = std::vector<std::string>(1 + texts.below(3)),
              .columns = 1 + texts.below(3),
              .delimiter = texts.one_in(3) ? '\t' : ','};
  for (std::string& text : input.texts)
    text = texts.one_in(2) ? texts.soup(input.delimiter) : texts.records(input.delimiter);
  input.options = {.records_max = 1 + texts.below(12),
                   .bytes_max = 30 + texts.below(400),
                   .quote_bytes_max = texts.one_in(2) ? 1 + texts.below(100) : 1 << 20,
                   .resync_on_unclosed_quote = texts.one_in(2),
                   .header_bytes = texts.below(20),
                   .headroom = 16};
  const std::span<const Kernel> kernels = available_kernels();
  input.options.kernel = &kernels[texts.below(kernels.size())];
  return input;
}

}  // namespace

TEST_CASE("blocks that were scanned ahead give the chunks of the serial scan, bit for bit") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Texts texts(seed);
  for (int i = 0; i < 3000; ++i) {
    const Input input = random_input(texts);
    const size_t block_max = 1 + texts.below(texts.one_in(3) ? 1000 : 200),
                 step = 1 + texts.below(texts.one_in(3) ? 300 : 40);
    const bool some_serial = texts.one_in(3);
    CAPTURE(i, input.texts, input.columns, input.delimiter, input.options.records_max, input.options.bytes_max,
            input.options.quote_bytes_max, input.options.resync_on_unclosed_quote, input.options.kernel->name,
            block_max, step, some_serial);
    check_same(
        cut(input, {[&] { return 1 + texts.below(block_max); }, [&] { return !some_serial || texts.one_in(2); }, step}),
        cut_serially(input));
  }
}

TEST_CASE("wherever a block begins, what was scanned ahead is the serial scan") {
  const std::vector<std::string> hard = {
      "a,\"b\"\"c\",d\r\n\"\",\"\"\"\"\n\"x\ny\r\nz\",1\n",
      "a,\"\"\"\"\"\"\n\"\"\"\"\"\",\"\n\"\n",
      "5\" pipe,a\nb,\"c\" d\ne,\"f\"\rg\nh,i\r\n",
      "a\rb,c\n\r,\r\r\n\r\n\n,\"\r\"\r\n",
      "\"never closed,\na,b\nc,d\n",
      "\"a,b\nc,d\ne,\"f\n\"",
      ",,,,\n,,,,\n\n\n\r\n",
      "a\tb,c\t\"d\te\"\n",
  };
  for (const std::string& text : hard)
    for (const char delimiter : {',', '\t'})
      for (const uint64_t quote_bytes_max : {1, 2, 3, 8, 1000})
        for (const bool resync : {false, true}) {
          const Input input{.texts = {text},
                            .columns = 2,
                            .delimiter = delimiter,
                            .options = {.records_max = 3,
                                        .bytes_max = 60,
                                        .quote_bytes_max = quote_bytes_max,
                                        .resync_on_unclosed_quote = resync}};
          const Given expected = cut_serially(input);
          for (size_t first = 1; first <= text.size(); ++first)
            for (const size_t step : {1, 2, 5, 1000}) {
              CAPTURE(text, delimiter, quote_bytes_max, resync, first, step);
              size_t asked = 0;
              check_same(cut(input, {[&] { return asked++ == 0 ? first : 1000; }, [] { return true; }, step}),
                         expected);
            }
        }
}

TEST_CASE("behind a closing quote and a CR at a checkpoint, fields are too long as in the serial scan") {
  std::string text = std::string(51, 'a') + ",\"bbbbbbbbb\"\r\n\"" + std::string(30, 'q') + "\",y\n";
  while (text.size() < 400) text += "c,d\n";
  for (const Kernel& kernel : available_kernels())
    for (uint64_t quote_bytes_max = 1; quote_bytes_max < 40; ++quote_bytes_max) {
      const Input input{.texts = {text},
                        .columns = 2,
                        .delimiter = ',',
                        .options = {.records_max = 300,
                                    .bytes_max = 1000,
                                    .quote_bytes_max = quote_bytes_max,
                                    .resync_on_unclosed_quote = true,
                                    .kernel = &kernel}};
      CAPTURE(kernel.name, quote_bytes_max);
      check_same(cut(input, {[] { return 1000; }, [] { return true; }, 64}), cut_serially(input));
    }
}

TEST_CASE("what was scanned ahead is taken over, whichever of the hypotheses is true, and not scanned again") {
  for (const bool inside : {false, true}) {
    std::string text = inside ? "x\n\",y\n" : "x,y\n";
    while (text.size() < 1000) text += "ab,\"c\nd\"\"\",e\n";
    const size_t at = 7;  // where the block stands in the chunk
    const LexState begin{inside ? Position::quoted : Position::unquoted, false, 3};
    Index expected, given, scratch;
    expected.cover(at + text.size());
    LexState expected_state = begin;
    const std::string chunk = std::string(at, '-') + text;
    scan_scalar({chunk.data(), at, chunk.size(), ',', 1 << 20}, expected_state, expected);

    ScannedBlock block(text.size());
    std::memcpy(block.space().data(), text.data(), text.size());
    block.scan(text.size(), 0, {',', 1 << 20, &best_kernel(), 100, 3});
    std::memset(block.space().data() + 1, '"', text.size() - 1);  // nobody looks at these again
    LexState state = begin;
    CountedLines counted;
    uint64_t records = 0;
    for (size_t from = 0; from < text.size();) {
      const ScanOutcome outcome = block.go_on(from, at + from, state, given, counted, scratch);
      REQUIRE_FALSE(outcome.unclosed_quote);
      if (counted.begin < counted.end) {
        CHECK(counted.count.uniform);
        CHECK(counted.count.records == count_bits(expected.record_ends, counted.begin, counted.end));
        records += counted.count.records;
      }
      from = outcome.scanned - at;
    }
    CAPTURE(inside);
    CHECK(records > text.size() / 20);
    CHECK(given.flaws.empty());
    CHECK(first_words(given.structurals, chunk.size()) == first_words(expected.structurals, chunk.size()));
    CHECK(first_words(given.record_ends, chunk.size()) == first_words(expected.record_ends, chunk.size()));
    CHECK(state.position == expected_state.position);
  }
}

TEST_CASE("a quote that is given up far before the next line end") {
  const Input input{.texts = {"a,\"" + std::string(100'000, 'x') + "\nb,2\n"},
                    .options = {.quote_bytes_max = 10, .resync_on_unclosed_quote = true}};
  const Given given = cut(input, {[] { return size_t{90'000}; }, [] { return true; }});
  check_same(given, cut(input, {[] { return size_t{90'000}; }, [] { return false; }}));
  REQUIRE(given.chunks.size() == 1);
  CHECK(given.chunks[0].records == 2);
}

TEST_CASE("a huge quoted field full of false records is not taken for records") {
  std::string text = "a,1\nb,\"";
  while (text.size() < 300'000) text += "x,2\ny,\"\"3\"\"\n";
  text += "\"\nc,4\n";
  const Input input{.texts = {text}};
  const Given given = cut(input, {[] { return size_t{4096}; }, [] { return true; }, 512});
  check_same(given, cut_serially(input));
  REQUIRE(given.chunks.size() == 1);
  CHECK(given.chunks[0].records == 3);
}

TEST_CASE(
    "a chunk's bytes stay in the blocks until they are gathered, and a block goes when the last of its chunks has") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "abc,def\n";
  Cutter cutter({.records_max = 60});
  cutter.begin_source(0, 0, 2, ',');
  auto block = scanned(text, 0, {',', 1 << 20});
  const std::weak_ptr<const ScannedBlock> alive = block;
  cutter.append(std::move(block));
  Cutter::Cut first = cutter.next();
  cutter.end_source();
  CHECK(cutter.next().kind == Cutter::Cut::Kind::need_bytes);
  cutter.end_input();
  Cutter::Cut second = cutter.next();
  REQUIRE(first.kind == Cutter::Cut::Kind::chunk);
  REQUIRE(second.kind == Cutter::Cut::Kind::chunk);
  CHECK(first.chunk.slices.size() == 1);
  first.chunk.gather();
  CHECK(first.chunk.bytes() == std::string_view(text).substr(0, 480));
  second.chunk.gather();
  CHECK(second.chunk.bytes() == std::string_view(text).substr(480));
  cutter.begin_source(1, 0, 2, ',');
  CHECK(alive.expired());
}
