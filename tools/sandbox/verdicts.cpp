#include "tools/sandbox/verdicts.h"

namespace bulkwrite::sandbox {

const char* status_text(Status status) {
  switch (status) {
    case Status::kAdded:
      return "ADDED";
    case Status::kUpdated:
      return "UPDATED";
    case Status::kSkipped:
      return "SKIPPED";
    case Status::kUnprocessed:
      break;
  }
  return "UNPROCESSED";
}

void RecordErrors::add(std::string_view code, std::string_view column) {
  for (auto& [known, columns] : groups_) {
    if (known != code) continue;
    if (!columns.empty() && !column.empty()) columns += ',';
    columns += column;
    return;
  }
  groups_.emplace_back(code, column);
}

std::string RecordErrors::text() const {
  std::string text;
  for (const auto& [code, columns] : groups_) {
    if (!text.empty()) text += ':';
    text += code;
    if (!columns.empty()) text += '-' + columns;
  }
  return text;
}

void Tally::count(Status status) {
  ++total;
  if (status == Status::kAdded) ++added;
  if (status == Status::kUpdated) ++updated;
  if (status == Status::kSkipped || status == Status::kUnprocessed) ++skipped;
}

}  // namespace bulkwrite::sandbox
