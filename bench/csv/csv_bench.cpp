#include <benchmark/benchmark.h>
#include <libfccp/csv.h>

#include <cstdint>
#include <cstring>

#include "bench/corpus.h"
#include "bench/csv/cutting.h"
#include "engine/csv/records.h"

namespace {

using bulkwrite::csv::Chunk;

void set_bytes(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
}

void memory_read(benchmark::State& state) {
  const std::string& text = bench::leads_export();
  for (auto _ : state) {
    uint64_t sum = 0;
    for (size_t at = 0; at + 8 <= text.size(); at += 8) {
      uint64_t word;
      std::memcpy(&word, text.data() + at, 8);
      sum += word;
    }
    benchmark::DoNotOptimize(sum);
  }
  set_bytes(state, text.size());
}
BENCHMARK(memory_read);

void cut(benchmark::State& state) {
  const std::string& text = bench::leads_export();
  uint64_t records = 0;
  for (auto _ : state) {
    records = 0;
    bench::cut(text, [&](const Chunk& chunk) { records += chunk.records(); });
  }
  state.counters["records"] = static_cast<double>(records);
  set_bytes(state, text.size());
}
BENCHMARK(cut);

void walk_records(benchmark::State& state) {
  Chunk chunk;
  bench::cut(bench::leads_chunk(), [&](Chunk& cut) { chunk = std::move(cut); });
  uint64_t fields = 0;
  for (auto _ : state) {
    bulkwrite::csv::RecordReader reader(chunk);
    for (bulkwrite::csv::Record record; reader.next(record);) fields += reader.fields().size();
  }
  benchmark::DoNotOptimize(fields);
  set_bytes(state, chunk.size);
}
BENCHMARK(walk_records);

void line_reader(benchmark::State& state) {
  const std::string& text = bench::leads_export();
  uint64_t records = 0;
  for (auto _ : state) {
    io::LineReader reader("export", text.data(), text.data() + text.size());
    records = 0;
    while (reader.next_line() != nullptr) ++records;
  }
  state.counters["records"] = static_cast<double>(records - 1);
  set_bytes(state, text.size());
}
BENCHMARK(line_reader);

}  // namespace
