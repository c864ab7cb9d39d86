#include "engine/run/memory.h"

#include <fmt/format.h>

#include "engine/csv/chunk.h"
#include "engine/run/in_order.h"
#include "engine/run/reject.h"

namespace bulkwrite::run {
namespace {

constexpr uint64_t kProgramBytes = 24'000'000;  // its code and that of its libraries, stacks, small things
constexpr uint64_t kDeflateBytes = 2'000'000;   // what a deflate library keeps beside its input and output
constexpr uint64_t kBlocksBytes = 1'000'000;    // read ahead of a chunk's end

// A chunk while it is filled, and its index: two bits a byte.
uint64_t chunk_bytes(const InputOptions& options) {
  const uint64_t text = options.bytes_max + options.record_bytes_max + csv::kBlankBytesMax + kBlocksBytes;
  return text + text / 4;
}

// Blocks and their marks ahead of the front, and chunks whose bytes are still in blocks: one that is filled, one that
// waits, and one that goes out.
uint64_t scanners_bytes(const InputOptions& options) {
  constexpr uint64_t kScannerBytes = 1'200'000;
  const uint64_t scanners = options.scanners.value_or(0);
  return scanners == 0 ? 0 : scanners * kScannerBytes + 3 * chunk_bytes(options);
}

// Every record of a chunk as a reject: its bytes once more, and why.
uint64_t rejects_bytes(const InputOptions& options) {
  constexpr uint64_t kRejectBytes =
      2 * sizeof(Reject) + sizeof(Reject::Why) + 400;  // in a vector that grows; an excerpt
  return options.bytes_max + options.records_max * kRejectBytes;
}

}  // namespace

MemoryBound pack_memory(const PackOptions& options, char delimiter) {
  const uint64_t workers = worker_count(options.workers);
  // One more for the moment in which a buffer moves into a larger one.
  const uint64_t chunks = chunks_in_memory(workers) + 1;
  // Of a tab source the member is written anew, into a string that grows.
  const uint64_t member = delimiter == '\t' ? 2 * options.input.bytes_max : 0;
  const uint64_t archive = options.packing == Packing::none ? 0 : options.input.bytes_max + kDeflateBytes;
  MemoryBound bound;
  bound.bytes = kProgramBytes + scanners_bytes(for_workers(options.input, options.workers, task_of(options.packing))) +
                chunks * chunk_bytes(options.input) + workers * (archive + member);
  bound.all_rejected = bound.bytes + items_in_memory(workers) * rejects_bytes(options.input);
  return bound;
}

std::string memory_text(const MemoryBound& bound) {
  constexpr uint64_t kMegabyte = 1'000'000;
  return fmt::format("memory: at most {} MB, {} MB if every record is rejected", bound.bytes / kMegabyte + 1,
                     bound.all_rejected / kMegabyte + 1);
}

}  // namespace bulkwrite::run
