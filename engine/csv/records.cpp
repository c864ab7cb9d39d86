#include "engine/csv/records.h"

#include <algorithm>
#include <bit>

#include "engine/base/check.h"

namespace bulkwrite::csv {
namespace {

constexpr size_t kWordBits = 64;

// std::popcount is a call into a library where the compiler may not count on the instruction.
size_t count_ones(uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return bits * 0x0101010101010101 >> 56;
}

// Writes base + 1 + i for each set bit i, and returns where they end. May write garbage behind them, but no more than
// kWordBits numbers in all.
size_t* write_bits(uint64_t bits, size_t base, size_t* out) {
  constexpr size_t kAtOnce = 8;  // more than most words hold: a branch for each bit would be guessed wrong once a word
  size_t* const end = out + count_ones(bits);
  while (out < end) {
    for (size_t i = 0; i < kAtOnce; ++i) {
      out[i] = base + 1 + static_cast<size_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
    out += kAtOnce;
  }
  return end;
}

}  // namespace

RecordReader::RecordReader(const Chunk& chunk) : chunk_(chunk), bounds_(chunk.columns + 2 + kWordBits) {
  if (!chunk.parts.empty()) record_number_ = chunk.parts.front().first_record;
}

bool RecordReader::next(Record& record) {
  while (next_line(record)) {
    if (is_blank(record)) continue;
    record.record_number = record_number_++;
    judge(record);
    return true;
  }
  return false;
}

bool RecordReader::next_line(Record& record) {
  if (at_ >= chunk_.size) return false;
  // Every part ends in a line feed, its own or ours, so no record reaches into the next part.
  while (part_ + 1 < chunk_.parts.size() && at_ >= chunk_.parts[part_ + 1].at) {
    ++part_;
    record_number_ = chunk_.parts[part_].first_record;
  }
  const size_t line_feed = find_fields();
  const Part& part = chunk_.parts[part_];
  const bool ours = part.unterminated && line_feed == part.at + part.bytes();
  const bool crlf = !ours && line_feed > at_ && chunk_.buffer.data()[line_feed - 1] == '\r';
  record = {
      .part = part_, .begin = at_, .end = line_feed - (crlf ? 1 : 0), .next = line_feed + (ours ? 0 : 1), .flaw = {}};
  bounds_[field_count_] = std::min(bounds_[field_count_], record.end + 1);
  at_ = line_feed + 1;
  return true;
}

// Of the line at at_: fills bounds_ and field_count_, and returns the offset of its line feed.
size_t RecordReader::find_fields() {
  const uint64_t* const structurals = chunk_.index.structurals.data();
  const uint64_t* const record_ends = chunk_.index.record_ends.data();
  const size_t words = (chunk_.size + kWordBits - 1) / kWordBits;
  size_t* const first = bounds_.data() + 1;
  size_t* const most = first + chunk_.columns + 1;
  size_t* end = first;
  bounds_[0] = at_;
  uint64_t from = ~uint64_t{0} << at_ % kWordBits;
  for (size_t word = at_ / kWordBits; word < words; ++word, from = ~uint64_t{0}) {
    const uint64_t ends = record_ends[word] & from;
    const uint64_t up_to_end = ends ^ (ends - 1);  // all where there is none
    end = std::min(write_bits(structurals[word] & from & up_to_end, word * kWordBits, end), most);
    if (ends == 0) continue;
    field_count_ = static_cast<size_t>(end - first);
    return word * kWordBits + static_cast<size_t>(std::countr_zero(ends));
  }
  BULKWRITE_CHECK(false, "a chunk ends in a record end");
}

bool RecordReader::is_blank(const Record& line) const {
  return chunk_.columns > 1 && line.begin == line.end && line.next > line.end;
}

void RecordReader::judge(Record& record) {
  const std::vector<FlawAt>& flaws = chunk_.index.flaws;
  while (flaw_ < flaws.size() && flaws[flaw_].offset < record.begin) ++flaw_;
  if (flaw_ < flaws.size() && flaws[flaw_].offset < at_) {
    record.flaw = flaws[flaw_];
  } else if (field_count_ != chunk_.columns) {
    record.flaw = FlawAt{record.begin, Flaw::field_count};
  } else if (record.begin == record.end) {
    record.flaw = FlawAt{record.begin, Flaw::blank_line};
  }
}

}  // namespace bulkwrite::csv
