#include "engine/schema/date_pattern.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

namespace bulkwrite::schema {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<int> digits(std::string_view text) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

Error not_understood(std::string_view pattern, std::string_view why) {
  return {ErrorKind::configuration, fmt::format("the date format \"{}\" {}; a format is made of yyyy, MM, dd, HH, mm, "
                                                "ss, other characters, and text in 'quotes', '' being a quote",
                                                pattern, why)};
}

}  // namespace

bool is_calendar_date(int year, int month, int day) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

Result<DatePattern> DatePattern::compile(std::string_view pattern) {
  constexpr std::array<std::pair<std::string_view, Unit>, 6> kUnits{{{"yyyy", Unit::year},
                                                                     {"MM", Unit::month},
                                                                     {"dd", Unit::day},
                                                                     {"HH", Unit::hour},
                                                                     {"mm", Unit::minute},
                                                                     {"ss", Unit::second}}};
  DatePattern compiled;
  std::array<int, 7> seen{};
  bool quoted = false;
  for (size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '\'' && pattern.substr(at).starts_with("''")) {
      compiled.steps_.push_back({Unit::literal, c});
      at += 2;
      continue;
    }
    if (c == '\'') {
      quoted = !quoted;
      ++at;
      continue;
    }
    if (quoted || !is_letter(c)) {
      compiled.steps_.push_back({Unit::literal, c});
      ++at;
      continue;
    }
    size_t end = at;
    while (end < pattern.size() && pattern[end] == c) ++end;
    const std::string_view run = pattern.substr(at, end - at);
    const Unit* unit = nullptr;
    for (const auto& [text, known] : kUnits)
      if (text == run) unit = &known;
    if (unit == nullptr) return not_understood(pattern, fmt::format("holds {}, which is not understood", run));
    if (seen[static_cast<size_t>(*unit)]++ > 0) return not_understood(pattern, fmt::format("holds {} twice", run));
    compiled.steps_.push_back({*unit, 0});
    at = end;
  }
  if (quoted) return not_understood(pattern, "has a quote that is not closed");
  if (seen[1] == 0 || seen[2] == 0 || seen[3] == 0) return not_understood(pattern, "does not name a day");
  return compiled;
}

bool DatePattern::matches(std::string_view value) const {
  int year = 0, month = 0, day = 0;
  for (const Step& step : steps_) {
    if (step.unit == Unit::literal) {
      if (value.empty() || value.front() != step.literal) return false;
      value.remove_prefix(1);
      continue;
    }
    const size_t length = step.unit == Unit::year ? 4 : 2;
    if (value.size() < length) return false;
    const auto number = digits(value.substr(0, length));
    if (!number) return false;
    value.remove_prefix(length);
    switch (step.unit) {
      case Unit::year:
        year = *number;
        break;
      case Unit::month:
        month = *number;
        break;
      case Unit::day:
        day = *number;
        break;
      case Unit::hour:
        if (*number > 23) return false;
        break;
      default:
        if (*number > 59) return false;
    }
  }
  return value.empty() && is_calendar_date(year, month, day);
}

}  // namespace bulkwrite::schema
