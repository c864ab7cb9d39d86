// Walks a chunk's index: its records in order, each with its fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/csv/chunk.h"

namespace bulkwrite::csv {

// A record's fields, raw: with their quotes, without separators and terminator. A view.
class Fields {
 public:
  Fields() = default;
  // Field i is the bytes from bounds[i] up to, and without, the separator before bounds[i + 1].
  Fields(const char* data, std::span<const uint32_t> bounds) : data_(data), bounds_(bounds) {}

  size_t size() const { return bounds_.empty() ? 0 : bounds_.size() - 1; }
  std::string_view operator[](size_t column) const { return {data_ + bounds_[column], bytes(column)}; }
  uint32_t bytes(size_t column) const { return bounds_[column + 1] - bounds_[column] - 1; }

 private:
  const char* data_ = nullptr;
  std::span<const uint32_t> bounds_;
};

// Records that stand one behind the other, each with as many fields as there are columns: all their fields, raw, by
// record and column. A view. kReadableBehind bytes from the first one of any field on may be read, whatever they are.
class FieldTable {
 public:
  FieldTable() = default;
  FieldTable(const char* data, const uint32_t* bounds, size_t records, size_t columns)
      : data_(data), bounds_(bounds), records_(records), columns_(columns) {}

  size_t records() const { return records_; }
  size_t columns() const { return columns_; }
  const char* field(size_t record, size_t column) const { return data_ + bound(record, column); }
  // So many bytes. The last column's terminator is no part of it.
  uint32_t bytes(size_t record, size_t column) const {
    const uint32_t begin = bound(record, column), end = bound(record, column + 1) - 1;
    return end - begin - (column + 1 == columns_ && end > begin && data_[end - 1] == '\r' ? 1 : 0);
  }
  // Of the record's fields, where each begins; one more than there are columns. Sixteen more may be read, whatever they
  // are.
  const uint32_t* bounds(size_t record) const { return bounds_ + record * columns_; }

 private:
  uint32_t bound(size_t record, size_t column) const { return bounds(record)[column]; }

  const char* data_ = nullptr;
  const uint32_t* bounds_ = nullptr;
  size_t records_ = 0, columns_ = 0;
};

struct Record {
  size_t part = 0;             // ordinal in chunk.parts
  uint64_t record_number = 0;  // in its source
  size_t begin = 0;            // bytes [begin, end) are its fields, [end, next) its terminator
  size_t end = 0, next = 0;
  std::optional<FlawAt>
      flaw;  // of those that the scan sees: quotes, CR, the number of fields, blank lines of one column
};

// One pass over a chunk that is not too_long. One thread; the chunk must outlive it.
class RecordReader {
 public:
  explicit RecordReader(const Chunk& chunk);

  // The next record, or false behind the last. Blank lines are passed over.
  bool next(Record& record);
  // The records that the next calls of next() will give, as many of them, up to `most`, as are whole at hand and have
  // as many fields as there are columns; none if the next one has not. One with a flaw may be among them, and its
  // fields mean nothing. Ends what fields() gave; valid until the next call.
  FieldTable ahead(size_t most);
  // The fields of the record that next() gave. At most one more than there are columns. Meaningless for a record with a
  // flaw. Valid until the next call.
  Fields fields() const {
    return {chunk_.buffer.data() + base_, std::span(bounds_).subspan(first_bound_, field_count_ + 1)};
  }

 private:
  bool next_line(Record& record);
  size_t find_fields();
  void read_words();
  bool is_blank(const Record& line) const;
  void judge(Record& record);

  const Chunk& chunk_;
  size_t at_ = 0, part_ = 0, flaw_ = 0, field_count_ = 0;
  uint64_t record_number_ = 1;

  // Of the words of the index before word_, from the line at at_ on: where each line feed is, and what is behind each
  // separator, which is where a field begins. Of a line that has too many fields, not all. Counted from base_, so that
  // the numbers are small: no line of a chunk is longer than these can say.
  size_t word_ = 0, base_ = 0;
  std::vector<uint32_t> line_feeds_, bounds_;
  size_t line_ = 0, lines_ = 0;  // those in line_feeds_ that are to come
  size_t first_bound_ = 0, next_bound_ = 0, bounds_end_ = 1;
};

// The same records for those who need few fields of them, and not of every one: nothing is listed in advance. One pass
// over a chunk that is not too_long. One thread; the chunk must outlive it.
class RecordFinder {
 public:
  explicit RecordFinder(const Chunk& chunk);

  // Goes on to the next record; false behind the last. Blank lines are passed over.
  bool next();
  size_t begin() const { return begin_; }  // of the record, in the chunk's bytes
  // Its first `count` fields; fewer where it has fewer. Meaningless for a record with a flaw. Valid until the next
  // call.
  Fields fields(size_t count);

 private:
  bool is_blank() const;

  const Chunk& chunk_;
  size_t part_ = 0;
  size_t begin_ = 0, line_feed_ = 0, next_ = 0;  // of the record, and behind it
  size_t word_ = 0;                              // of the index
  uint64_t ends_ = 0;                            // the record ends in it that are to come
  std::vector<uint32_t> bounds_;
};

}  // namespace bulkwrite::csv
