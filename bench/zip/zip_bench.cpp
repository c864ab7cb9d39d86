#include <benchmark/benchmark.h>

#include <vector>

#include "bench/corpus.h"
#include "engine/zip/crc32.h"
#include "engine/zip/deflate.h"

namespace {

using namespace bulkwrite::zip;

void deflate(benchmark::State& state, Engine engine, int level) {
  const std::string& text = bench::leads_chunk();
  auto deflater = make_deflater(engine, level);
  if (!deflater) {
    state.SkipWithError(deflater.error().message.c_str());
    return;
  }
  std::vector<char> out(text.size());
  size_t packed = 0;
  for (auto _ : state) packed = (*deflater)->deflate(text, out);
  state.counters["ratio"] = static_cast<double>(text.size()) / static_cast<double>(packed);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(deflate, zlib_1, Engine::zlib, 1);
BENCHMARK_CAPTURE(deflate, zlib_6, Engine::zlib, 6);
BENCHMARK_CAPTURE(deflate, libdeflate_1, Engine::libdeflate, 1);
BENCHMARK_CAPTURE(deflate, libdeflate_6, Engine::libdeflate, 6);

void crc32(benchmark::State& state) {
  const std::string& text = bench::leads_chunk();
  for (auto _ : state) benchmark::DoNotOptimize(bulkwrite::zip::crc32(0, text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK(crc32);

}  // namespace
