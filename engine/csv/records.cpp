#include "engine/csv/records.h"

#include <algorithm>
#include <bit>

#include "engine/base/check.h"

namespace bulkwrite::csv {
namespace {

constexpr size_t kWordBits = 64;
constexpr size_t kWordsAtOnce = 256;  // some tens of records

// Whether the line feed is none of the source.
bool is_ours(const Part& part, size_t line_feed) {
  return part.unterminated && line_feed == part.at + part.bytes();
}

bool ends_in_crlf(const Chunk& chunk, const Part& part, size_t begin, size_t line_feed) {
  return line_feed > begin && chunk.buffer.data()[line_feed - 1] == '\r' && !is_ours(part, line_feed);
}

}  // namespace

RecordReader::RecordReader(const Chunk& chunk)
    : chunk_(chunk),
      line_feeds_(kWordsAtOnce * kWordBits + kListSlack),
      bounds_(chunk.columns + 3 + kWordsAtOnce * kWordBits + kListSlack) {
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

FieldTable RecordReader::ahead(size_t most) {
  if (at_ >= chunk_.size) return {nullptr, nullptr, 0, chunk_.columns};
  if (line_ == lines_) read_words();
  bounds_[next_bound_] = static_cast<uint32_t>(at_ - base_);
  const auto is_whole = [&](size_t records) {
    const size_t end = next_bound_ + records * chunk_.columns;
    return end < bounds_end_ && bounds_[end] == line_feeds_[line_ + records - 1] + 1;
  };
  size_t records = 0;
  for (const size_t lines = std::min(most, lines_ - line_); records < lines && is_whole(records + 1);) ++records;
  return {chunk_.buffer.data() + base_, bounds_.data() + next_bound_, records, chunk_.columns};
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
  const bool ours = is_ours(part, line_feed), crlf = ends_in_crlf(chunk_, part, at_, line_feed);
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
  const auto list = chunk_.kernel->list_bits;
  bounds_end_ -= next_bound_;
  next_bound_ = 0;
  for (line_ = lines_ = 0; lines_ == 0;) {
    BULKWRITE_CHECK(word_ < words, "a chunk ends in a record end");
    bounds_end_ = std::min(bounds_end_, chunk_.columns + 2);
    const size_t count = std::min(kWordsAtOnce, words - word_);
    const auto from_base = static_cast<uint32_t>(word_ * kWordBits - base_);
    const uint64_t* const structurals = chunk_.index.structurals.data() + word_;
    const uint64_t* const record_ends = chunk_.index.record_ends.data() + word_;
    bounds_end_ += list(structurals, count, from_base + 1, bounds_.data() + bounds_end_);
    lines_ = list(record_ends, count, from_base, line_feeds_.data());
    word_ += count;
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

RecordFinder::RecordFinder(const Chunk& chunk) : chunk_(chunk) {
  BULKWRITE_CHECK(chunk.slices.empty(), "a chunk's bytes have been gathered");
  if (chunk.size > 0) ends_ = chunk.index.record_ends.front();
}

bool RecordFinder::next() {
  while (next_ < chunk_.size) {
    begin_ = next_;
    while (ends_ == 0) {
      BULKWRITE_CHECK(++word_ < chunk_.index.record_ends.size(), "a chunk ends in a record end");
      ends_ = chunk_.index.record_ends[word_];
    }
    line_feed_ = kWordBits * word_ + static_cast<size_t>(std::countr_zero(ends_));
    ends_ &= ends_ - 1;
    next_ = line_feed_ + 1;
    while (part_ + 1 < chunk_.parts.size() && begin_ >= chunk_.parts[part_ + 1].at) ++part_;
    if (!is_blank()) return true;
  }
  return false;
}

bool RecordFinder::is_blank() const {
  if (chunk_.columns == 1 || line_feed_ > begin_ + 1) return false;
  const Part& part = chunk_.parts[part_];
  return line_feed_ == begin_ ? !is_ours(part, line_feed_) : ends_in_crlf(chunk_, part, begin_, line_feed_);
}

Fields RecordFinder::fields(size_t count) {
  bounds_.resize(std::max(bounds_.size(), count + 1));
  const std::vector<uint64_t>& structurals = chunk_.index.structurals;
  size_t word = begin_ / kWordBits, found = 0;
  uint64_t bits = structurals[word] & (~uint64_t{0} << (begin_ % kWordBits));
  for (size_t at = begin_; found < count && at != line_feed_;) {
    while (bits == 0) bits = structurals[++word];  // the record's end at the latest
    at = kWordBits * word + static_cast<size_t>(std::countr_zero(bits));
    bits &= bits - 1;
    bounds_[++found] = static_cast<uint32_t>(at + 1 - begin_);
  }
  const bool is_whole = found > 0 && begin_ + bounds_[found] == next_;
  if (is_whole && ends_in_crlf(chunk_, chunk_.parts[part_], begin_, line_feed_)) --bounds_[found];
  return {chunk_.buffer.data() + begin_, std::span(bounds_).first(found + 1)};
}

}  // namespace bulkwrite::csv
