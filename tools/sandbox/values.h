// What a cell's text means to a field, by the field's type (contract 7.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/sandbox/date_format.h"
#include "tools/sandbox/modules.h"

namespace bulkwrite::sandbox {

// monostate is SQL's NULL.
using Value = std::variant<std::monostate, int64_t, double, std::string>;

// How dates, times and numbers of one column are written.
struct ColumnFormat {
  std::vector<DateFormat> dates;  // the first that fits is taken
  bool grouped_digits = false;    // 1,234.56
};

// The format that a mapping names; nothing when it is wrong for the field (INVALID_FORMAT, contract 3.7).
std::optional<ColumnFormat> named_format(const Field& field, std::string_view pattern);
// The default with a mapping (MM/dd/yyyy …), or where the header maps by API name (ISO 8601).
ColumnFormat default_format(const Field& field, bool by_header);

// Nothing means INVALID_DATA. Not for lookups, which need the database. `text` is not empty.
std::optional<Value> convert(const Field& field, const ColumnFormat& format, const std::string& text);

// All digits, at most `digits_max` of them, with an optional minus.
std::optional<int64_t> whole_number(std::string_view text, size_t digits_max);

}  // namespace bulkwrite::sandbox
