#include "engine/schema/schema.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bulkwrite::schema {
namespace {

constexpr std::array<std::pair<std::string_view, FieldType>, 18> kTypes{
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
     {"ownerlookup", FieldType::ownerlookup},
     {"userlookup", FieldType::ownerlookup}}};

constexpr std::array<std::string_view, 9> kNeverFromCsv{"fileupload",     "imageupload",       "profileimage",
                                                        "subform",        "formula",           "autonumber",
                                                        "rollup_summary", "multiselectlookup", "multiuserlookup"};

}  // namespace

FieldType parse_field_type(std::string_view data_type) {
  for (const auto& [name, type] : kTypes)
    if (name == data_type) return type;
  return FieldType::other;
}

bool is_never_from_csv(std::string_view data_type) {
  return std::find(kNeverFromCsv.begin(), kNeverFromCsv.end(), data_type) != kNeverFromCsv.end();
}

const Field* Schema::find(std::string_view api_name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.api_name == api_name; });
  return found == fields.end() ? nullptr : &*found;
}

Field* Schema::find(std::string_view api_name) {
  return const_cast<Field*>(std::as_const(*this).find(api_name));
}

bool takes_bulk_writes(std::string_view module) {
  constexpr std::array<std::string_view, 5> kNever{"Users", "Notes", "Attachments", "Events", "Calls"};
  return std::find(kNever.begin(), kNever.end(), module) == kNever.end();
}

bool is_writable(const Field& field, Operation operation) {
  switch (operation) {
    case Operation::insert:
      return field.creatable;
    case Operation::update:
      return field.updatable;
    case Operation::upsert:
      return field.creatable && field.updatable;
  }
  return false;
}

bool is_writable(const Field& field) {
  return field.creatable || field.updatable;
}

std::string_view format_of(const Field& field) {
  switch (field.type) {
    case FieldType::integer:
    case FieldType::bigint:
    case FieldType::decimal:
    case FieldType::currency:
    case FieldType::percent:
      return field.format;
    case FieldType::date:
      return field.format.empty() ? kDefaultDateFormat : std::string_view(field.format);
    case FieldType::datetime:
      return field.format.empty() ? kDefaultDatetimeFormat : std::string_view(field.format);
    default:
      return {};
  }
}

}  // namespace bulkwrite::schema
