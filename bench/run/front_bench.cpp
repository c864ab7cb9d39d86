// The front: what one thread cuts, and what threads that scan ahead of it add.
#include <benchmark/benchmark.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "bench/corpus.h"
#include "engine/base/file.h"
#include "engine/csv/cutter.h"
#include "engine/csv/header.h"
#include "engine/csv/scanned_block.h"
#include "engine/run/block_scanners.h"
#include "engine/run/front.h"

namespace {

using namespace bulkwrite;

constexpr uint64_t kQuoteBytesMax = csv::kRecordBytesMax;

void set_bytes(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
}

// Reading is not measured: the blocks stand in memory already.
class Blocks {
 public:
  explicit Blocks(const std::string& text) : header(*csv::read_header(text, true, {}).value()) {
    for (size_t at = header.data_offset; at < text.size(); at += run::kBlockBytes) {
      const std::string_view bytes = std::string_view(text).substr(at, run::kBlockBytes);
      blocks.push_back(std::make_shared<csv::ScannedBlock>(run::kBlockBytes));
      std::memcpy(blocks.back()->space().data(), bytes.data(), bytes.size());
      blocks.back()->scan(bytes.size(), at, options());
      bytes_all += bytes.size();
    }
  }
  csv::BlockOptions options() const {
    return {.delimiter = header.delimiter, .quote_bytes_max = kQuoteBytesMax, .columns = header.names.size()};
  }
  const csv::Header header;
  std::vector<std::shared_ptr<csv::ScannedBlock>> blocks;
  size_t bytes_all = 0;
};

void scan_both_hypotheses(benchmark::State& state) {
  Blocks given(bench::leads_export());
  for (auto _ : state)
    for (const auto& block : given.blocks) block->scan(block->bytes().size(), block->offset(), given.options());
  set_bytes(state, given.bytes_all);
}
BENCHMARK(scan_both_hypotheses);

void scan_known_state(benchmark::State& state) {
  Blocks given(bench::leads_export());
  csv::Index index;
  for (auto _ : state) {
    csv::LexState lexer;
    for (const auto& block : given.blocks) {
      index.clear();
      for (size_t at = 0, end = 0; at < block->bytes().size(); at = end) {
        end = std::min(block->bytes().size(), at + csv::kScanStepBytes);
        index.cover(end + 1);
        csv::scan(csv::best_kernel(), {block->bytes().data(), at, end, given.header.delimiter, kQuoteBytesMax}, lexer,
                  index);
      }
    }
  }
  set_bytes(state, given.bytes_all);
}
BENCHMARK(scan_known_state);

// All that is left to the one thread that knows the true state; with `gather` what it hands on to the workers, too.
void cut_scanned_blocks(benchmark::State& state, bool gather) {
  Blocks given(bench::leads_export());
  csv::Cutter cutter({.header_bytes = csv::header_allowance(given.header)});
  const auto drain = [&] {
    for (csv::Cutter::Cut cut = cutter.next(); cut.kind != csv::Cutter::Cut::Kind::need_bytes; cut = cutter.next()) {
      if (gather) cut.chunk.gather();
      cut.chunk.slices.clear();
      cutter.recycle(std::move(cut.chunk));
    }
  };
  uint32_t source = 0;  // the same one again and again, as one long input, so that no buffer is new
  for (auto _ : state) {
    cutter.begin_source(source++, given.header.data_offset, given.header.names.size(), given.header.delimiter);
    for (const auto& block : given.blocks) {
      cutter.append(block);
      drain();
    }
    cutter.end_source();
    drain();
  }
  set_bytes(state, given.bytes_all);
}
BENCHMARK_CAPTURE(cut_scanned_blocks, leave_bytes, false);
BENCHMARK_CAPTURE(cut_scanned_blocks, gather, true);

class NoPieces final : public run::PieceSink {
 public:
  Result<void> piece(uint64_t, const run::SourceInfo&, std::string_view) override { return {}; }
};

class ExportFile {
 public:
  ExportFile() : path_(std::filesystem::temp_directory_path() / "bulkwrite-front-bench.csv") {
    const std::string& text = bench::leads_export();
    std::string all = text;
    const std::string_view records = std::string_view(text).substr(text.find('\n') + 1);
    for (int i = 0; i < 7; ++i) all += records;
    if (auto written = write_file(path_, all); !written) std::abort();
    bytes = all.size();
  }
  ~ExportFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }
  size_t bytes = 0;

 private:
  const std::filesystem::path path_;
};

// From the page cache to chunks that a consumer takes and gives back, by the number of scanners; 0: the front alone.
void front(benchmark::State& state) {
  const ExportFile file;
  NoPieces pieces;
  for (auto _ : state) {
    run::Progress progress;
    auto front =
        run::Front::open({.files = {file.path()}, .scanners = static_cast<unsigned>(state.range(0))}, progress);
    BoundedQueue<csv::Chunk> out(1), used(8);
    std::jthread thread([&] {
      if (!(*front)->run({}, out, used, pieces)) std::abort();
      out.close();
    });
    while (auto chunk = out.pop()) {
      chunk->slices.clear();
      used.push(*std::move(chunk));
    }
  }
  set_bytes(state, file.bytes);
}
BENCHMARK(front)->Arg(0)->Arg(1)->Arg(2)->Arg(4)->UseRealTime();

}  // namespace
