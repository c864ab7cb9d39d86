// A block of a source that was scanned before it was known in which state the lexer comes to it. Whether its first byte
// stands inside quotes is told by all the bytes before it; so it is scanned under both hypotheses, on any thread, and
// the Cutter, which knows the true state, takes over what the right one found.
//
// Nothing here guesses. A hypothesis is the lexer itself run from a supposed state; its marks are taken over from a
// checkpoint at which it stood in the very state in which the lexer truly is, and from there the same bytes lead to the
// same marks. Where no hypothesis stands in that state, the step is scanned once more from the true one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/csv/index.h"
#include "engine/csv/kernel.h"

namespace bulkwrite::csv {

constexpr size_t kScanStepBytes = 16 * 1024;

struct BlockOptions {
  char delimiter = ',';
  size_t quote_bytes_max = 0;  // see ScanInput
  const Kernel* kernel = &best_kernel();
  size_t step_bytes = kScanStepBytes;  // from checkpoint to checkpoint
  size_t columns = 0;                  // for counting whole lines while they are at hand; 0: they are not counted
};

// Whole lines [begin, end), counted as count_records does; none where begin is end.
struct CountedLines {
  size_t begin = 0, end = 0;
  RecordCount count;
};

// Filled and scanned by one thread; after that any thread may read it.
class ScannedBlock {
 public:
  explicit ScannedBlock(size_t capacity);

  // Where its bytes go.
  std::span<char> space() { return {data_.get(), capacity_}; }
  // Its bytes are the first `bytes` of space(); the first one stands at `offset` of the source.
  void scan(size_t bytes, uint64_t offset, const BlockOptions& options);

  std::string_view bytes() const { return {data_.get(), size_}; }
  uint64_t offset() const { return offset_; }
  // Source offsets.
  bool covers(uint64_t offset) const { return offset >= offset_ && offset - offset_ < size_; }

  size_t columns() const { return options_.columns; }

  // Goes on from byte `from` of the block to the next checkpoint, as the kernel would that scans a chunk in which this
  // byte stands at `at`: `state`, `index` (which is made to cover the step) and what is returned count from the chunk's
  // first byte. `counted` are the whole lines in the step if they have been counted. `scratch` is overwritten.
  ScanOutcome go_on(size_t from, size_t at, LexState& state, Index& index, CountedLines& counted, Index& scratch) const;

 private:
  // Where a hypothesis stands at a checkpoint.
  struct Standing {
    LexState state;
    size_t flaws = 0;    // noted up to here
    CountedLines lines;  // between the checkpoint before and this one
  };
  struct Hypothesis {
    Index index;
    std::vector<Standing> standings;  // at checkpoint 0, 1 ... as far as it was followed
    bool open = false;                // it goes on behind the last one
  };
  enum { kOutsideQuotes, kInsideQuotes };

  size_t first_checkpoint() const;
  size_t checkpoint_after(size_t from) const;
  size_t ordinal_of(size_t checkpoint) const;
  void suppose();
  void follow(Hypothesis& hypothesis);
  void drop_what_is_flawed();
  bool stands_in(const Hypothesis& hypothesis, size_t from, size_t at, const LexState& state) const;
  CountedLines count_lines(const Index& index, size_t from, size_t end) const;
  void take_over(const Hypothesis& hypothesis, size_t from, size_t at, LexState& state, Index& index,
                 CountedLines& counted) const;
  ScanOutcome scan_again(size_t from, size_t at, LexState& state, Index& index, Index& scratch) const;

  const size_t capacity_;
  const std::unique_ptr<char[]> data_;
  size_t size_ = 0;
  uint64_t offset_ = 0;
  BlockOptions options_;
  size_t first_ = 0;  // checkpoint 0
  std::array<Hypothesis, 2> hypotheses_;
};

}  // namespace bulkwrite::csv
