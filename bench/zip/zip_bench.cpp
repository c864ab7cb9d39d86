#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
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
// Every engine of this build, at the levels that are worth asking about.
const int kDeflateBenches = [] {
  for (const Engine engine : available_engines()) {
    for (const int level : engine == Engine::isal ? std::vector{1, 2, 3} : std::vector{1, 2, 3, 4, 5, 6}) {
      const std::string name = fmt::format("deflate/{}/{}", engine_name(engine), level);
      benchmark::RegisterBenchmark(name.c_str(), deflate, engine, level);
    }
  }
  return 0;
}();

void crc32(benchmark::State& state) {
  const std::string& text = bench::leads_chunk();
  for (auto _ : state) benchmark::DoNotOptimize(bulkwrite::zip::crc32(0, text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK(crc32);

}  // namespace
