// The verdict on one record, and the errors of a record in the grammar of contract 6.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bulkwrite::sandbox {

enum class Status { kAdded, kUpdated, kSkipped, kUnprocessed };

const char* status_text(Status status);

class RecordErrors {
 public:
  // An empty column stands for an error of the whole record.
  void add(std::string_view code, std::string_view column);
  bool empty() const { return groups_.empty(); }
  void clear() { groups_.clear(); }
  // MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email
  std::string text() const;

 private:
  std::vector<std::pair<std::string, std::string>> groups_;
};

struct Verdict {
  Status status = Status::kUnprocessed;
  int64_t record_id = 0;  // 0: none
  std::string errors;
  std::vector<std::string> echo;  // the record's cells in the first three mapped columns
};

struct Tally {
  int64_t added = 0;
  int64_t updated = 0;
  int64_t skipped = 0;  // unprocessed records count here, so that the three make up the total
  int64_t total = 0;

  void count(Status status);
};

}  // namespace bulkwrite::sandbox
