// Java-style date patterns, compiled once and matched without allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace bulkwrite::schema {

// Immutable. Understands yyyy MM dd HH mm ss, other characters as they are, text in single quotes, and two single
// quotes as one, in quotes or not.
class DatePattern {
 public:
  // configuration: a letter that is not understood, or a pattern without a whole date.
  static Result<DatePattern> compile(std::string_view pattern);

  // Strict: as many digits as letters, nothing before or behind, and a day that the calendar has.
  bool matches(std::string_view value) const;
  // Numbers that stand to each other as the times do. Precondition: matches(value).
  uint64_t order_of(std::string_view value) const;

 private:
  // What eight bytes of a value must be: digits in some places, and the pattern's own characters in the others.
  struct Word {
    size_t at;
    uint64_t literals, literal_places, digit_places;
  };
  struct Clock {
    size_t at;
    int max;
  };
  void add_words(std::string_view shape, std::string_view literal_places);

  // Every unit has as many digits as letters, so a pattern has one length, and each unit its place.
  size_t length_ = 0, year_at_ = 0, month_at_ = 0, day_at_ = 0;
  std::vector<Word> words_;
  std::vector<Clock> clocks_;
};

bool is_calendar_date(int year, int month, int day);

}  // namespace bulkwrite::schema
