// A chunk: consecutive records of the input with their index, ready to be checked and packed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/csv/index.h"
#include "engine/csv/kernel.h"

namespace bulkwrite::csv {

// Bytes of one source in a chunk. Source offsets count from the source's first byte, header included.
struct Part {
  uint32_t source = 0;          // ordinal in the input
  uint64_t begin = 0, end = 0;  // byte range in the source
  uint64_t first_record = 1;    // record_number of the first record
  uint64_t records = 0;
  uint64_t blank_lines = 0;
  size_t at = 0;  // where the bytes stand in the chunk
  bool unterminated =
      false;  // the source ends without a terminator: one LF, not of the source, stands behind the bytes

  size_t bytes() const { return static_cast<size_t>(end - begin); }
  bool operator==(const Part&) const = default;
};

// So many bytes from any byte of a buffer on may be read, though they be no one's.
constexpr size_t kReadableBehind = 64;

// A growing buffer with free room in front, into which a header can be written without moving the records.
class ChunkBuffer {
 public:
  ChunkBuffer() = default;
  explicit ChunkBuffer(size_t headroom) : headroom_(headroom) {}

  char* data() { return storage_.get() + headroom_; }
  const char* data() const { return storage_.get() + headroom_; }
  size_t headroom() const { return headroom_; }
  size_t capacity() const { return capacity_; }
  // Keeps the first `used` bytes.
  void reserve(size_t capacity, size_t used);

 private:
  size_t headroom_ = 0;
  size_t capacity_ = 0;
  std::unique_ptr<char[]> storage_;
};

// Bytes of a chunk that still stand where they were read; whoever holds the slice keeps them there.
struct Slice {
  size_t at = 0;  // where they belong in the chunk
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

struct Chunk {
  uint64_t chunk_index = 0;  // 0-based over the input
  size_t columns = 0;
  char delimiter = ',';
  std::vector<Part> parts;
  ChunkBuffer buffer;
  size_t size = 0;                        // bytes in the buffer
  Index index;                            // of those bytes
  const Kernel* kernel = &best_kernel();  // that made the index, and is to walk it
  // Every record has exactly `columns` fields and no flaw, and there is no blank line: each columns-th structural of
  // the index is a record end and no other one is. Exact, and a function of the chunk's bytes.
  bool regular = false;
  // A single record that fits into no chunk: its bytes went by as pieces, `buffer` holds none, `parts` says where it
  // is.
  bool too_long = false;
  uint32_t passed_crc = 0;  // of those bytes; noted by who took the pieces
  // The last bytes, in their order, as long as they are not in the buffer: the thread that works on the chunk copies
  // them, not the one that cuts.
  std::vector<Slice> slices;

  // Brings all bytes into the buffer. To be called before anything below; of no effect the second time.
  void gather();

  std::string_view bytes() const { return {buffer.data(), size}; }
  std::string_view bytes_of(const Part& part) const { return bytes().substr(part.at, part.bytes()); }
  uint64_t records() const;
  uint64_t blank_lines() const;
};

}  // namespace bulkwrite::csv
