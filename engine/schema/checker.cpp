#include "engine/schema/checker.h"

#include <algorithm>
#include <limits>

#include "engine/base/check.h"
#include "engine/csv/field.h"
#include "engine/schema/forms.h"

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

Result<RecordChecker> RecordChecker::make(const Mapping& mapping) {
  RecordChecker checker;
  for (size_t column = 0; column < mapping.columns.size(); ++column) {
    if (!mapping.columns[column]) continue;
    const Field& field = *mapping.columns[column];
    ColumnRules rules{.column = column,
                      .type = field.type,
                      .length_max = counts_characters(field.type) ? field.length_max : 0,
                      .digits_max = digits_max(field.type, field.length_max),
                      .required = field.required};
    if (const std::string_view format = format_of(field); !format.empty()) {
      auto pattern = DatePattern::compile(format);
      if (!pattern) return in_context("field " + field.api_name, std::move(pattern).error());
      rules.pattern = *std::move(pattern);
    }
    if (!rules.required && !has_form(rules.type) && rules.length_max == 0) continue;
    checker.note_glance(rules);
    checker.rules_.push_back(std::move(rules));
  }
  return checker;
}

// No value has more characters than its field has bytes, and three bytes are more than a pair of quotes.
void RecordChecker::note_glance(const ColumnRules& rules) {
  constexpr size_t kAny = std::numeric_limits<int32_t>::max();
  least_.resize(rules.column + 1, 0);
  most_.resize(rules.column + 1, static_cast<int32_t>(kAny));
  if (has_form(rules.type)) {
    forms_.push_back(rules_.size());
    return;
  }
  if (rules.required) least_.back() = 3;
  if (rules.length_max > 0) most_.back() = static_cast<int32_t>(std::min(rules.length_max, kAny));
}

void RecordChecker::check(const csv::Fields& fields, std::vector<Violation>& out, std::string& scratch) const {
  BULKWRITE_CHECK(least_.size() <= fields.size(), "a record of too few fields");
  const auto look = [&](const ColumnRules& rules) {
    const auto rule = broken(rules, csv::value_of(fields[rules.column], scratch));
    if (rule) out.push_back({rules.column, *rule});
  };
  if (is_good_at_a_glance(fields)) {
    for (const size_t form : forms_) look(rules_[form]);
  } else {
    for (const ColumnRules& rules : rules_) look(rules);
  }
}

// Several columns at once: no branch, and nothing read but the bounds.
bool RecordChecker::is_good_at_a_glance(const csv::Fields fields) const {
  const int32_t* const least = least_.data();
  const int32_t* const most = most_.data();
  int32_t doubts = 0;
  for (size_t column = 0, end = least_.size(); column < end; ++column) {
    const auto bytes = static_cast<int32_t>(fields.bytes(column));
    doubts |= static_cast<int32_t>(bytes < least[column]) | static_cast<int32_t>(bytes > most[column]);
  }
  return doubts == 0;
}

std::optional<Rule> RecordChecker::broken(const ColumnRules& rules, std::string_view value) {
  if (value.empty()) return rules.required ? std::optional(Rule::required) : std::nullopt;
  if (counts_characters(rules.type) && rules.length_max > 0 && !fits_characters(value, rules.length_max))
    return Rule::length;
  switch (rules.type) {
    case FieldType::integer:
    case FieldType::bigint:
      return is_integer(value, rules.digits_max) ? std::nullopt : std::optional(Rule::integer);
    case FieldType::boolean:
      return is_boolean(value) ? std::nullopt : std::optional(Rule::boolean);
    case FieldType::email:
      return is_email(value) ? std::nullopt : std::optional(Rule::email);
    case FieldType::date:
      return rules.pattern->matches(value) ? std::nullopt : std::optional(Rule::date);
    case FieldType::datetime:
      return rules.pattern->matches(value) ? std::nullopt : std::optional(Rule::datetime);
    default:
      return std::nullopt;
  }
}

}  // namespace bulkwrite::schema
