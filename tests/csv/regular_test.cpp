#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "tests/csv/harness.h"
#include "tests/csv/kernel_texts.h"

namespace {

using namespace bulkwrite::csv;

// Record by record.
bool looks_regular(const Chunk& chunk) {
  if (chunk.blank_lines() > 0) return false;
  RecordReader reader(chunk);
  for (Record record; reader.next(record);)
    if (record.flaw) return false;
  return true;
}

struct Counted {
  size_t regular = 0, irregular = 0;
};

// Cuts the texts and holds each chunk's answer against the dull one.
Counted cut_and_compare(const std::vector<std::string>& texts, size_t columns, const CutOptions& options,
                        std::mt19937_64& random) {
  Counted counted;
  Cutter cutter(options);
  bool stopped = false;
  const auto drain = [&] {
    for (Cutter::Cut cut = cutter.next(); cut.kind != Cutter::Cut::Kind::need_bytes; cut = cutter.next()) {
      if (cut.kind == Cutter::Cut::Kind::unclosed_quote) {
        stopped = true;
        return;
      }
      if (cut.kind != Cutter::Cut::Kind::chunk) continue;
      const bool expected = !cut.chunk.too_long && looks_regular(cut.chunk);
      CHECK(cut.chunk.regular == expected);
      ++(expected ? counted.regular : counted.irregular);
      cutter.recycle(std::move(cut.chunk));
    }
  };
  for (uint32_t source = 0; source < texts.size() && !stopped; ++source) {
    const std::string& text = texts[source];
    cutter.begin_source(source, 0, columns, ',');
    for (size_t at = 0; at < text.size() && !stopped;) {
      const size_t bytes = std::min<size_t>(text.size() - at, 1 + random() % 20'000);
      std::memcpy(cutter.space(bytes).data(), text.data() + at, bytes);
      cutter.filled(bytes);
      at += bytes;
      drain();
    }
    if (stopped) break;
    cutter.end_source();
    drain();
  }
  if (stopped) return counted;
  cutter.end_input();
  drain();
  return counted;
}

}  // namespace

TEST_CASE("a chunk is called regular when walking its records finds no flaw and no blank line") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Counted all;
  for (int i = 0; i < 300; ++i) {
    CutOptions options;
    options.records_max = 1 + random() % (random() % 2 == 0 ? 5 : 300);
    options.bytes_max = 1000 + random() % 30'000;
    options.quote_bytes_max = 500 + random() % 3000;
    options.resync_on_unclosed_quote = random() % 2 == 0;
    const auto kernels = available_kernels();
    options.kernel = &kernels[random() % kernels.size()];
    std::vector<std::string> texts(1 + random() % 3);
    for (auto& text : texts) text = kernel_texts::any(random, random() % 20'000, ',');
    CAPTURE(i, options.kernel->name, options.records_max, options.bytes_max);
    const Counted counted = cut_and_compare(texts, 3, options, random);
    all.regular += counted.regular;
    all.irregular += counted.irregular;
  }
  CHECK(all.regular > 100);
  CHECK(all.irregular > 100);
}

TEST_CASE("a single column is regular until a line is empty") {
  std::mt19937_64 random(1);
  const auto regular = [&](const std::string& text) { return cut_and_compare({text}, 1, {}, random).regular == 1; };
  CHECK(regular("a\nb\n"));
  CHECK(regular("a\nb"));
  CHECK(regular("a\r\n\"\"\n"));
  CHECK_FALSE(regular("\na\n"));
  CHECK_FALSE(regular("a\n\nb\n"));
  CHECK_FALSE(regular("a\n\r\nb\n"));
  CHECK_FALSE(regular("a\n\r"));
  CHECK_FALSE(regular("a,b\n"));
}

TEST_CASE("a chunk's regularity says nothing of its neighbours") {
  CutOptions options;
  options.records_max = 2;
  std::mt19937_64 random(1);
  const Counted counted = cut_and_compare({"a,b\nc,d\ne,f\ng\nh,i\nj,k\n"}, 2, options, random);
  CHECK(counted.regular == 2);
  CHECK(counted.irregular == 1);
}
