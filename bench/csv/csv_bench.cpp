#include <benchmark/benchmark.h>
#include <libfccp/csv.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "bench/corpus.h"
#include "bench/csv/cutting.h"
#include "engine/csv/kernel.h"
#include "engine/csv/records.h"
#include "engine/csv/text.h"

namespace {

using bulkwrite::csv::Chunk;
using bulkwrite::csv::Index;
using bulkwrite::csv::Kernel;

void set_bytes(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
}

void memory_read(benchmark::State& state, const bench::Corpus& corpus) {
  const std::string& text = corpus.text();
  for (auto _ : state) {
    std::array<uint64_t, 16> sums{};
    for (size_t at = 0; at + sizeof sums <= text.size(); at += sizeof sums) {
      std::array<uint64_t, 16> words;
      std::memcpy(&words, text.data() + at, sizeof words);
      for (size_t i = 0; i < words.size(); ++i) sums[i] += words[i];
    }
    benchmark::DoNotOptimize(sums);
  }
  set_bytes(state, text.size());
}

// The newlines, quoted or not.
void memchr_lines(benchmark::State& state, const bench::Corpus& corpus) {
  const std::string& text = corpus.text();
  uint64_t lines = 0;
  for (auto _ : state) {
    lines = 0;
    const char* at = text.data();
    const char* const end = at + text.size();
    while ((at = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)))) != nullptr) {
      ++lines;
      if (++at == end) break;
    }
  }
  state.counters["records"] = static_cast<double>(lines - 1);
  set_bytes(state, text.size());
}

// Record ends and field counts as the Cutter asks for them: in pieces, with the index of a chunk.
uint64_t scan_and_count(const Kernel& kernel, const std::string& text, size_t columns, Index& index) {
  constexpr size_t kPiece = 16 * 1024;
  constexpr size_t kChunk = 6 << 20;
  uint64_t records = 0;
  for (size_t begin = 0; begin < text.size();) {
    index.clear();
    bulkwrite::csv::LexState state;
    size_t counted = 0;
    const size_t size = std::min(kChunk, text.size() - begin);
    for (size_t at = 0; at < size; at += kPiece) {
      const size_t end = std::min(size, at + kPiece);
      index.cover(end);
      bulkwrite::csv::scan(kernel, {text.data() + begin, at, end, ',', 1 << 20}, state, index);
      const size_t last = bulkwrite::csv::find_last_bit(index.record_ends, counted, end);
      if (last == end) continue;
      const auto lines = bulkwrite::csv::count_records(kernel, index, counted, last + 1, columns);
      benchmark::DoNotOptimize(lines.uniform);
      records += lines.records;
      counted = last + 1;
    }
    begin += counted;
  }
  return records;
}

void scan(benchmark::State& state, const bench::Corpus& corpus, const Kernel& kernel) {
  const std::string& text = corpus.text();
  Index index;
  uint64_t records = 0;
  for (auto _ : state) records = scan_and_count(kernel, text, corpus.columns, index);
  state.counters["records"] = static_cast<double>(records - 1);
  set_bytes(state, text.size());
}

// The corpus over and over, as one input: the buffers that a chunk grows through are new memory for the first ones
// only, as in a long file, and a chunk of 25 MB grows through 60 MB of them.
void cut(benchmark::State& state, const bench::Corpus& corpus) {
  const std::string& text = corpus.text();
  bench::TextCutter cutter(text);
  uint64_t records = 0;
  const auto take = [&](const Chunk& chunk) { records += chunk.records(); };
  for (auto _ : state) cutter.cut_source(take);
  cutter.end_input(take);
  state.counters["records"] = static_cast<double>(records / static_cast<uint64_t>(state.iterations()));
  set_bytes(state, text.size());
}

void line_reader(benchmark::State& state, const bench::Corpus& corpus) {
  const std::string& text = corpus.text();
  uint64_t records = 0;
  for (auto _ : state) {
    io::LineReader reader("export", text.data(), text.data() + text.size());
    records = 0;
    while (reader.next_line() != nullptr) ++records;
  }
  state.counters["records"] = static_cast<double>(records - 1);
  set_bytes(state, text.size());
}

template <size_t... kColumn>
void csv_reader(benchmark::State& state, const std::string& text, std::index_sequence<kColumn...>) {
  using Reader = io::CSVReader<sizeof...(kColumn), io::trim_chars<>, io::double_quote_escape<',', '"'>>;
  uint64_t records = 0;
  for (auto _ : state) {
    Reader reader("export", text.data(), text.data() + text.size());
    reader.next_line();
    std::array<char*, sizeof...(kColumn)> fields;
    records = 0;
    while (reader.read_row(fields[kColumn]...)) ++records;
  }
  state.counters["records"] = static_cast<double>(records);
  set_bytes(state, text.size());
}

void validate_text(benchmark::State& state, const bench::Corpus& corpus) {
  const std::string& text = corpus.text();
  for (auto _ : state) benchmark::DoNotOptimize(bulkwrite::csv::is_clean_text(text));
  set_bytes(state, text.size());
}

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

// io::CSVReader can read only those: no newline in quotes, and columns known to the compiler.
void register_csv_reader() {
  benchmark::RegisterBenchmark("csv_reader/numeric", [](benchmark::State& state) {
    csv_reader(state, bench::narrow_numeric(), std::make_index_sequence<bench::kNumericColumns>());
  });
  benchmark::RegisterBenchmark("csv_reader/quoted", [](benchmark::State& state) {
    csv_reader(state, bench::every_field_quoted(), std::make_index_sequence<bench::kQuotedColumns>());
  });
}

const bool registered = [] {
  for (const bench::Corpus& corpus : bench::corpora()) {
    const auto add = [&](const std::string& name, auto run) {
      benchmark::RegisterBenchmark((name + "/" + std::string(corpus.name)).c_str(),
                                   [run, &corpus](benchmark::State& state) { run(state, corpus); });
    };
    add("memory_read", memory_read);
    for (const Kernel& kernel : bulkwrite::csv::available_kernels())
      add("scan_" + std::string(kernel.name),
          [&kernel](benchmark::State& state, const bench::Corpus& of) { scan(state, of, kernel); });
    add("cut", cut);
    add("memchr_lines", memchr_lines);
    add("line_reader", line_reader);
    add("validate_text", validate_text);
  }
  register_csv_reader();
  return true;
}();

}  // namespace
