#include "engine/csv/field.h"

#include <algorithm>

namespace bulkwrite::csv {

std::string_view unquoted(std::string_view raw, std::string& scratch) {
  const std::string_view inside = raw.substr(1, raw.size() >= 2 ? raw.size() - 2 : 0);
  size_t quote = inside.find('"');
  if (quote == std::string_view::npos) return inside;
  scratch.clear();
  size_t from = 0;
  for (; quote != std::string_view::npos; quote = inside.find('"', from)) {
    scratch.append(inside, from, quote + 1 - from);
    from = quote + 2;
    if (from > inside.size()) return scratch;
  }
  scratch.append(inside, from);
  return scratch;
}

void append_field(std::string& out, std::string_view value) {
  const auto misleads = [](char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; };
  if (std::none_of(value.begin(), value.end(), misleads)) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace bulkwrite::csv
