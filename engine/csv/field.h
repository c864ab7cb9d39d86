// One field's bytes and the value that they stand for.
#pragma once

#include <string>
#include <string_view>

namespace bulkwrite::csv {

// The value of a field: `raw` without its enclosing quotes and with each "" undone. `raw` is a field as the scan found
// it, so a leading quote has its closing one. The result points into `raw`, or into `scratch` when a "" was undone.
std::string_view unquoted(std::string_view raw, std::string& scratch);  // of a field with a leading quote
inline std::string_view value_of(std::string_view raw, std::string& scratch) {
  return raw.empty() || raw.front() != '"' ? raw : unquoted(raw, scratch);
}

// Appends `value` to `out` as one field of a comma-separated file: quoted where a reader would otherwise be misled.
void append_field(std::string& out, std::string_view value);

}  // namespace bulkwrite::csv
