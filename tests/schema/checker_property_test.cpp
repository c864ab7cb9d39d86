// The rules against slow oracles that are right by looking at them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <random>
#include <regex>

#include "engine/schema/checker.h"
#include "engine/schema/forms.h"
#include "tests/schema/record.h"

using namespace bulkwrite::schema;

namespace {

using Random = std::mt19937_64;

size_t below(Random& random, size_t bound) {
  return std::uniform_int_distribution<size_t>(0, bound - 1)(random);
}

std::string random_text(Random& random, std::string_view alphabet, size_t length_max) {
  std::string text(below(random, length_max + 1), ' ');
  for (char& c : text) c = alphabet[below(random, alphabet.size())];
  return text;
}

std::string utf8(char32_t c) {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

char32_t random_character(Random& random) {
  constexpr std::array<char32_t, 8> kEdges{0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF};
  if (below(random, 4) == 0) return kEdges[below(random, kEdges.size())];
  return static_cast<char32_t>(' ' + below(random, below(random, 2) == 0 ? 0x5F : 0x3000));
}

struct Parts {
  int year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0;

  bool exists() const {
    using namespace std::chrono;
    return year >= 1 && hour < 24 && minute < 60 && second < 60 &&
           year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                          std::chrono::day(static_cast<unsigned>(day)))
               .ok();
  }
};

// A pattern of shuffled units and what follows each, so that a value can be written and read back the slow way.
struct RandomPattern {
  std::vector<char> units;  // y M d H m s
  std::vector<std::string> behind;

  explicit RandomPattern(Random& random) {
    constexpr std::array<std::string_view, 6> kBehind{"", "-", "/", ". ", "T", "'"};
    for (const char unit : std::string_view(below(random, 2) == 0 ? "yMd" : "yMdHms")) units.push_back(unit);
    std::shuffle(units.begin(), units.end(), random);
    for (size_t i = 0; i < units.size(); ++i) behind.emplace_back(kBehind[below(random, kBehind.size())]);
  }

  std::string java() const {
    std::string text;
    for (size_t i = 0; i < units.size(); ++i) {
      text += std::string(units[i] == 'y' ? 4 : 2, units[i]);
      text += behind[i] == "T" ? "'T'" : behind[i] == "'" ? "''" : behind[i];
    }
    return text;
  }

  std::string write(Parts parts) const {
    std::string text;
    for (size_t i = 0; i < units.size(); ++i)
      text += fmt::format("{:0{}}", part(parts, units[i]), units[i] == 'y' ? 4 : 2) + behind[i];
    return text;
  }

  bool reads(const std::string& value) const {
    std::string shape;
    for (size_t i = 0; i < units.size(); ++i)
      shape +=
          (units[i] == 'y' ? "([0-9]{4})" : "([0-9]{2})") + std::regex_replace(behind[i], std::regex("\\."), "\\.");
    std::smatch found;
    if (!std::regex_match(value, found, std::regex(shape))) return false;
    Parts parts;
    for (size_t i = 0; i < units.size(); ++i) part(parts, units[i]) = std::stoi(found[i + 1].str());
    return parts.exists();
  }

 private:
  static int& part(Parts& parts, char unit) {
    switch (unit) {
      case 'y':
        return parts.year;
      case 'M':
        return parts.month;
      case 'd':
        return parts.day;
      case 'H':
        return parts.hour;
      case 'm':
        return parts.minute;
      default:
        return parts.second;
    }
  }
};

// The definitions, as dull as can be.
namespace dull {

// Quotes are undone one byte at a time.
std::string value_of(std::string_view raw) {
  if (raw.empty() || raw[0] != '"') return std::string(raw);
  std::string value;
  for (size_t i = 1; i + 1 < raw.size(); ++i) {
    value += raw[i];
    if (raw[i] == '"') ++i;
  }
  return value;
}

bool is_email(const std::string& value) {
  const size_t at = value.find('@');
  if (at == std::string::npos || at == 0 || value.find('@', at + 1) != std::string::npos) return false;
  for (const char c : value)
    if (static_cast<unsigned char>(c) <= ' ' || std::string_view(",;:<>()[]\\\"\x7F").find(c) != std::string_view::npos)
      return false;
  const std::string local = value.substr(0, at), domain = value.substr(at + 1);
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string::npos) return false;
  if (domain.find_first_of("_/") != std::string::npos || domain.find('.') == std::string::npos) return false;
  std::string label;
  for (const char c : domain + '.') {
    if (c != '.') {
      label += c;
      continue;
    }
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    label.clear();
  }
  return true;
}

bool is_boolean(std::string value) {
  for (char& c : value)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return value == "true" || value == "false";
}

bool is_integer(const std::string& value, size_t digits_max) {
  return std::regex_match(value, std::regex(fmt::format("-?[0-9]{{1,{}}}", digits_max)));
}

size_t characters(const std::string& value) {
  size_t count = 0;
  for (const char c : value) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

bool is_day(const std::string& value) {
  static const std::regex shape("([0-9]{4})\"([0-9]{2})\"\"([0-9]{2})");
  std::smatch found;
  return std::regex_match(value, found, shape) &&
         Parts{std::stoi(found[1].str()), std::stoi(found[2].str()), std::stoi(found[3].str())}.exists();
}

bool is_decimal(const Field& field, const std::string& value, size_t before_max) {
  static const std::regex shape("-?([0-9]*)(\\.([0-9]{0,9}))?"),
      grouped_shape("-?([0-9]+(,[0-9]+)*)(\\.([0-9]{0,9}))?");
  std::smatch found;
  std::string before, after;
  if (std::regex_match(value, found, shape)) {
    before = found[1];
    after = found[3];
  } else if (field.format.find(',') != std::string::npos && std::regex_match(value, found, grouped_shape)) {
    before = std::regex_replace(found[1].str(), std::regex(","), "");
    after = found[4];
  } else {
    return false;
  }
  if (before.empty() && after.empty()) return false;
  while (after.ends_with('0')) after.pop_back();
  const bool rounds = field.type == FieldType::currency;
  return before.size() <= before_max && (rounds || after.size() <= field.decimal_places.value_or(9));
}

bool is_phone(const std::string& value) {
  static const std::regex shape("[-A-Za-z0-9+(). ,;#/*]*[A-Za-z0-9][-A-Za-z0-9+(). ,;#/*]*");
  return std::regex_match(value, shape);
}

bool is_website(const std::string& value) {
  static const std::regex shape(" *[^\\x01-\\x20]*\\.[^\\x01-\\x20]* *");
  return value.find('\0') == std::string::npos && std::regex_match(value, shape);
}

bool is_id(const std::string& value) {
  static const std::regex shape("[0-9]{1,19}");
  return std::regex_match(value, shape);
}

bool is_chosen(const Field& field, std::string value) {
  if (field.choices.empty()) return true;
  if (field.type == FieldType::picklist)
    return value == "-None-" || std::find(field.choices.begin(), field.choices.end(), value) != field.choices.end();
  Field one = field;
  one.type = FieldType::picklist;
  value += ';';
  while (!value.empty()) {
    if (!is_chosen(one, value.substr(0, value.find(';')))) return false;
    value.erase(0, value.find(';') + 1);
  }
  return true;
}

size_t at_most(size_t own, size_t length_max) {
  return length_max == 0 ? own : std::min(own, length_max);
}

std::optional<Rule> broken_form(const Field& field, const std::string& value) {
  switch (field.type) {
    case FieldType::decimal:
      return is_decimal(field, value, at_most(16, field.length_max)) ? std::nullopt : std::optional(Rule::decimal);
    case FieldType::currency:
      return is_decimal(field, value, at_most(16, field.length_max)) ? std::nullopt : std::optional(Rule::currency);
    case FieldType::percent:
      return is_decimal(field, value, at_most(16, field.length_max)) ? std::nullopt : std::optional(Rule::percent);
    case FieldType::phone:
      return is_phone(value) ? std::nullopt : std::optional(Rule::phone);
    case FieldType::website:
      return is_website(value) ? std::nullopt : std::optional(Rule::website);
    case FieldType::picklist:
    case FieldType::multiselectpicklist:
      return is_chosen(field, value) ? std::nullopt : std::optional(Rule::picklist);
    case FieldType::lookup:
      return is_id(value) ? std::nullopt : std::optional(Rule::lookup);
    case FieldType::ownerlookup:
      return is_id(value) || is_email(value) ? std::nullopt : std::optional(Rule::owner);
    default:
      return std::nullopt;
  }
}

std::optional<Rule> broken(const Field& field, std::string_view raw) {
  const std::string value = value_of(raw);
  if (value.empty()) return field.required ? std::optional(Rule::required) : std::nullopt;
  constexpr std::array kCounted{FieldType::text,    FieldType::email,    FieldType::phone,
                                FieldType::website, FieldType::picklist, FieldType::multiselectpicklist};
  const bool counted = std::find(kCounted.begin(), kCounted.end(), field.type) != kCounted.end();
  if (counted && field.length_max > 0 && characters(value) > field.length_max) return Rule::length;
  if (field.type == FieldType::email && !is_email(value)) return Rule::email;
  if (field.type == FieldType::boolean && !is_boolean(value)) return Rule::boolean;
  if (field.type == FieldType::integer &&
      !is_integer(value, field.length_max == 0 ? 9 : std::min<size_t>(9, field.length_max)))
    return Rule::integer;
  if (field.type == FieldType::date && !is_day(value)) return Rule::date;
  return broken_form(field, value);
}

}  // namespace dull

// Something that might be an address, and now and then is one.
std::string random_address(Random& random) {
  const std::string_view alphabet = below(random, 2) == 0 ? "abcXYZ019.-_" : "abz09.-_@+/ \"\x7F\t,[\xC3\xA9";
  std::string address = random_text(random, alphabet, below(random, 40));
  if (below(random, 8) != 0) address += "@" + random_text(random, alphabet, below(random, 40));
  if (below(random, 2) == 0) address += ".example";
  return address;
}

const std::vector<std::string> kChoices{"a",       "ab",       "Trade Show",   "Trade Shop",        "12345678",
                                        "1234567", "\xC3\xA9", "Web Research", "Web Research again"};

std::string random_choices(Random& random, size_t pieces_max) {
  std::string text;
  for (size_t i = below(random, pieces_max + 1); i > 0; --i) {
    text += below(random, 8) == 0 ? random_text(random, "ab12;", 9) : kChoices[below(random, kChoices.size())];
    if (i > 1) text += ';';
  }
  return text;
}

std::string random_value(Random& random, FieldType type) {
  const auto number = [&](size_t bound) { return static_cast<int>(below(random, bound)); };
  switch (below(random, 8) == 0 ? FieldType::text : type) {
    case FieldType::email:
      return random_address(random);
    case FieldType::boolean:
      return random_text(random, below(random, 2) == 0 ? "tTrRuUeE" : "\x54\x34\x14tfals", 1) +
             std::array{"rue", "RUE", "alse", "aLSe", "rUe ", "als"}[below(random, 6)];
    case FieldType::integer:
      return random_text(random, "0123456789", 10) + random_text(random, "0123456789-/:", below(random, 2));
    case FieldType::decimal:
    case FieldType::currency:
    case FieldType::percent:
      return random_text(random, "-", 1) + random_text(random, "01,", 18) +
             (below(random, 3) == 0 ? "" : "." + random_text(random, "010", 11)) +
             random_text(random, ".,-%\xC3", below(random, 4) == 0 ? 1 : 0);
    case FieldType::phone:
      return random_text(random, below(random, 2) == 0 ? "+-(). ,;#/*09azAZ" : "+- 0z@[`{:/\xC3\"_", 20);
    case FieldType::website:
      return random_text(random, below(random, 2) == 0 ? "ab./" : " .a\t\n", 20);
    case FieldType::picklist:
    case FieldType::multiselectpicklist:
      return random_choices(random, type == FieldType::picklist ? 1 : 4);
    case FieldType::lookup:
      return random_text(random, below(random, 2) == 0 ? "0123456789" : "09-/:", 21);
    case FieldType::ownerlookup:
      return below(random, 2) == 0 ? random_address(random) : random_text(random, "0123456789", 21);
    case FieldType::date:
      return fmt::format("{:04}\"{:02}\"\"{:02}", number(10'000), number(14), number(33));
    default: {
      std::string text;
      for (size_t i = below(random, 6); i > 0; --i) text += utf8(random_character(random));
      return text;
    }
  }
}

// As a field: in quotes or not, its own quotes doubled or, where nothing forbids it, as they are.
std::string random_raw(Random& random, std::string_view value) {
  if (below(random, 2) == 0 && value.find('"') == std::string_view::npos) return std::string(value);
  std::string raw = "\"";
  for (const char c : value) raw += c == '"' ? "\"\"" : std::string(1, c);
  return raw + "\"";
}

Parts random_parts(Random& random) {
  const auto number = [&](size_t bound) { return static_cast<int>(below(random, bound)); };
  return {number(10'000), number(15), number(34), number(26), number(62), number(62)};
}

}  // namespace

TEST_CASE("integers are judged as a regular expression judges them") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  size_t good = 0;
  for (const size_t digits_max : {1U, 3U, 9U, 18U}) {
    const std::regex shape(fmt::format("-?[0-9]{{1,{}}}", digits_max));
    for (int i = 0; i < 5'000; ++i) {
      const std::string value = random_text(random, i % 2 == 0 ? "0123456789-" : "0123456789+-. e\xC3", digits_max + 2);
      const bool expected = std::regex_match(value, shape);
      good += expected ? 1 : 0;
      if (is_integer(value, digits_max) != expected) FAIL_CHECK("\"" << value << "\" with " << digits_max << " digits");
    }
  }
  CHECK(good > 500);
}

TEST_CASE("characters are counted as they were put together") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const size_t characters = below(random, 40);
    std::string value;
    for (size_t k = 0; k < characters; ++k) value += utf8(random_character(random));
    for (const size_t characters_max : {characters, characters + 1, below(random, 60)}) {
      if (fits_characters(value, characters_max) != (characters <= characters_max))
        FAIL_CHECK(characters << " characters, at most " << characters_max);
    }
    if (characters > 0 && fits_characters(value, characters - 1)) FAIL_CHECK(characters << " characters pass as fewer");
  }
}

TEST_CASE("dates in any format are judged as a regular expression and the calendar judge them") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  size_t good = 0, bad = 0;
  for (int p = 0; p < 100; ++p) {
    const RandomPattern pattern(random);
    CAPTURE(pattern.java());
    const auto compiled = DatePattern::compile(pattern.java());
    REQUIRE(compiled);
    for (int i = 0; i < 40; ++i) {
      std::string value = pattern.write(random_parts(random));
      if (i % 3 == 0) value[below(random, value.size())] = "0123456789 -/T'x"[below(random, 16)];
      if (i % 10 == 0) value.resize(below(random, value.size() + 3), '0');
      const bool expected = pattern.reads(value);
      (expected ? good : bad) += 1;
      if (compiled->matches(value) != expected) FAIL_CHECK("\"" << value << "\"");
    }
  }
  CHECK(good > 500);
  CHECK(bad > 500);
}

TEST_CASE("addresses and booleans are judged as their definitions judge them") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  size_t good = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string address = random_address(random);
    good += dull::is_email(address) ? 1 : 0;
    if (is_email(address) != dull::is_email(address)) FAIL_CHECK("\"" << address << "\"");
    const std::string boolean = random_value(random, FieldType::boolean);
    if (is_boolean(boolean) != dull::is_boolean(boolean)) FAIL_CHECK("\"" << boolean << "\"");
  }
  CHECK(good > 5'000);
}

TEST_CASE("every byte has its meaning in an address, wherever it stands") {
  for (const std::string_view address : {"ab@c.de", "first.last@mail-1.example.com"}) {
    for (size_t at = 0; at < address.size(); ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string changed(address);
        changed[at] = static_cast<char>(c);
        if (is_email(changed) != dull::is_email(changed)) FAIL_CHECK("\"" << changed << "\"");
      }
    }
  }
}

TEST_CASE("records of any fields break the rules that the definitions say, in the order of their columns") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  constexpr std::array kTypes{FieldType::text,     FieldType::email,   FieldType::boolean,
                              FieldType::integer,  FieldType::date,    FieldType::lookup,
                              FieldType::other,    FieldType::phone,   FieldType::website,
                              FieldType::picklist, FieldType::decimal, FieldType::multiselectpicklist,
                              FieldType::currency, FieldType::percent, FieldType::ownerlookup};
  size_t good = 0, bad = 0, good_records = 0, found_good = 0;
  for (int s = 0; s < 200; ++s) {
    Mapping mapping;
    const size_t columns = 1 + below(random, s % 10 == 0 ? 200 : 20);
    for (size_t i = 0; i < columns; ++i) {
      mapping.columns.push_back(Field{.type = kTypes[below(random, kTypes.size())],
                                      .length_max = below(random, 2) * below(random, 30),
                                      .required = below(random, 3) == 0,
                                      .format = "yyyy\"MM\"\"dd"});
      Field& field = *mapping.columns.back();
      if (field.type != FieldType::date) field.format.clear();
      if (field.type == FieldType::currency && below(random, 2) == 0) field.format = "#,##0.00";
      if (below(random, 2) == 0) field.decimal_places = below(random, 10);
      if (below(random, 4) != 0) field.choices.assign(kChoices.begin(), kChoices.begin() + 1 + below(random, 9));
      if (below(random, 10) == 0) mapping.columns.back().reset();
    }
    const auto checker = RecordChecker::make(mapping, UnknownChoice::is_violation);
    REQUIRE(checker);
    std::string scratch;
    record::Table table(columns);
    table.crlf = below(random, 2) == 0;
    uint64_t all_good = 0;
    for (size_t r = 0; r < 50; ++r) {
      record::Record record;
      std::vector<std::string> expected, found;
      for (size_t i = 0; i < columns; ++i) {
        const FieldType type = mapping.columns[i] ? mapping.columns[i]->type : FieldType::text;
        const std::string raw = random_raw(random, random_value(random, type));
        record.add(raw);
        table.add(raw);
        const auto rule = mapping.columns[i] ? dull::broken(*mapping.columns[i], raw) : std::nullopt;
        (rule ? bad : good) += 1;
        if (rule) expected.push_back(fmt::format("{} in {}: {}", rule_name(*rule), i, raw));
      }
      std::vector<Violation> violations;
      checker->check(record.fields(), violations, scratch);
      for (const Violation& violation : violations)
        found.push_back(fmt::format("{} in {}: {}", rule_name(violation.rule), violation.column,
                                    record.fields()[violation.column]));
      all_good |= uint64_t{expected.empty()} << r;
      if (found != expected) {
        CAPTURE(s, r);
        CHECK(found == expected);
      }
    }
    const uint64_t at_a_glance = checker->glance(table.fields());
    if ((at_a_glance & ~all_good) != 0)
      FAIL_CHECK("at a glance " << at_a_glance << ", but " << all_good << " at " << s);
    good_records += static_cast<size_t>(std::popcount(all_good));
    found_good += static_cast<size_t>(std::popcount(at_a_glance));
  }
  CHECK(good > 10'000);
  CHECK(bad > 10'000);
  CHECK(found_good > good_records / 4);  // of records that are odd on purpose
}

TEST_CASE("each value of one column is found good at a glance only if it is, and if it is a usual one") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  constexpr std::array kTypes{FieldType::text,     FieldType::email,   FieldType::boolean,
                              FieldType::integer,  FieldType::phone,   FieldType::website,
                              FieldType::picklist, FieldType::decimal, FieldType::lookup,
                              FieldType::date,     FieldType::percent, FieldType::multiselectpicklist,
                              FieldType::currency};
  for (const FieldType type : kTypes) {
    size_t good = 0, found = 0;
    for (int s = 0; s < 300; ++s) {
      Mapping mapping;
      mapping.columns.push_back(Field{.type = type,
                                      .length_max = below(random, 2) * below(random, 30),
                                      .required = below(random, 3) == 0,
                                      .format = type == FieldType::date ? "yyyy\"MM\"\"dd" : ""});
      mapping.columns.front()->choices = kChoices;
      const auto checker = RecordChecker::make(mapping, UnknownChoice::is_violation);
      REQUIRE(checker);
      record::Table table(1);
      table.crlf = below(random, 2) == 0;
      uint64_t expected = 0;
      for (size_t r = 0; r < RecordChecker::kGlanceRecords; ++r) {
        const std::string raw = random_raw(random, random_value(random, type));
        table.add(raw);
        expected |= uint64_t{!dull::broken(*mapping.columns.front(), raw)} << r;
      }
      const uint64_t at_a_glance = checker->glance(table.fields());
      if ((at_a_glance & ~expected) != 0) FAIL_CHECK("type " << static_cast<int>(type) << " at " << s);
      good += static_cast<size_t>(std::popcount(expected));
      found += static_cast<size_t>(std::popcount(at_a_glance));
    }
    CAPTURE(static_cast<int>(type), good, found);
    // A date with quotes in its format is never a usual one.
    CHECK(found > (type == FieldType::date ? 0 : good / 10));  // many are odd on purpose
  }
}
