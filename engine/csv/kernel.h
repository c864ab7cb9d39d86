// The lexer's inner loop: what a record is, decided in one place (docs/records.md). The scalar kernel is the
// definition; any other kernel must agree with it on every input.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/csv/index.h"

namespace bulkwrite::csv {

// Where the lexer stands between two bytes.
enum class Position : uint8_t {
  record_start,
  field_start,
  unquoted,
  unquoted_cr,  // behind a CR outside quotes
  quoted,
  quote_in_quoted,  // behind a quote that may close or be doubled
  closing_cr,       // behind a closing quote and a CR
  flawed,           // behind a stray quote: nothing counts until the next LF
};

struct LexState {
  Position position = Position::record_start;
  bool blamed = false;     // the current record has its flaw already
  size_t quote_begin = 0;  // of the quoted field that is open, if one is
};

struct ScanInput {
  const char* data;   // a chunk's bytes; offsets count from here
  size_t begin, end;  // the part to scan; everything before it was scanned with the same state
  char delimiter;
  size_t quote_bytes_max;  // a quoted field still open so many bytes behind its quote is unclosed
};

struct ScanOutcome {
  size_t scanned;       // offset behind the last byte that was consumed
  bool unclosed_quote;  // stopped at state.quote_begin's field; state.position is quoted
};

// Marks delimiters and record ends in `index` (which covers `end`) and notes flaws.
ScanOutcome scan_scalar(const ScanInput& input, LexState& state, Index& index);

// The end of the source: settles what a missing byte leaves open. True when a record is open and needs its end marked;
// false at a record start. Precondition: the state is not quoted.
bool settle_at_end(LexState& state, size_t end, Index& index);

}  // namespace bulkwrite::csv
