#include "engine/schema/column_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace bulkwrite::schema {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// What people write as they like.
std::string loose(std::string_view name) {
  std::string out = lower_text(name);
  out.erase(std::remove_if(out.begin(), out.end(), [](char c) { return c == ' ' || c == '_'; }), out.end());
  return out;
}

std::vector<std::string_view> names_of(const std::vector<const Field*>& fields) {
  std::vector<std::string_view> names;
  for (const Field* const field : fields) names.push_back(field->api_name);
  return names;
}

}  // namespace

std::string lower_text(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool is_same_loosely(std::string_view one, std::string_view other) {
  return loose(one) == loose(other);
}

std::vector<const Field*> fields_labelled(std::string_view name, const Schema& schema) {
  std::vector<const Field*> found;
  const std::string wanted = loose(name);
  for (const Field& field : schema.fields)
    if (!wanted.empty() && loose(field.label) == wanted) found.push_back(&field);
  const auto writable = [](const Field* field) { return is_writable(*field); };
  if (std::count_if(found.begin(), found.end(), writable) == 1)
    found = {*std::find_if(found.begin(), found.end(), writable)};
  return found;
}

bool is_reference(const Field& field) {
  return field.type == FieldType::lookup || field.type == FieldType::ownerlookup;
}

bool finds_nothing(const Field& field) {
  return field.type == FieldType::ownerlookup && !field.find_by.empty() && field.find_by != "id" &&
         field.find_by != "email";
}

std::optional<Field> reference_named(std::string_view name, const Schema& schema) {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) return std::nullopt;
  const Field* base = schema.find(name.substr(0, dot));
  const auto labelled = fields_labelled(name.substr(0, dot), schema);
  if (base == nullptr && labelled.size() == 1) base = labelled.front();
  if (base == nullptr || !is_reference(*base)) return std::nullopt;
  Field field = *base;
  field.find_by = name.substr(dot + 1);
  if (field.type == FieldType::ownerlookup) field.find_by = lower_text(field.find_by);
  return field;
}

Result<std::optional<Field>> field_named(const std::string& name, const Schema& schema) {
  if (const Field* const field = schema.find(name)) return std::optional(*field);
  if (auto field = reference_named(name, schema)) return field;
  const auto labelled = fields_labelled(name, schema);
  if (labelled.empty()) return std::optional<Field>();
  if (labelled.size() == 1) return std::optional(*labelled.front());
  return Error{ErrorKind::input_data,
               fmt::format("column \"{}\" could be any of {}, which have that label: say in a mapping file (--mapping) "
                           "which it is",
                           name, fmt::join(names_of(labelled), ", "))};
}

std::string why_not_written(const Field& field) {
  if (is_never_from_csv(field.data_type))
    return fmt::format("{} is of type {}, which the service does not take from a CSV", field.api_name, field.data_type);
  if (!is_writable(field)) return fmt::format("{} is the service's own to write", field.api_name);
  return fmt::format("{} can be written to {} only, so not by an upsert either", field.api_name,
                     field.creatable ? "new records" : "records that are there");
}

}  // namespace bulkwrite::schema
