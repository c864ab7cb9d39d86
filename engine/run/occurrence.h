// Where values stand that only one record may have.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/csv/chunk.h"
#include "engine/run/judge.h"

namespace bulkwrite::run {

// A column of a unique field, or of the field by which records are found.
struct UniqueColumn {
  size_t column = 0;
  bool case_matters = false;
};

// Half of a value's SHA-256: two values that share it are one.
using Digest = std::array<uint64_t, 2>;
struct DigestHash {
  size_t operator()(const Digest& digest) const { return digest[1]; }
};

// A value and where it stands.
struct Occurrence {
  Digest digest{};
  uint64_t record_number = 0;
  uint32_t source = 0, chunk = 0;
  uint32_t column = 0;
  uint32_t unused = 0;
};

inline bool is_of_same_record(const Occurrence& a, const Occurrence& b) {
  return a.record_number == b.record_number && a.source == b.source;
}

// Calls `take` with those of each record, which must stand together; its error ends it.
template <typename Take>
Result<void> each_record(std::span<const Occurrence> occurrences, const Take& take) {
  for (size_t begin = 0, end = 0; begin < occurrences.size(); begin = end) {
    while (end < occurrences.size() && is_of_same_record(occurrences[begin], occurrences[end])) ++end;
    if (auto ok = take(occurrences.subspan(begin, end - begin)); !ok) return ok;
  }
  return {};
}

// Digests of values as the service compares them: letters of ASCII in one case, unless case matters. One thread.
class ValueDigest {
 public:
  // Columns do not meet.
  Digest of(uint32_t column, std::string_view value, bool case_matters);

 private:
  std::vector<char> bytes_;
};

// Finds them in records. One thread.
class Occurrences {
 public:
  explicit Occurrences(std::vector<UniqueColumn> columns) : columns_(std::move(columns)) {}

  // Adds those of the record at which the judge stands: none of a record that is not to be sent, and none of blanks.
  void find(const Judge& judge, const csv::Chunk& chunk, std::vector<Occurrence>& to);

 private:
  const std::vector<UniqueColumn> columns_;
  ValueDigest digest_;
  std::string scratch_;
};

}  // namespace bulkwrite::run
