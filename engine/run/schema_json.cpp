#include "engine/run/schema_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/run/json_text.h"

namespace bulkwrite::run {
namespace {

using Json = nlohmann::json;

// The keys behind a rule: one of another kind is refused, since ignoring it would silently drop the rule.
struct Key {
  const char* name;
  bool (Json::*is_kind)() const noexcept;
  std::string_view kind;
};
constexpr std::array<Key, 7> kKeys{{{"data_type", &Json::is_string, "text"},
                                    {"decimal_place", &Json::is_number_unsigned, "a whole number"},
                                    {"format", &Json::is_string, "text"},
                                    {"length", &Json::is_number_unsigned, "a whole number"},
                                    {"required", &Json::is_boolean, "true or false"},
                                    {"pick_list_values", &Json::is_array, "a list"},
                                    {"system_mandatory", &Json::is_boolean, "true or false"}}};

bool flag(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_filled_object(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() && !found->empty();
}

// `way` is api_create or api_update. By operation_type: field_read_only is set on fields that may be written all the
// same (contract 9.1).
bool is_written_by(const Json& field, const std::string& data_type, const char* way) {
  if (schema::is_never_from_csv(data_type)) return false;
  const auto types = field.find("operation_type");
  return types == field.end() || !types->is_object() || flag(*types, way);
}

Result<void> check_kinds(const Json& field) {
  for (const Key& key : kKeys) {
    const auto found = field.find(key.name);
    if (found == field.end() || found->is_null() || ((*found).*key.is_kind)()) continue;
    return Error{ErrorKind::configuration, fmt::format("\"{}\" is not {}", key.name, key.kind)};
  }
  return {};
}

std::optional<size_t> number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? std::optional(found->get<size_t>()) : std::nullopt;
}

// Unused ones too: a record that holds one is no mistake (contract 9.1).
std::vector<std::string> choices_of(const Json& field) {
  std::vector<std::string> choices;
  const auto values = field.find("pick_list_values");
  if (values == field.end() || !values->is_array()) return choices;
  for (const Json& value : *values) {
    if (!value.is_object()) continue;
    for (const char* const key : {"display_value", "actual_value"}) {
      std::string choice = text(value, key);
      if (!choice.empty() && (choices.empty() || choices.back() != choice)) choices.push_back(std::move(choice));
    }
  }
  return choices;
}

// The key has two spellings (contract 9.1).
bool case_matters(const Json& field) {
  const auto unique = field.find("unique");
  return unique != field.end() && unique->is_object() &&
         (flag(*unique, "case_sensitive") || flag(*unique, "casesensitive"));
}

schema::Field field_of(const Json& json) {
  const std::string data_type = text(json, "data_type");
  schema::Field field{.api_name = text(json, "api_name"),
                      .label = text(json, "field_label"),
                      .data_type = data_type,
                      .type = schema::parse_field_type(data_type),
                      .required = flag(json, "system_mandatory") || flag(json, "required"),
                      .required_by_system = flag(json, "system_mandatory"),
                      .unique = is_filled_object(json, "unique"),
                      .external_id = is_filled_object(json, "external"),
                      .case_matters = case_matters(json),
                      .creatable = is_written_by(json, data_type, "api_create"),
                      .updatable = is_written_by(json, data_type, "api_update"),
                      .format = text(json, "format"),
                      .find_by = {},
                      .default_value = {},
                      .decimal_places = number(json, "decimal_place"),
                      .choices = choices_of(json)};
  field.length_max = number(json, "length").value_or(0);
  return field;
}

}  // namespace

Result<schema::Schema> schema_from_fields_json(std::string_view text_of_json, const std::string& module) {
  auto json = parse_json(text_of_json);
  if (!json) return std::move(json).error();
  const auto fields = json->is_object() ? json->find("fields") : json->end();
  if (!json->is_object() || fields == json->end() || !fields->is_array())
    return Error{ErrorKind::configuration, "it has no list of \"fields\""};
  schema::Schema schema{.module = module.empty() ? text(*json, "module") : module};
  for (size_t i = 0; i < fields->size(); ++i) {
    const Json& field = (*fields)[i];
    if (!field.is_object() || text(field, "api_name").empty())
      return Error{ErrorKind::configuration, fmt::format("fields[{}] has no \"api_name\"", i)};
    if (auto ok = check_kinds(field); !ok)
      return in_context(fmt::format("fields[{}] ({})", i, text(field, "api_name")), std::move(ok).error());
    schema.fields.push_back(field_of(field));
  }
  return schema;
}

Result<void> mark_layout_required(schema::Schema& schema, std::string_view layouts_json) {
  auto json = parse_json(layouts_json);
  if (!json) return std::move(json).error();
  if (!json->is_object() || !json->contains("layouts") || !(*json)["layouts"].is_array())
    return Error{ErrorKind::configuration, "it has no list of \"layouts\""};
  for (const Json& layout : (*json)["layouts"]) {
    if (!layout.is_object() || !layout.contains("sections") || !layout["sections"].is_array()) continue;
    if (text(layout, "status") == "inactive") continue;
    for (const Json& section : layout["sections"]) {
      if (!section.is_object() || !section.contains("fields") || !section["fields"].is_array()) continue;
      for (const Json& field : section["fields"]) {
        if (!field.is_object() || !flag(field, "required")) continue;
        if (schema::Field* const known = schema.find(text(field, "api_name"))) known->required = true;
      }
    }
  }
  return {};
}

}  // namespace bulkwrite::run
