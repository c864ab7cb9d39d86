#include "engine/schema/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/base/check.h"
#include "engine/csv/field.h"
#include "engine/schema/usual.h"

namespace bulkwrite::schema {
namespace {

// Contract 7.3; a field's own length may be narrower.
constexpr size_t kIntegerDigitsMax = 9, kBigintDigitsMax = 18;

// How a picklist shows that nothing is chosen; not every reply lists it.
constexpr std::string_view kNoChoice = "-None-";

using Four = int32_t __attribute__((vector_size(16)));

Four four(const uint32_t* numbers) {
  Four loaded;
  std::memcpy(&loaded, numbers, sizeof loaded);
  return loaded;
}

bool is_zero(Four four) {
  return bits_of(reinterpret_cast<Sixteen>(four == 0)) == 0xFFFF;
}

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

// Which digits a number may have: those of its kind, and of its field where that says less.
DecimalBounds bounds_of(const Field& field) {
  DecimalBounds bounds;
  if (field.type == FieldType::integer) bounds.before_max = kIntegerDigitsMax;
  if (field.type == FieldType::bigint) bounds.before_max = kBigintDigitsMax;
  if (field.length_max > 0) bounds.before_max = std::min(bounds.before_max, field.length_max);
  // An amount of money is rounded to its field's decimals.
  if (field.type != FieldType::currency)
    bounds.decimals_max = std::min(bounds.decimals_max, field.decimal_places.value_or(bounds.decimals_max));
  bounds.may_group = format_of(field).find(',') != std::string_view::npos;
  return bounds;
}

Rule rule_of(FieldType type) {
  switch (type) {
    case FieldType::boolean:
      return Rule::boolean;
    case FieldType::email:
      return Rule::email;
    case FieldType::phone:
      return Rule::phone;
    case FieldType::website:
      return Rule::website;
    case FieldType::picklist:
    case FieldType::multiselectpicklist:
      return Rule::picklist;
    case FieldType::decimal:
      return Rule::decimal;
    case FieldType::currency:
      return Rule::currency;
    case FieldType::percent:
      return Rule::percent;
    case FieldType::date:
      return Rule::date;
    case FieldType::datetime:
      return Rule::datetime;
    case FieldType::lookup:
      return Rule::lookup;
    case FieldType::ownerlookup:
      return Rule::owner;
    default:
      return Rule::integer;
  }
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
    case Rule::phone:
      return "phone";
    case Rule::website:
      return "website";
    case Rule::picklist:
      return "picklist";
    case Rule::decimal:
      return "decimal";
    case Rule::currency:
      return "currency";
    case Rule::percent:
      return "percent";
    case Rule::lookup:
      return "lookup";
    case Rule::owner:
      return "owner";
    case Rule::date:
      return "date";
    case Rule::datetime:
      return "datetime";
  }
  return "unknown";
}

RecordChecker::Form RecordChecker::form_of(const Field& field) {
  if (field.api_name == "id") return Form::record_id;  // called a bigint, and longer than one (contract 9.1)
  switch (field.type) {
    case FieldType::integer:
    case FieldType::bigint:
      return Form::integer;
    case FieldType::boolean:
      return Form::boolean;
    case FieldType::email:
      return Form::email;
    case FieldType::phone:
      return Form::phone;
    case FieldType::website:
      return Form::website;
    case FieldType::picklist:
      return field.choices.empty() ? Form::none : Form::choice;
    case FieldType::multiselectpicklist:
      return field.choices.empty() ? Form::none : Form::choices;
    case FieldType::decimal:
    case FieldType::currency:
    case FieldType::percent:
      return Form::decimal;
    case FieldType::date:
    case FieldType::datetime:
      return Form::date;
    // By what they name a record otherwise is the other module's business.
    case FieldType::lookup:
      return field.find_by.empty() || field.find_by == "id" ? Form::record_id : Form::none;
    case FieldType::ownerlookup:
      return field.find_by.empty() || field.find_by == "id" || field.find_by == "email" ? Form::owner : Form::none;
    default:
      return Form::none;
  }
}

Result<RecordChecker::ColumnRules> RecordChecker::rules_of(const Field& field) {
  ColumnRules rules{.column = 0,
                    .rule = rule_of(field.type),
                    .form = form_of(field),
                    .length_max = counts_characters(field.type) ? field.length_max : 0,
                    .bounds = bounds_of(field),
                    .required = field.required && is_writable(field),
                    .has_remarks = false,
                    .pattern = {},
                    .choices = {}};
  const std::string_view format = format_of(field);
  if (rules.form == Form::date) {
    auto pattern = DatePattern::compile(format);
    if (!pattern) return in_context("field " + field.api_name, std::move(pattern).error());
    rules.pattern = *std::move(pattern);
  } else if (format.find_first_not_of("#0,.") != std::string_view::npos) {
    return Error{ErrorKind::configuration,
                 fmt::format("field {}: the number format \"{}\" is not understood; it is made of # 0 , and .",
                             field.api_name, format)};
  }
  if (rules.form == Form::choice || rules.form == Form::choices) {
    std::vector<std::string> choices = field.choices;
    choices.emplace_back(kNoChoice);
    rules.choices = Choices(choices);
  }
  return rules;
}

Result<RecordChecker> RecordChecker::make(const Mapping& mapping, UnknownChoice unknown_choice) {
  RecordChecker checker;
  for (size_t column = 0; column < mapping.columns.size(); ++column) {
    if (!mapping.columns[column]) continue;
    auto rules = rules_of(*mapping.columns[column]);
    if (!rules) return std::move(rules).error();
    rules->column = column;
    rules->has_remarks = rules->rule == Rule::picklist && unknown_choice == UnknownChoice::is_remark;
    if (!rules->required && rules->form == Form::none && rules->length_max == 0) continue;
    checker.note_bounds(*rules);
    checker.rules_.push_back(*std::move(rules));
  }
  return checker;
}

// No value has more characters than its field has bytes, and four bytes are more than a pair of quotes and a CR.
void RecordChecker::note_bounds(const ColumnRules& rules) {
  constexpr int32_t kAny = std::numeric_limits<int32_t>::max();
  if (rules.form != Form::none) return;
  while (bounds_.size() * kColumnsAtOnce <= rules.column) bounds_.push_back({Four{} - kAny, Four{} + kAny});
  Bounds& bounds = bounds_[rules.column / kColumnsAtOnce];
  if (rules.required) bounds.least[rules.column % kColumnsAtOnce] = 4;
  if (rules.length_max > 0)
    bounds.most[rules.column % kColumnsAtOnce] = static_cast<int32_t>(std::min<size_t>(rules.length_max, kAny));
}

void RecordChecker::check(const csv::Fields& fields, std::vector<Violation>& out, std::string& scratch) const {
  BULKWRITE_CHECK(rules_.empty() || rules_.back().column < fields.size(), "a record of too few fields");
  for (const ColumnRules& rules : rules_) {
    const auto rule = broken(rules, csv::value_of(fields[rules.column], scratch));
    if (rule) out.push_back({rules.column, *rule, rules.has_remarks && *rule == Rule::picklist});
  }
}

uint64_t RecordChecker::glance(const csv::FieldTable& table) const {
  BULKWRITE_CHECK(rules_.empty() || rules_.back().column < table.columns(), "records of too few fields");
  BULKWRITE_CHECK(table.records() <= kGlanceRecords, "no more records than there are bits");
  uint64_t good = glance_at_bounds(table);
  for (const ColumnRules& rules : rules_)
    if (rules.form != Form::none) good &= glance_at_form(rules, table);
  return good;
}

// Four columns at once: nothing is read but the bounds.
uint64_t RecordChecker::glance_at_bounds(const csv::FieldTable& table) const {
  uint64_t good = 0;
  for (size_t record = 0; record < table.records(); ++record) {
    const uint32_t* next = table.bounds(record);
    Four doubts{};
    for (const Bounds& bounds : bounds_) {
      const Four bytes = four(next + 1) - four(next) - 1;
      doubts |= (bytes < bounds.least) | (bytes > bounds.most);
      next += kColumnsAtOnce;
    }
    good |= uint64_t{is_zero(doubts)} << record;
  }
  return good;
}

uint64_t RecordChecker::glance_at_form(const ColumnRules& rules, const csv::FieldTable& table) {
  const auto glance = [&](const auto& is_usual) {
    const size_t bytes_max = rules.length_max > 0 ? rules.length_max : SIZE_MAX;
    uint64_t good = 0;
    for (size_t record = 0; record < table.records(); ++record) {
      const char* const field = table.field(record, rules.column);
      const uint32_t bytes = table.bytes(record, rules.column);
      const uint32_t quote = static_cast<uint32_t>(*field == '"') & static_cast<uint32_t>(bytes > 1);
      const Window value{field + quote, bytes - 2 * quote};
      const bool is_good = (value.bytes <= bytes_max) & is_usual(value);
      good |= static_cast<uint64_t>(((value.bytes == 0) & !rules.required) | is_good) << record;
    }
    return good;
  };
  switch (rules.form) {
    case Form::integer:
      return glance([&](Window value) { return is_usual_number(value, rules.bounds, false); });
    case Form::decimal:
      return glance([&](Window value) { return is_usual_number(value, rules.bounds, true); });
    case Form::boolean:
      return glance(is_usual_boolean);
    case Form::email:
      return glance(is_usual_email);
    case Form::phone:
      return glance(is_usual_phone);
    case Form::choice:
      return glance([&](Window value) { return rules.choices.has_usual(value); });
    default:
      return glance_at_values(rules, table);
  }
}

// For the forms that no usual value is known of.
uint64_t RecordChecker::glance_at_values(const ColumnRules& rules, const csv::FieldTable& table) {
  const auto is_good = [&](std::string_view value) {
    if (value.empty()) return !rules.required;
    return (rules.length_max == 0 || value.size() <= rules.length_max) && has_form(rules, value);
  };
  uint64_t good = 0;
  for (size_t record = 0; record < table.records(); ++record) {
    std::string_view value(table.field(record, rules.column), table.bytes(record, rules.column));
    if (value.starts_with('"')) {
      value = value.substr(1, value.size() - std::min<size_t>(value.size(), 2));
      if (value.find('"') != std::string_view::npos) continue;
    }
    good |= uint64_t{is_good(value)} << record;
  }
  return good;
}

std::optional<Rule> RecordChecker::broken(const ColumnRules& rules, std::string_view value) {
  if (value.empty()) return rules.required ? std::optional(Rule::required) : std::nullopt;
  if (rules.length_max > 0 && value.size() > rules.length_max && !fits_characters(value, rules.length_max))
    return Rule::length;
  return has_form(rules, value) ? std::nullopt : std::optional(rules.rule);
}

bool RecordChecker::has_form(const ColumnRules& rules, std::string_view value) {
  switch (rules.form) {
    case Form::none:
      return true;
    case Form::integer:
      if (is_integer(value, rules.bounds.before_max)) return true;
      return rules.bounds.may_group && value.find('.') == std::string_view::npos && is_decimal(value, rules.bounds);
    case Form::boolean:
      return is_boolean(value);
    case Form::email:
      return is_email(value);
    case Form::phone:
      return is_phone(value);
    case Form::website:
      return is_website(value);
    case Form::choice:
      return rules.choices.has(value);
    case Form::choices:
      return rules.choices.has_all(value);
    case Form::decimal:
      return is_decimal(value, rules.bounds);
    case Form::date:
      return rules.pattern->matches(value);
    case Form::record_id:
      return is_record_id(value);
    case Form::owner:
      return is_record_id(value) || is_email(value);
  }
  return true;
}

}  // namespace bulkwrite::schema
