// Checks a record's values against the fields that its columns go to (contract 7.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/csv/records.h"
#include "engine/schema/date_pattern.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::schema {

enum class Rule { required, length, integer, boolean, email, date, datetime };
std::string_view rule_name(Rule rule);  // as the reasons files have it

struct Violation {
  size_t column;
  Rule rule;
};

// Immutable once made; shared by threads.
class RecordChecker {
 public:
  // configuration where a date format is not understood.
  static Result<RecordChecker> make(const Mapping& mapping);

  // Appends the first rule that each column's value breaks. `fields` are one record's, at least as many as the mapping
  // has columns; the text is UTF-8. An empty value breaks `required` only, and white space is a value. No allocation
  // while nothing is wrong, once `scratch` has grown.
  void check(const csv::Fields& fields, std::vector<Violation>& out, std::string& scratch) const;

 private:
  // A field whose raw bytes are no fewer than `least` and no more than `most` breaks no rule, whatever they are.
  struct Glance {
    size_t column, least, most;
  };
  struct ColumnRules {
    FieldType type;
    size_t length_max;  // in characters; 0: no bound
    size_t digits_max;
    bool required;
    std::optional<DatePattern> pattern;
  };
  static Glance glance_of(size_t column, const ColumnRules& rules);
  uint64_t glance_at(csv::Fields fields, size_t begin) const;
  static std::optional<Rule> broken(const ColumnRules& rules, std::string_view value);

  // Of the columns with a rule, one of each: nearly all fields need the glance only.
  std::vector<Glance> glances_;
  std::vector<ColumnRules> rules_;
};

}  // namespace bulkwrite::schema
