#include "engine/csv/records.h"

#include <algorithm>
#include <bit>

#include "engine/base/check.h"

namespace bulkwrite::csv {
namespace {

constexpr size_t kWordBits = 64;
constexpr size_t kWordsAtOnce = 64;

// std::popcount is a call into a library where the compiler may not count on the instruction.
size_t count_ones(uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return bits * 0x0101010101010101 >> 56;
}

// Both write base + i for each set bit i, and return where they end. There must be room for kWordBits numbers, whatever
// the bits: garbage may stand behind the end. A branch for each bit would be guessed wrong once a word.
uint32_t* write_bits(uint64_t bits, uint32_t base, uint32_t* out) {
  constexpr size_t kAtOnce = 8;  // more than most words hold
  uint32_t* const end = out + count_ones(bits);
  while (out < end) {
    for (size_t i = 0; i < kAtOnce; ++i) {
      out[i] = base + static_cast<uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
    out += kAtOnce;
  }
  return end;
}

uint32_t* write_few_bits(uint64_t bits, uint32_t base, uint32_t* out) {
  *out = base + static_cast<uint32_t>(std::countr_zero(bits));
  out += bits != 0 ? 1 : 0;
  for (bits &= bits - 1; bits != 0; bits &= bits - 1) *out++ = base + static_cast<uint32_t>(std::countr_zero(bits));
  return out;
}

}  // namespace

RecordReader::RecordReader(const Chunk& chunk)
    : chunk_(chunk), line_feeds_(kWordsAtOnce * kWordBits), bounds_(chunk.columns + 3 + kWordsAtOnce * kWordBits) {
  BULKWRITE_CHECK(chunk.slices.empty(), "a chunk's bytes have been gathered");
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
  if (crlf) --bounds_[next_bound_];
  at_ = line_feed + 1;
  return true;
}

// Of the line at at_: where its bounds are, how many fields it has, and where it ends.
size_t RecordReader::find_fields() {
  if (line_ == lines_) read_words();
  const uint32_t line_feed = line_feeds_[line_++];
  first_bound_ = next_bound_;
  bounds_[first_bound_] = static_cast<uint32_t>(at_ - base_);
  next_bound_ = first_bound_ + chunk_.columns;
  if (next_bound_ >= bounds_end_ || bounds_[next_bound_] != line_feed + 1) {
    const auto from = bounds_.begin() + static_cast<ptrdiff_t>(first_bound_);
    const auto end = bounds_.begin() + static_cast<ptrdiff_t>(bounds_end_);
    next_bound_ = static_cast<size_t>(std::lower_bound(from + 1, end, line_feed + 1) - bounds_.begin());
  }
  field_count_ = std::min(next_bound_ - first_bound_, chunk_.columns + 1);
  return base_ + line_feed;
}

// Reads on in the index until the line that begins at at_ has its end.
void RecordReader::read_words() {
  const size_t words = (chunk_.size + kWordBits - 1) / kWordBits;
  const auto nearer = static_cast<uint32_t>(at_ - base_);
  for (size_t i = next_bound_; i < bounds_end_; ++i) bounds_[i - next_bound_] = bounds_[i] - nearer;
  base_ = at_;
  bounds_end_ -= next_bound_;
  next_bound_ = 0;
  for (line_ = lines_ = 0; lines_ == 0;) {
    BULKWRITE_CHECK(word_ < words, "a chunk ends in a record end");
    bounds_end_ = std::min(bounds_end_, chunk_.columns + 2);
    uint32_t* bound = bounds_.data() + bounds_end_;
    uint32_t* line_feed = line_feeds_.data();
    for (const size_t end = std::min(word_ + kWordsAtOnce, words); word_ < end; ++word_) {
      const auto from_base = static_cast<uint32_t>(word_ * kWordBits - base_);  // below zero in the first, and wraps
      bound = write_bits(chunk_.index.structurals[word_], from_base + 1, bound);
      line_feed = write_few_bits(chunk_.index.record_ends[word_], from_base, line_feed);
    }
    bounds_end_ = static_cast<size_t>(bound - bounds_.data());
    lines_ = static_cast<size_t>(line_feed - line_feeds_.data());
  }
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
