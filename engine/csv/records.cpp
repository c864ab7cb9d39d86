#include "engine/csv/records.h"

#include "engine/base/check.h"

namespace bulkwrite::csv {

RecordReader::RecordReader(const Chunk& chunk) : chunk_(chunk) {
  BULKWRITE_CHECK(chunk.slices.empty(), "a chunk's bytes have been gathered");
  fields_.reserve(chunk.columns + 1);
  if (!chunk.parts.empty()) record_number_ = chunk.parts.front().first_record;
}

bool RecordReader::next(Record& record) {
  while (next_line(record)) {
    if (is_blank(record)) continue;
    record.record_number = record_number_++;
    judge(record, field_count_);
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
  const char* const data = chunk_.buffer.data();
  fields_.clear();
  field_count_ = 0;
  size_t field = at_;
  for (;;) {
    const size_t end = find_bit(chunk_.index.structurals, field, chunk_.size);
    BULKWRITE_CHECK(end < chunk_.size, "a chunk ends in a record end");
    const bool last = (chunk_.index.record_ends[end / 64] >> (end % 64) & 1) != 0;
    const Part& part = chunk_.parts[part_];
    const bool ours = last && part.unterminated && end == part.at + part.bytes();
    const bool crlf = last && !ours && end > at_ && data[end - 1] == '\r';
    if (fields_.size() <= chunk_.columns) fields_.emplace_back(data + field, end - field - (crlf ? 1 : 0));
    ++field_count_;
    field = end + 1;
    if (!last) continue;
    record = {.part = part_, .begin = at_, .end = end - (crlf ? 1 : 0), .next = end + (ours ? 0 : 1), .flaw = {}};
    at_ = end + 1;
    return true;
  }
}

bool RecordReader::is_blank(const Record& line) const {
  return chunk_.columns > 1 && line.begin == line.end && line.next > line.end;
}

void RecordReader::judge(Record& record, size_t field_count) {
  const std::vector<FlawAt>& flaws = chunk_.index.flaws;
  while (flaw_ < flaws.size() && flaws[flaw_].offset < record.begin) ++flaw_;
  if (flaw_ < flaws.size() && flaws[flaw_].offset < at_) {
    record.flaw = flaws[flaw_];
  } else if (field_count != chunk_.columns) {
    record.flaw = FlawAt{record.begin, Flaw::field_count};
  } else if (record.begin == record.end) {
    record.flaw = FlawAt{record.begin, Flaw::blank_line};
  }
}

}  // namespace bulkwrite::csv
