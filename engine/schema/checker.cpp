#include "engine/schema/checker.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/csv/field.h"

namespace bulkwrite::schema {
namespace {

// Contract 7.3; a field's own length may be narrower.
constexpr size_t kIntegerDigitsMax = 9, kBigintDigitsMax = 18;

bool counts_characters(FieldType type) {
  switch (type) {
    case FieldType::text:
    case FieldType::textarea:
    case FieldType::email:
    case FieldType::phone:
    case FieldType::website:
    case FieldType::picklist:
    case FieldType::multiselectpicklist:
      return true;
    default:
      return false;
  }
}

bool has_form(FieldType type) {
  switch (type) {
    case FieldType::boolean:
    case FieldType::integer:
    case FieldType::bigint:
    case FieldType::email:
    case FieldType::date:
    case FieldType::datetime:
      return true;
    default:
      return false;
  }
}

size_t digits_max(FieldType type, size_t length_max) {
  const size_t own = type == FieldType::bigint ? kBigintDigitsMax : kIntegerDigitsMax;
  return length_max == 0 ? own : std::min(own, length_max);
}

bool equals_ignoring_case(std::string_view value, std::string_view lower) {
  return value.size() == lower.size() && std::equal(value.begin(), value.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
         });
}

bool is_space_or_control(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

bool is_domain(std::string_view domain) {
  size_t labels = 0;
  for (size_t from = 0; from <= domain.size(); ++labels) {
    const size_t end = std::min(domain.find('.', from), domain.size());
    const std::string_view label = domain.substr(from, end - from);
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    from = end + 1;
  }
  return labels >= 2;
}

}  // namespace

std::string_view rule_name(Rule rule) {
  switch (rule) {
    case Rule::required:
      return "required";
    case Rule::length:
      return "length";
    case Rule::integer:
      return "integer";
    case Rule::boolean:
      return "boolean";
    case Rule::email:
      return "email";
    case Rule::date:
      return "date";
    case Rule::datetime:
      return "datetime";
  }
  return "unknown";
}

bool fits_characters(std::string_view value, size_t characters_max) {
  if (value.size() <= characters_max) return true;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return value.size() - static_cast<size_t>(std::count_if(value.begin(), value.end(), continues)) <= characters_max;
}

bool is_integer(std::string_view value, size_t most_digits) {
  if (value.starts_with('-')) value.remove_prefix(1);
  return !value.empty() && value.size() <= most_digits &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_boolean(std::string_view value) {
  return equals_ignoring_case(value, "true") || equals_ignoring_case(value, "false");
}

bool is_email(std::string_view value) {
  constexpr std::string_view kNotInLocalPart = ",;:<>()[]\\\"";
  const size_t at = value.find('@');
  if (at == std::string_view::npos || at == 0 || value.find('@', at + 1) != std::string_view::npos) return false;
  if (std::any_of(value.begin(), value.end(), is_space_or_control)) return false;
  const std::string_view local = value.substr(0, at);
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
  return local.find_first_of(kNotInLocalPart) == std::string_view::npos &&
         value.substr(at).find_first_of("_,;:<>()[]\\\"/") == std::string_view::npos && is_domain(value.substr(at + 1));
}

Result<RecordChecker> RecordChecker::make(const Mapping& mapping) {
  RecordChecker checker;
  for (size_t column = 0; column < mapping.columns.size(); ++column) {
    if (!mapping.columns[column]) continue;
    const Field& field = *mapping.columns[column];
    ColumnRules rules{.column = column,
                      .type = field.type,
                      .length_max = counts_characters(field.type) || field.type == FieldType::integer ||
                                            field.type == FieldType::bigint
                                        ? field.length_max
                                        : 0,
                      .required = field.required};
    if (const std::string_view format = format_of(field); !format.empty()) {
      auto pattern = DatePattern::compile(format);
      if (!pattern) return in_context("field " + field.api_name, std::move(pattern).error());
      rules.pattern = *std::move(pattern);
    }
    if (rules.required || has_form(rules.type) || rules.length_max > 0) checker.columns_.push_back(std::move(rules));
  }
  return checker;
}

void RecordChecker::check(std::span<const std::string_view> raw_fields, std::vector<Violation>& out,
                          std::string& scratch) const {
  BULKWRITE_CHECK(columns_.empty() || columns_.back().column < raw_fields.size(), "a record of too few fields");
  for (const ColumnRules& rules : columns_) {
    const std::string_view value = csv::value_of(raw_fields[rules.column], scratch);
    if (value.empty()) {
      if (rules.required) out.push_back({rules.column, Rule::required});
    } else if (const auto rule = broken(rules, value)) {
      out.push_back({rules.column, *rule});
    }
  }
}

std::optional<Rule> RecordChecker::broken(const ColumnRules& rules, std::string_view value) {
  if (counts_characters(rules.type) && rules.length_max > 0 && !fits_characters(value, rules.length_max))
    return Rule::length;
  switch (rules.type) {
    case FieldType::integer:
    case FieldType::bigint:
      if (!is_integer(value, digits_max(rules.type, rules.length_max))) return Rule::integer;
      break;
    case FieldType::boolean:
      if (!is_boolean(value)) return Rule::boolean;
      break;
    case FieldType::email:
      if (!is_email(value)) return Rule::email;
      break;
    case FieldType::date:
      if (!rules.pattern->matches(value)) return Rule::date;
      break;
    case FieldType::datetime:
      if (!rules.pattern->matches(value)) return Rule::datetime;
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace bulkwrite::schema
