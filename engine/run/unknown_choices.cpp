#include "engine/run/unknown_choices.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/csv/field.h"
#include "engine/run/set_aside.h"

namespace bulkwrite::run {
namespace {

constexpr size_t kExamplesMax = 3;

}  // namespace

bool UnknownChoices::Column::wants(std::string_view example) const {
  return examples.size() < kExamplesMax && std::find(examples.begin(), examples.end(), example) == examples.end();
}

void UnknownChoices::note(const Judge& judge) {
  if (!judge.problems().empty()) return;
  for (const size_t at : judge.unknown_choices()) {
    Column& column = columns_[at];
    ++column.records;
    const std::string_view value = csv::value_of(judge.fields()[at], scratch_);
    if (!column.wants(value)) continue;
    std::string example = printable_excerpt(value);
    if (column.wants(example)) column.examples.push_back(std::move(example));
  }
}

void UnknownChoices::add(const UnknownChoices& other) {
  for (const auto& [at, found] : other.columns_) {
    Column& column = columns_[at];
    column.records += found.records;
    for (const std::string& example : found.examples)
      if (column.wants(example)) column.examples.push_back(example);
  }
}

std::vector<std::string> UnknownChoices::warnings(const std::vector<std::string>& names) const {
  std::vector<std::string> lines;
  for (const auto& [at, column] : columns_) {
    lines.push_back(
        fmt::format("warning: {}: {} {} a value that its picklist does not have, such as \"{}\"; the service adds it "
                    "to the picklist (--picklist strict rejects such records)",
                    names[at], column.records, column.records == 1 ? "record holds" : "records hold",
                    fmt::join(column.examples, "\", \"")));
  }
  return lines;
}

}  // namespace bulkwrite::run
