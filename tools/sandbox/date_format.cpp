#include "tools/sandbox/date_format.h"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace bulkwrite::sandbox {
namespace {

constexpr std::string_view kDateLetters = "yMd";
constexpr std::string_view kTimeLetters = "HhmsSaXZx";
constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 12> kMonthRests{"uary", "ruary", "ch",     "il",   "",      "e",
                                                       "y",    "ust",   "tember", "ober", "ember", "ember"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool take_word(std::string_view& rest, std::string_view word) {
  if (rest.size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (lower(rest[i]) != word[i]) return false;
  }
  rest.remove_prefix(word.size());
  return true;
}

bool take_number(std::string_view& rest, size_t digits_min, size_t digits_max, int& value) {
  size_t digits = 0;
  value = 0;
  while (digits < digits_max && digits < rest.size() && is_digit(rest[digits])) {
    value = value * 10 + (rest[digits] - '0');
    ++digits;
  }
  rest.remove_prefix(digits);
  return digits >= digits_min;
}

bool take_month_name(std::string_view& rest, bool whole, int& month) {
  for (size_t i = 0; i < kMonths.size(); ++i) {
    std::string_view attempt = rest;
    if (!take_word(attempt, kMonths[i])) continue;
    if (whole && !take_word(attempt, kMonthRests[i])) continue;
    rest = attempt;
    month = static_cast<int>(i) + 1;
    return true;
  }
  return false;
}

bool take_offset(std::string_view& rest, std::string& offset) {
  if (take_word(rest, "z")) {
    offset = "+00:00";
    return true;
  }
  if (rest.empty() || (rest[0] != '+' && rest[0] != '-')) return false;
  const char sign = rest[0];
  rest.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take_number(rest, 2, 2, hours)) return false;
  if (!rest.empty() && rest[0] == ':') rest.remove_prefix(1);
  if (!rest.empty() && is_digit(rest[0]) && !take_number(rest, 2, 2, minutes)) return false;
  if (hours > 14 || minutes > 59) return false;
  offset = fmt::format("{}{:02}:{:02}", sign, hours, minutes);
  return true;
}

int days_in(int year, int month) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<size_t>(month - 1)];
}

}  // namespace

struct DateFormat::Moment {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int fraction = 0;
  bool twelve_hours = false;
  bool afternoon = false;
  std::string offset = "+00:00";

  bool exists() const {
    if (month < 1 || month > 12 || day < 1 || year < 1 || day > days_in(year, month)) return false;
    if (twelve_hours && (hour < 1 || hour > 12)) return false;
    return hour < 24 && minute < 60 && second < 60;
  }
  int hour_of_day() const { return twelve_hours ? hour % 12 + (afternoon ? 12 : 0) : hour; }
};

std::optional<DateFormat> DateFormat::parse(std::string_view pattern, bool with_time) {
  DateFormat format;
  format.with_time_ = with_time;
  std::string seen;
  while (!pattern.empty()) {
    const char c = pattern[0];
    if (c == '\'') {
      const size_t end = pattern.find('\'', 1);
      if (end == std::string_view::npos) return std::nullopt;
      format.tokens_.push_back({0, 0, end == 1 ? "'" : std::string(pattern.substr(1, end - 1))});
      pattern.remove_prefix(end + 1);
      continue;
    }
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) {
      format.tokens_.push_back({0, 0, std::string(1, c)});
      pattern.remove_prefix(1);
      continue;
    }
    const bool known =
        kDateLetters.find(c) != std::string_view::npos || (with_time && kTimeLetters.find(c) != std::string_view::npos);
    if (!known || seen.find(c) != std::string::npos) return std::nullopt;
    const size_t count = std::min(pattern.find_first_not_of(c), pattern.size());
    if (count > 4) return std::nullopt;
    seen.push_back(c);
    format.tokens_.push_back({c, count, {}});
    pattern.remove_prefix(count);
  }
  for (const char letter : kDateLetters) {
    if (seen.find(letter) == std::string::npos) return std::nullopt;
  }
  return format;
}

bool DateFormat::read_token(const Token& token, bool next_is_digit, std::string_view& rest, Moment& moment) {
  // Where the next token is a number too, only the letters' count says where this one ends.
  const size_t digits_min = token.count == 1 && !next_is_digit ? 1 : token.count;
  const size_t digits_max = next_is_digit || token.count > 2 ? token.count : 2;
  switch (token.letter) {
    case 0:
      if (!rest.starts_with(token.literal)) return false;
      rest.remove_prefix(token.literal.size());
      return true;
    case 'y':
      if (!take_number(rest, token.count == 2 ? 2 : 4, token.count == 2 ? 2 : 4, moment.year)) return false;
      if (token.count == 2) moment.year += moment.year < 70 ? 2000 : 1900;
      return true;
    case 'M':
      if (token.count > 2) return take_month_name(rest, token.count == 4, moment.month);
      return take_number(rest, digits_min, digits_max, moment.month);
    case 'd':
      return take_number(rest, digits_min, digits_max, moment.day);
    case 'h':
      moment.twelve_hours = true;
      [[fallthrough]];
    case 'H':
      return take_number(rest, digits_min, digits_max, moment.hour);
    case 'm':
      return take_number(rest, digits_min, digits_max, moment.minute);
    case 's':
      return take_number(rest, digits_min, digits_max, moment.second);
    case 'S':
      return take_number(rest, 1, 9, moment.fraction);
    case 'a':
      moment.afternoon = take_word(rest, "pm");
      return moment.afternoon || take_word(rest, "am");
    default:
      return take_offset(rest, moment.offset);
  }
}

std::optional<std::string> DateFormat::normalize(std::string_view text) const {
  Moment moment;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const bool next_is_digit = i + 1 < tokens_.size() && tokens_[i + 1].letter != 0 && tokens_[i + 1].letter != 'a';
    if (!read_token(tokens_[i], next_is_digit, text, moment)) return std::nullopt;
  }
  if (!text.empty() || !moment.exists()) return std::nullopt;
  std::string date = fmt::format("{:04}-{:02}-{:02}", moment.year, moment.month, moment.day);
  if (!with_time_) return date;
  return fmt::format("{}T{:02}:{:02}:{:02}{}", date, moment.hour_of_day(), moment.minute, moment.second, moment.offset);
}

}  // namespace bulkwrite::sandbox
