#include "engine/schema/checker.h"

#include <algorithm>
#include <array>
#include <limits>

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

// An e-mail address is judged in one pass, by what stands beside what.
enum Letter : uint8_t { plain, dot, hyphen, local_only, at_sign, never, edge };  // edge: where the value begins or ends
constexpr size_t kLetters = 8;
constexpr uint8_t kWrong = 1, kDomainDot = 2;

constexpr std::array<uint8_t, 256> make_letters() {
  std::array<uint8_t, 256> letters{};
  for (size_t c = 0; c <= 0x20; ++c) letters[c] = never;
  letters[0x7F] = never;
  for (const char c : std::string_view(",;:<>()[]\\\"")) letters[static_cast<uint8_t>(c)] = never;
  for (const char c : std::string_view("_/")) letters[static_cast<uint8_t>(c)] = local_only;
  letters['.'] = dot;
  letters['-'] = hyphen;
  letters['@'] = at_sign;
  return letters;
}

constexpr uint8_t judge_local_pair(size_t left, size_t right) {
  const bool wrong = right == never || right == edge || (left == edge && (right == at_sign || right == dot)) ||
                     (left == dot && (right == at_sign || right == dot));
  return wrong ? kWrong : 0;
}

constexpr uint8_t judge_domain_pair(size_t left, size_t right) {
  const bool label_begins = left == at_sign || left == dot, label_ends = right == dot || right == edge;
  const bool wrong = right == never || right == local_only || right == at_sign ||
                     (label_begins && (label_ends || right == hyphen)) || (left == hyphen && label_ends);
  if (wrong) return kWrong;
  return right == dot ? kDomainDot : 0;
}

// By pair: first those before the @ and with it, then those behind it.
constexpr size_t kInDomain = kLetters * kLetters;
constexpr std::array<uint8_t, 2 * kInDomain> make_pairs() {
  std::array<uint8_t, 2 * kInDomain> pairs{};
  for (size_t left = 0; left < kLetters; ++left) {
    for (size_t right = 0; right < kLetters; ++right) {
      pairs[left * kLetters + right] = judge_local_pair(left, right);
      pairs[kInDomain + left * kLetters + right] = judge_domain_pair(left, right);
    }
  }
  return pairs;
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
  static constexpr std::array<uint8_t, 256> kLetterOf = make_letters();
  static constexpr std::array<uint8_t, 2 * kInDomain> kPairs = make_pairs();
  uint8_t seen = 0;
  size_t left = edge, side = 0;
  for (const char c : value) {
    const size_t right = kLetterOf[static_cast<uint8_t>(c)];
    seen |= kPairs[side + left * kLetters + right];
    if (right == at_sign) side = kInDomain;
    left = right;
  }
  seen |= kPairs[side + left * kLetters + edge];
  return seen == kDomainDot;
}

Result<RecordChecker> RecordChecker::make(const Mapping& mapping) {
  RecordChecker checker;
  for (size_t column = 0; column < mapping.columns.size(); ++column) {
    if (!mapping.columns[column]) continue;
    const Field& field = *mapping.columns[column];
    ColumnRules rules{.type = field.type,
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
    if (!rules.required && !has_form(rules.type) && rules.length_max == 0) continue;
    checker.glances_.push_back(glance_of(column, rules));
    checker.rules_.push_back(std::move(rules));
  }
  return checker;
}

// No value has more characters than its field has bytes, and three bytes are more than a pair of quotes.
RecordChecker::Glance RecordChecker::glance_of(size_t column, const ColumnRules& rules) {
  Glance glance{.column = column, .least = rules.required ? 3U : 0U, .most = std::numeric_limits<size_t>::max()};
  if (counts_characters(rules.type) && rules.length_max > 0) glance.most = rules.length_max;
  if (has_form(rules.type)) glance.most = 0;
  return glance;
}

void RecordChecker::check(const csv::Fields& fields, std::vector<Violation>& out, std::string& scratch) const {
  BULKWRITE_CHECK(glances_.empty() || glances_.back().column < fields.size(), "a record of too few fields");
  for (size_t i = 0; i < glances_.size(); ++i) {
    const Glance& glance = glances_[i];
    const std::string_view raw = fields[glance.column];
    if (raw.size() >= glance.least && raw.size() <= glance.most) continue;
    const ColumnRules& rules = rules_[i];
    const std::string_view value = csv::value_of(raw, scratch);
    if (value.empty()) {
      if (rules.required) out.push_back({glance.column, Rule::required});
    } else if (const auto rule = broken(rules, value)) {
      out.push_back({glance.column, *rule});
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
