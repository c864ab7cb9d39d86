#include "engine/schema/date_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace bulkwrite::schema {
namespace {

// Eight bytes of text in one number, looked at all at once. Answers are 0x80 in the bytes for which they are yes.
uint64_t eight_bytes(std::string_view text, size_t at) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, text.data() + at, sizeof bytes);
  return bytes;
}

constexpr uint64_t eight_of(uint64_t byte) {
  return byte * 0x0101010101010101;
}

uint64_t digits(uint64_t bytes) {
  const uint64_t ascii = bytes & eight_of(0x7F);
  const uint64_t from_0 = ascii + eight_of(0x80 - '0'), behind_9 = ascii + eight_of(0x7F - '9');
  return from_0 & ~behind_9 & ~bytes & eight_of(0x80);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr size_t kWordBytes = 8;

int two_digits(std::string_view digits, size_t at) {
  return (digits[at] - '0') * 10 + (digits[at + 1] - '0');
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
  constexpr std::array<std::string_view, 6> kUnits{"yyyy", "MM", "dd", "HH", "mm", "ss"};
  constexpr size_t kYear = 0, kMonth = 1, kDay = 2, kHour = 3, kMinute = 4, kSecond = 5;
  std::array<std::optional<size_t>, kUnits.size()> places;
  std::string shape, literal_places;  // what a value looks like, with a 0 for each digit
  const auto add_literal = [&](char c) {
    shape += c;
    literal_places += '\xFF';
  };
  bool quoted = false;
  for (size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '\'' && pattern.substr(at).starts_with("''")) {
      add_literal(c);
      at += 2;
      continue;
    }
    if (c == '\'') {
      quoted = !quoted;
      ++at;
      continue;
    }
    if (quoted || !is_letter(c)) {
      add_literal(c);
      ++at;
      continue;
    }
    size_t end = at;
    while (end < pattern.size() && pattern[end] == c) ++end;
    const std::string_view run = pattern.substr(at, end - at);
    const size_t unit = static_cast<size_t>(std::find(kUnits.begin(), kUnits.end(), run) - kUnits.begin());
    if (unit == kUnits.size()) return not_understood(pattern, fmt::format("holds {}, which is not understood", run));
    if (places[unit]) return not_understood(pattern, fmt::format("holds {} twice", run));
    places[unit] = shape.size();
    shape.append(run.size(), '0');
    literal_places.append(run.size(), '\0');
    at = end;
  }
  if (quoted) return not_understood(pattern, "has a quote that is not closed");
  if (!places[kYear] || !places[kMonth] || !places[kDay]) return not_understood(pattern, "does not name a day");
  DatePattern compiled;
  compiled.year_at_ = *places[kYear];
  compiled.month_at_ = *places[kMonth];
  compiled.day_at_ = *places[kDay];
  for (const auto& [unit, max] : {std::pair(kHour, 23), std::pair(kMinute, 59), std::pair(kSecond, 59)})
    if (places[unit]) compiled.clocks_.push_back({*places[unit], max});
  compiled.add_words(shape, literal_places);
  return compiled;
}

// The last word overlaps the one before it where the length is no multiple; a date has eight digits at least.
void DatePattern::add_words(std::string_view shape, std::string_view literal_places) {
  length_ = shape.size();
  for (size_t begin = 0; begin < length_; begin += kWordBytes) {
    const size_t at = std::min(begin, length_ - kWordBytes);
    const uint64_t places = eight_bytes(literal_places, at);
    words_.push_back({at, eight_bytes(shape, at), places, ~places & eight_of(0x80)});
  }
}

bool DatePattern::matches(std::string_view value) const {
  if (value.size() != length_) return false;
  uint64_t wrong = 0;
  for (const Word& word : words_) {
    const uint64_t bytes = eight_bytes(value, word.at);
    wrong |= ((bytes ^ word.literals) & word.literal_places) | (~digits(bytes) & word.digit_places);
  }
  if (wrong != 0) return false;
  for (const Clock& clock : clocks_)
    if (two_digits(value, clock.at) > clock.max) return false;
  return is_calendar_date(two_digits(value, year_at_) * 100 + two_digits(value, year_at_ + 2),
                          two_digits(value, month_at_), two_digits(value, day_at_));
}

uint64_t DatePattern::order_of(std::string_view value) const {
  uint64_t order = 0;
  const auto add = [&](size_t at) { order = order * 100 + static_cast<uint64_t>(two_digits(value, at)); };
  for (const size_t at : {year_at_, year_at_ + 2, month_at_, day_at_}) add(at);
  for (const Clock& clock : clocks_) add(clock.at);
  return order;
}

}  // namespace bulkwrite::schema
