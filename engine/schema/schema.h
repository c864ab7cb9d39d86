// A module's fields and what the service demands of their values (contract 7.3, 9.1).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::schema {

enum class FieldType {
  text,
  textarea,
  email,
  phone,
  website,
  picklist,
  multiselectpicklist,
  boolean,
  integer,
  bigint,
  decimal,
  currency,
  percent,
  date,
  datetime,
  lookup,
  ownerlookup,  // and any other field that names a user (userlookup)
  other,        // known to the service, not to our rules: its values pass unchecked
};

// From the service's `data_type`.
FieldType parse_field_type(std::string_view data_type);

// Whether fields of the type are written through other ways than a CSV column, whatever else the service says of them
// (contract 7.3, 7.4, 9.1).
bool is_never_from_csv(std::string_view data_type);

struct Field {
  std::string api_name;
  std::string label;
  std::string data_type;  // the service's word for it
  FieldType type = FieldType::other;
  size_t length_max = 0;            // characters, or digits of a number; 0: no bound
  bool required = false;            // by the module or by its layout
  bool required_by_system = false;  // by the module, whatever the layout
  bool unique = false;
  bool external_id = false;   // holds ids of another system: records are found by it, unique or not
  bool case_matters = false;  // of a unique field: values in other letter case are others
  bool creatable = true;      // written where a record is made
  bool updatable = true;      // written where it is changed
  std::string format;         // Java pattern of a date or datetime column (empty: the default below), or of a number's
  std::string
      find_by;  // of a lookup's or user's column: by which field of the other record its values name it; empty: id
  std::string default_value;             // what the mapping has the service write in place of a blank; empty: nothing
  std::optional<size_t> decimal_places;  // of a decimal, currency or percent
  std::vector<std::string> choices;      // of a picklist: the texts of its values, as shown and as stored
};

struct Schema {
  std::string module;
  std::vector<Field> fields;

  const Field* find(std::string_view api_name) const;  // null where there is none; case matters (contract 3.2)
  Field* find(std::string_view api_name);
};

// False for modules that the service writes no records into this way (contract 3.12).
bool takes_bulk_writes(std::string_view module);

enum class Operation { insert, update, upsert };

// An upsert does both, and which of them is not known before, so it takes a field that may be written in either case.
bool is_writable(const Field& field, Operation operation);
bool is_writable(const Field& field);  // by any of them

// Every dated column is sent with a format, since the service's own default is not dependable (contract 3.7).
constexpr std::string_view kDefaultDateFormat = "yyyy-MM-dd";
constexpr std::string_view kDefaultDatetimeFormat = "yyyy-MM-dd HH:mm:ss";

// The format in which a date's or a number's values are checked and sent; empty for other types, and for a number that
// has none: digits and a point.
std::string_view format_of(const Field& field);

}  // namespace bulkwrite::schema
