// A dull reader of RFC 4180 records: one byte at a time, quotes only at the start of a field, quoted newlines, CRLF or
// LF. It knows nothing of the engine's lexer, on purpose.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::sandbox {

enum class CsvOutcome { kRecord, kEnd, kBroken };

class CsvReader {
 public:
  // `bytes` must outlive the reader. A UTF-8 byte order mark is skipped.
  CsvReader(std::string_view bytes, char delimiter);

  // Replaces `cells` with the next record's. Blank lines are skipped. kBroken: a quote that never closes or stands
  // where none may.
  CsvOutcome next(std::vector<std::string>& cells);

 private:
  CsvOutcome read_cell(std::string& cell, bool& last);
  CsvOutcome read_quoted(std::string& cell);
  bool at_line_end() const;
  void skip_line_end();

  std::string_view bytes_;
  size_t position_ = 0;
  char delimiter_;
};

// The delimiter of a header record: the candidate of `, ; : |` that is there most often outside quotes, the earlier one
// on a tie (contract 7.2).
char detect_delimiter(std::string_view bytes);

// Text as one CSV field, quoted when it must be.
void append_csv_field(std::string& line, std::string_view text);

}  // namespace bulkwrite::sandbox
