// A CSV reader that looks at one byte after the other and shares nothing with the engine: what the generator wrote and
// what the sample holds is told by somebody who wrote neither.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::gen {

struct DullRecord {
  std::vector<std::string> fields;  // without quotes, doubled quotes undone
  std::string raw;                  // with its line end
  std::string flaw;                 // stray_quote, bare_cr, field_count, nul_byte, invalid_utf8, or empty
};

struct DullFile {
  bool bom = false;
  size_t blank_lines = 0;
  DullRecord header;
  std::vector<DullRecord> records;
};

DullFile read_dully(std::string_view bytes, char delimiter = ',');

// Of valid UTF-8.
size_t count_characters(std::string_view text);

}  // namespace bulkwrite::gen
