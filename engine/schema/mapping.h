// Which column goes to which field, and what is written where no column says it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/schema/schema.h"

namespace bulkwrite::schema {

// What the user says of one column, or of a field that no column feeds.
struct ColumnRule {
  std::string column;         // as the header has it; empty: of no column, and every record gets default_value
  std::string field;          // API name, or "Field.find_by"; empty: the column goes nowhere
  std::string format;         // of a date, a datetime or a number
  std::string find_by;        // of a lookup or user
  std::string default_value;  // where the column is blank
  std::string place;          // where this stands, for messages
};

struct Mapping {
  struct Unmapped {
    size_t column;
    std::string why;
    bool is_meant = false;  // a rule leaves it out
  };

  std::vector<std::optional<Field>> columns;  // by column; none: its bytes go nowhere
  std::vector<Field> constants;               // fields of no column: each has a default_value
  std::vector<Unmapped> unmapped;             // the columns without a field
  std::vector<size_t> order;                  // the columns with a field, as a job lists them

  bool maps(std::string_view api_name) const;      // from a column
  bool supplies(std::string_view api_name) const;  // from a column or by a constant
};

// By the rules; of columns without one by name: a field's API name to the letter, a lookup's with the field of the
// other record behind a dot ("Account_Name.id", "Owner.email"), a field's label without regard to case, spaces and
// underscores. Where several fields have the label, the one that can be written is meant. A field that a rule gives a
// default does not demand a value of its column. Errors: input_data (a label that could be several fields, two columns
// for one field), configuration (a rule that does not fit, with its place).
Result<Mapping> map_columns(const std::vector<std::string>& header, const Schema& schema,
                            const std::vector<ColumnRule>& rules = {});

// Results repeat the first three columns of the order (contract 6.3), so what tells records apart comes first: the
// column `key` (its own name, or its field's), else that of find_by, else one whose field is unique, else one of
// external ids. Errors: configuration where `key` is no column, or one without a field.
Result<void> put_key_first(Mapping& mapping, const std::vector<std::string>& header, std::string_view key,
                           std::string_view find_by);

// What forbids a load before anything is sent. input_data: no column maps, a required field that can be written is not
// supplied (insert, upsert). configuration: a field cannot be written by the operation, find_by is missing (update,
// upsert), unknown, neither unique nor an external id, or has no column. The messages name what could be used.
Result<void> check_mapping(const Mapping& mapping, const Schema& schema, Operation operation, std::string_view find_by);

}  // namespace bulkwrite::schema
