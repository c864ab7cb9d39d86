// Walks a chunk's index: its records in order, each with its fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/csv/chunk.h"

namespace bulkwrite::csv {

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
  // The fields of the record that next() gave, raw, without the terminator. At most one more than there are columns.
  // Meaningless for a record with a flaw. Valid until the next call.
  const std::vector<std::string_view>& fields() const { return fields_; }

 private:
  bool next_line(Record& record);
  bool is_blank(const Record& line) const;
  void judge(Record& record, size_t field_count);

  const Chunk& chunk_;
  size_t at_ = 0, part_ = 0, flaw_ = 0, field_count_ = 0;
  uint64_t record_number_ = 1;
  std::vector<std::string_view> fields_;
};

}  // namespace bulkwrite::csv
