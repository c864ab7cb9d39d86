// A slow and obvious reading of what a record is (docs/records.md), on the whole text at once. It shares nothing with
// the engine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oracle {

struct Record {
  std::string bytes;  // without its terminator
  std::string terminator;
  std::string flaw;                 // empty: none
  std::vector<std::string> fields;  // raw; of flawless records
  uint64_t offset = 0;              // in the text
  bool operator==(const Record&) const = default;
};

struct Reading {
  std::vector<Record> records;
  uint64_t blank_lines = 0;
  bool unclosed = false;  // stopped; the quote stands at unclosed_at
  uint64_t unclosed_at = 0;
};

struct Options {
  char delimiter = ',';
  size_t columns = 2;
  size_t quote_bytes_max = 1 << 20;
  bool resync = false;
};

Reading read(std::string_view text, const Options& options);

}  // namespace oracle
