#include "engine/schema/schema.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bulkwrite::schema {
namespace {

constexpr std::array<std::pair<std::string_view, FieldType>, 17> kTypes{
    {{"text", FieldType::text},
     {"textarea", FieldType::textarea},
     {"email", FieldType::email},
     {"phone", FieldType::phone},
     {"website", FieldType::website},
     {"picklist", FieldType::picklist},
     {"multiselectpicklist", FieldType::multiselectpicklist},
     {"boolean", FieldType::boolean},
     {"integer", FieldType::integer},
     {"bigint", FieldType::bigint},
     {"double", FieldType::decimal},
     {"currency", FieldType::currency},
     {"percent", FieldType::percent},
     {"date", FieldType::date},
     {"datetime", FieldType::datetime},
     {"lookup", FieldType::lookup},
     {"ownerlookup", FieldType::ownerlookup}}};

}  // namespace

FieldType parse_field_type(std::string_view data_type) {
  for (const auto& [name, type] : kTypes)
    if (name == data_type) return type;
  return FieldType::other;
}

const Field* Schema::find(std::string_view api_name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.api_name == api_name; });
  return found == fields.end() ? nullptr : &*found;
}

Field* Schema::find(std::string_view api_name) {
  return const_cast<Field*>(std::as_const(*this).find(api_name));
}

std::string_view format_of(const Field& field) {
  if (field.type != FieldType::date && field.type != FieldType::datetime) return {};
  if (!field.format.empty()) return field.format;
  return field.type == FieldType::date ? kDefaultDateFormat : kDefaultDatetimeFormat;
}

}  // namespace bulkwrite::schema
