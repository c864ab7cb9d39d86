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
#include "engine/schema/choices.h"
#include "engine/schema/date_pattern.h"
#include "engine/schema/forms.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::schema {

enum class Rule {
  required,
  length,
  integer,
  boolean,
  email,
  phone,
  website,
  picklist,
  decimal,
  currency,
  percent,
  date,
  datetime,
  lookup,
  owner
};
std::string_view rule_name(Rule rule);  // as the reasons files have it

struct Violation {
  size_t column;
  Rule rule;
  bool is_remark = false;  // the service takes the value all the same
};

// What is thought of a value that is not in its picklist. The service adds it to the picklist (contract 7.3).
enum class UnknownChoice { is_remark, is_violation };

// Immutable once made; shared by threads.
class RecordChecker {
 public:
  // configuration where a date's or a number's format is not understood.
  static Result<RecordChecker> make(const Mapping& mapping, UnknownChoice unknown_choice = UnknownChoice::is_remark);

  // Appends the first rule that each column's value breaks. `fields` are one record's, at least as many as the mapping
  // has columns; the text is UTF-8. An empty value breaks `required` only, and white space is a value. No allocation
  // while nothing is wrong, once `scratch` has grown.
  void check(const csv::Fields& fields, std::vector<Violation>& out, std::string& scratch) const;

  static constexpr size_t kGlanceRecords = 64;
  // One bit for each of up to so many records, the first one's lowest: check() would append nothing. Where the bit is 0
  // that is not known. Far faster than to ask record by record: column by column, and without a branch for a usual
  // value.
  uint64_t glance(const csv::FieldTable& table) const;

 private:
  // Which form a value must have.
  enum class Form { none, integer, boolean, email, phone, website, choice, choices, decimal, date, record_id, owner };
  struct ColumnRules {
    size_t column;
    Rule rule;  // that a value breaks which has not this form
    Form form;
    size_t length_max;  // in characters; 0: no bound
    DecimalBounds bounds;
    bool required, has_remarks;
    std::optional<DatePattern> pattern;
    Choices choices;
  };
  static Form form_of(const Field& field);
  static Result<ColumnRules> rules_of(const Field& field);
  void note_bounds(const ColumnRules& rules);
  uint64_t glance_at_bounds(const csv::FieldTable& table) const;
  static uint64_t glance_at_form(const ColumnRules& rules, const csv::FieldTable& table);
  static uint64_t glance_at_values(const ColumnRules& rules, const csv::FieldTable& table);
  static bool has_form(const ColumnRules& rules, std::string_view value);
  static std::optional<Rule> broken(const ColumnRules& rules, std::string_view value);

  std::vector<ColumnRules> rules_;  // of the columns that have any
  static constexpr size_t kColumnsAtOnce = 4;
  // By column, four in each: a field of so many raw bytes breaks no rule, whatever they are, unless it must have a
  // form.
  struct Bounds {
    int32_t __attribute__((vector_size(16))) least, most;
  };
  std::vector<Bounds> bounds_;
};

}  // namespace bulkwrite::schema
