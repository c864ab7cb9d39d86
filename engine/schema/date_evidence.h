// In which formats the values of a date or datetime column are written, told from the values (contract 3.7).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/schema/date_pattern.h"
#include "engine/schema/schema.h"

namespace bulkwrite::schema {

// The formats that are looked for. Immutable; shared by threads.
class DateCandidates {
 public:
  explicit DateCandidates(FieldType type);  // date or datetime

  const std::vector<std::string>& formats() const { return formats_; }
  uint32_t fitting(std::string_view value) const;  // bit i: it fits formats()[i]

 private:
  std::vector<std::string> formats_;
  std::vector<DatePattern> patterns_;
};

// What a column's values say together. Bounded: how many values fit just the same candidates, and the first of them.
class DateEvidence {
 public:
  void add(uint32_t fitting, std::string_view value);
  void add(const DateEvidence& later);

  // The one format that fits the most values; empty where there are none. configuration where that would be a guess: no
  // format fits any value; two fit as many; or another one fits a value that this one does not, and some of the others
  // as well, so that those may mean another day. `column` is the user's name for it. What does not fit the one format
  // is left to the rules.
  Result<std::string> settle(const DateCandidates& candidates, std::string_view column) const;

 private:
  struct Seen {
    uint64_t values = 0;
    std::string first;
  };
  struct Count {
    uint64_t values = 0;
    const std::string* example = nullptr;
  };
  // Of the values that fit all of `fitting` and none of `not_fitting`.
  Count count(uint32_t fitting, uint32_t not_fitting) const;

  std::map<uint32_t, Seen> seen_;  // by the candidates that fit
};

}  // namespace bulkwrite::schema
