#include "engine/schema/defaults.h"

#include <fmt/format.h>

#include <array>

#include "engine/csv/field.h"

namespace bulkwrite::schema {
namespace {

Result<void> check_default(const Field& field, UnknownChoice unknown_choice) {
  if (field.default_value.empty()) return {};
  auto checker = RecordChecker::make({.columns = {field}}, unknown_choice);
  if (!checker) return std::move(checker).error();
  std::string record, scratch;
  csv::append_field(record, field.default_value);
  const std::array<uint32_t, 2> bounds{0, static_cast<uint32_t>(record.size() + 1)};
  std::vector<Violation> violations;
  checker->check({record.data(), bounds}, violations, scratch);
  if (violations.empty() || violations.front().is_remark) return {};
  return Error{ErrorKind::configuration,
               fmt::format("the default \"{}\" does not fit {} (rule: {})", field.default_value, field.api_name,
                           rule_name(violations.front().rule))};
}

}  // namespace

Result<void> check_defaults(const Mapping& mapping, UnknownChoice unknown_choice) {
  for (const size_t column : mapping.order)
    if (auto ok = check_default(*mapping.columns[column], unknown_choice); !ok) return ok;
  for (const Field& field : mapping.constants)
    if (auto ok = check_default(field, unknown_choice); !ok) return ok;
  return {};
}

}  // namespace bulkwrite::schema
