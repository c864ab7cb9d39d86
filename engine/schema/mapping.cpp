#include "engine/schema/mapping.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace bulkwrite::schema {
namespace {

Result<void> check_required(const Mapping& mapping, const Schema& schema) {
  std::vector<std::string_view> missing;
  for (const Field& field : schema.fields)
    if (field.required && !mapping.maps(field.api_name)) missing.push_back(field.api_name);
  if (missing.empty()) return {};
  return Error{ErrorKind::input_data, fmt::format("{} demands {}, and no column of the header has that name",
                                                  schema.module, fmt::join(missing, ", "))};
}

Result<void> check_writable(const Mapping& mapping, std::string_view find_by) {
  for (const auto& field : mapping.columns) {
    // The record's own id is not writable, and still what records are found by (contract 9.1).
    if (!field || field->writable || field->api_name == find_by) continue;
    return Error{ErrorKind::configuration,
                 fmt::format("the service does not let {} be written: take that column out of the header, or rename it",
                             field->api_name)};
  }
  return {};
}

bool is_findable(const Field& field) {
  return field.unique || field.api_name == "id";
}

std::string findable_text(const Mapping& mapping, const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& field : schema.fields)
    if (is_findable(field))
      names.push_back(field.api_name + (mapping.maps(field.api_name) ? "" : " (no column of that name)"));
  if (names.empty()) return fmt::format("{} has no unique field", schema.module);
  return fmt::format("fields that could be used: {}", fmt::join(names, ", "));
}

Result<void> check_find_by(const Mapping& mapping, const Schema& schema, Operation operation,
                           std::string_view find_by) {
  const auto refused = [&](std::string why) -> Result<void> {
    return Error{ErrorKind::configuration, fmt::format("{}; {}", why, findable_text(mapping, schema))};
  };
  if (find_by.empty()) {
    return operation == Operation::insert
               ? Result<void>()
               : refused("update and upsert need --find-by, the field by which records are found");
  }
  const Field* const field = schema.find(find_by);
  if (field == nullptr) return refused(fmt::format("--find-by {}: {} has no such field", find_by, schema.module));
  if (!is_findable(*field)) return refused(fmt::format("--find-by {}: the field is not unique", find_by));
  if (!mapping.maps(find_by)) return refused(fmt::format("--find-by {}: no column has that name", find_by));
  return {};
}

}  // namespace

bool Mapping::maps(std::string_view api_name) const {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const auto& field) { return field && field->api_name == api_name; });
}

Mapping map_by_api_name(const std::vector<std::string>& header, const Schema& schema) {
  Mapping mapping;
  for (const std::string& name : header) {
    const Field* const field = schema.find(name);
    mapping.columns.push_back(field == nullptr ? std::nullopt : std::optional<Field>(*field));
  }
  return mapping;
}

Result<void> check_mapping(const Mapping& mapping, const Schema& schema, Operation operation,
                           std::string_view find_by) {
  if (std::none_of(mapping.columns.begin(), mapping.columns.end(),
                   [](const auto& field) { return field.has_value(); })) {
    return Error{ErrorKind::input_data,
                 fmt::format("no column of the header is the API name of a field of {}", schema.module)};
  }
  if (auto ok = check_writable(mapping, find_by); !ok) return ok;
  if (operation != Operation::update)
    if (auto ok = check_required(mapping, schema); !ok) return ok;
  return check_find_by(mapping, schema, operation, find_by);
}

}  // namespace bulkwrite::schema
