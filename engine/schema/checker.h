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
  struct ColumnRules {
    size_t column;
    FieldType type;
    size_t length_max;  // in characters; 0: no bound
    size_t digits_max;
    bool required;
    std::optional<DatePattern> pattern;
  };
  void note_glance(const ColumnRules& rules);
  bool is_good_at_a_glance(csv::Fields fields) const;
  static std::optional<Rule> broken(const ColumnRules& rules, std::string_view value);

  std::vector<ColumnRules> rules_;  // of the columns that have any
  std::vector<size_t> forms_;       // those of them that no glance settles
  // By column: a field of so many raw bytes breaks no rule, whatever they are, unless it must have a form.
  std::vector<int32_t> least_, most_;
};

}  // namespace bulkwrite::schema
