// Java-style date patterns, compiled once and matched without allocation.
#pragma once

#include <string>
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

 private:
  enum class Unit { literal, year, month, day, hour, minute, second };
  struct Step {
    Unit unit;
    char literal;
  };
  std::vector<Step> steps_;
};

bool is_calendar_date(int year, int month, int day);

}  // namespace bulkwrite::schema
