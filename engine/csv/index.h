// What the scan found, kept as bitmaps: two bits for each byte of a chunk, however many records or fields it holds.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bulkwrite::csv {

// Why a record cannot be taken as it is, whatever its fields mean.
enum class Flaw : uint8_t {
  stray_quote,     // a quote that neither opens, doubles nor closes
  unclosed_quote,  // a quoted field that went on for too long, or to the end of the source
  bare_cr,         // a carriage return outside quotes and not before LF
  field_count,     // more or fewer fields than the header
  blank_line,      // a line of no bytes where the header has one column
  nul_byte,
  invalid_utf8,
  too_long,  // does not fit into any chunk
};
std::string_view flaw_name(Flaw flaw);

// The first flaw that the scan saw in a record.
struct FlawAt {
  size_t offset;  // of the byte to blame, in the chunk's bytes
  Flaw flaw;
};

struct Index {
  std::vector<uint64_t> structurals;  // delimiters and record ends outside quotes
  std::vector<uint64_t> record_ends;  // the LF of each record and of each blank line; a subset of structurals
  std::vector<FlawAt> flaws;          // by offset; at most one a record

  // Makes room for `bytes` bytes; new bits are zero.
  void cover(size_t bytes);
  void mark(size_t offset) { structurals[offset / 64] |= uint64_t{1} << (offset % 64); }
  void mark_end(size_t offset) {
    mark(offset);
    record_ends[offset / 64] |= uint64_t{1} << (offset % 64);
  }
  // Forgets everything at and behind `offset`.
  void truncate(size_t offset);
  void clear();
};

// The offset of the first set bit in [from, to), or `to`.
size_t find_bit(const std::vector<uint64_t>& bits, size_t from, size_t to);
// The offset of the last set bit in [from, to), or `to`.
size_t find_last_bit(const std::vector<uint64_t>& bits, size_t from, size_t to);
size_t count_bits(const std::vector<uint64_t>& bits, size_t from, size_t to);

}  // namespace bulkwrite::csv
