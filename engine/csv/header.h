// The first record of a source: its dialect, its names, and where the data begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace bulkwrite::csv {

constexpr size_t kColumnsMax = 200;  // contract 7.1

struct HeaderOptions {
  std::optional<char> delimiter;  // none: detected among , ; : | and tab
  size_t record_bytes_max = 1 << 20;
};

struct Header {
  char delimiter = ',';
  bool delimiter_detected = false;
  std::string bytes;               // the record as it stands in the source, with its terminator if it has one
  std::vector<std::string> names;  // values of its fields
  uint64_t data_offset = 0;        // offset in the source of the first byte behind the header
};

// Reads the header from the first bytes of a source. Nothing when it does not end within `prefix` and more bytes may
// come (`at_end` false). Skips a UTF-8 BOM and blank lines. Errors (input_data): no header at all, UTF-16 or another
// encoding (named), NUL bytes, a header that is not well-formed or does not end within record_bytes_max.
Result<std::optional<Header>> read_header(std::string_view prefix, bool at_end, const HeaderOptions& options);

// What keeps a header from being loaded: empty names, duplicate names, more than kColumnsMax columns. One text each.
std::vector<std::string> header_faults(const std::vector<std::string>& names);

// "','" or "tab", for people.
std::string delimiter_text(char delimiter);

}  // namespace bulkwrite::csv
