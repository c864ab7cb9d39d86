// Turns what the judge said into rows for people.
#pragma once

#include <string>
#include <vector>

#include "engine/run/judge.h"
#include "engine/run/set_aside.h"

namespace bulkwrite::run {

// A rejected record, kept apart from its chunk.
struct Reject {
  uint32_t source = 0;
  uint64_t record_number = 0, byte_offset = 0, lines = 1;
  std::string bytes;  // raw, with its terminator
  struct Why {
    std::string_view rule;
    std::string column, excerpt;
  };
  std::vector<Why> reasons;
};

// Where a record stands in its source.
uint64_t source_offset(const csv::Chunk& chunk, const csv::Record& record);

// The part of a record that a problem is about: the field, or the whole record.
std::string_view blamed_bytes(const Judge& judge, const Problem& problem);

// Of the record at which the judge stands. Precondition: it has problems. `names` are the header's.
Reject describe_reject(const csv::Chunk& chunk, const Judge& judge, const std::vector<std::string>& names);
Reject describe_too_long(const csv::Part& part);

// Writes one row for each of its reasons, but not its bytes.
Result<void> write_reasons(SetAside& out, const Reject& reject, std::string_view source_name);

}  // namespace bulkwrite::run
