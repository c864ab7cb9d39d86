// What the service said of each record of a chunk: the CSV inside a result archive (contract 6.3, 6.4).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/csv/chunk.h"
#include "engine/csv/kernel.h"

namespace bulkwrite::run {

enum class VerdictStatus { added, updated, skipped, unprocessed, unknown };

constexpr size_t kEchoedMax = 3;  // the first three mapped columns (contract 6.3)

// Raw fields of the first mapped columns, as they came back.
class Echoed {
 public:
  void add(std::string_view field) { fields_[size_++] = field; }
  size_t size() const { return size_; }
  std::string_view operator[](size_t i) const { return fields_[i]; }
  const std::string_view* begin() const { return fields_.data(); }
  const std::string_view* end() const { return begin() + size_; }

 private:
  std::array<std::string_view, kEchoedMax> fields_;
  size_t size_ = 0;
};

struct Verdict {
  VerdictStatus status = VerdictStatus::unknown;
  std::string_view record_id;  // raw field
  std::string_view errors;     // raw field
  Echoed echoed;
};

// The verdicts of one job in the order of the result file. Movable; the verdicts point into it.
class Verdicts {
 public:
  // Errors (input_data): not a ZIP, damaged, no CSV in it, a CSV without the columns that name status and id or without
  // any that was sent, or more than can be said of one chunk. Memory and time have a bound, whatever a server made. The
  // service's columns are known by their names and may stand anywhere.
  // `spare`: verdicts that nobody needs any more, whose memory serves again. `kernel` finds the records.
  static Result<Verdicts> read(const std::filesystem::path& archive, Verdicts spare = {},
                               const csv::Kernel& kernel = csv::best_kernel());
  // The same, of the archive's bytes.
  static Result<Verdicts> parse(std::string_view archive, Verdicts spare = {},
                                const csv::Kernel& kernel = csv::best_kernel());
  const std::vector<Verdict>& rows() const { return rows_; }

 private:
  Result<void> cut(size_t data_offset, size_t columns, const csv::Kernel& kernel);
  Result<void> index(const std::vector<std::string>& names);

  std::string archive_;  // nothing points into it: its memory is kept for the next one
  std::string text_;
  csv::Chunk bytes_;
  std::vector<Verdict> rows_;
};

// One group of the ERRORS field: CODE-field,field (contract 6.4).
struct VerdictError {
  std::string code;
  std::vector<std::string> fields;  // may be empty
};
std::vector<VerdictError> parse_errors(std::string_view errors);

}  // namespace bulkwrite::run
