#include "engine/schema/checker.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/base/check.h"
#include "engine/csv/field.h"
#include "engine/schema/forms.h"

namespace bulkwrite::schema {
namespace {

constexpr size_t kGlancesAtOnce = 64;  // a bit for each

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
    ColumnRules rules{.type = field.type,
                      .length_max = counts_characters(field.type) ? field.length_max : 0,
                      .digits_max = digits_max(field.type, field.length_max),
                      .required = field.required};
    if (const std::string_view format = format_of(field); !format.empty()) {
      auto pattern = DatePattern::compile(format);
      if (!pattern) return in_context("field " + field.api_name, std::move(pattern).error());
      rules.pattern = *std::move(pattern);
    }
    if (!rules.required && !has_form(rules.type) && rules.length_max == 0) continue;
    checker.glances_.push_back(glance_of(column, rules));
    checker.rules_.push_back(std::move(rules));
  }
  return checker;
}

// No value has more characters than its field has bytes, and three bytes are more than a pair of quotes. A field that
// must have a form is never settled at a glance.
RecordChecker::Glance RecordChecker::glance_of(size_t column, const ColumnRules& rules) {
  Glance glance{.column = column, .least = rules.required ? 3U : 0U, .most = std::numeric_limits<size_t>::max()};
  if (counts_characters(rules.type) && rules.length_max > 0) glance.most = rules.length_max;
  if (has_form(rules.type)) return {.column = column, .least = 1, .most = 0};
  return glance;
}

void RecordChecker::check(const csv::Fields& fields, std::vector<Violation>& out, std::string& scratch) const {
  BULKWRITE_CHECK(glances_.empty() || glances_.back().column < fields.size(), "a record of too few fields");
  for (size_t begin = 0; begin < glances_.size(); begin += kGlancesAtOnce) {
    for (uint64_t doubts = glance_at(fields, begin); doubts != 0; doubts &= doubts - 1) {
      const size_t i = begin + static_cast<size_t>(std::countr_zero(doubts));
      const size_t column = glances_[i].column;
      if (const auto rule = broken(rules_[i], csv::value_of(fields[column], scratch))) out.push_back({column, *rule});
    }
  }
}

// A bit for each of the glances from `begin` on whose field needs to be read. Without a branch for each of them.
uint64_t RecordChecker::glance_at(const csv::Fields fields, size_t begin) const {
  const size_t count = std::min(kGlancesAtOnce, glances_.size() - begin);
  const Glance* const glances = glances_.data() + begin;
  uint64_t doubts = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t bytes = fields[glances[i].column].size();
    doubts |= uint64_t{bytes < glances[i].least || bytes > glances[i].most} << i;
  }
  return doubts;
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
