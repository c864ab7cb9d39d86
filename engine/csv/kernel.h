// The lexer's inner loop: what a record is, decided in one place (docs/records.md). The scalar kernel is the
// definition; the others take 64 bytes at once, hand it what is irregular, and agree with it on every input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

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

// Whether the state depends on where the field's quote stands.
inline bool in_quoted_field(Position position) {
  return position == Position::quoted || position == Position::quote_in_quoted || position == Position::closing_cr;
}

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

// The records of a run of whole lines, blank lines among them.
struct RecordCount {
  uint64_t records = 0;
  bool uniform = true;  // each has exactly as many fields as there are columns
};

// What a byte tells about the one behind it, at the seam of two words.
struct WordState {
  bool quoted = false;
  bool behind_separator = false;  // or at the very beginning
  bool behind_closing_quote = false;
  bool behind_cr = false;  // outside quotes
};

struct LexedWords {
  size_t words;  // so many from the first on were regular and are in the bitmaps
  bool quoted;   // behind them
};

constexpr size_t kListSlack = 64;

// One way to run the lexer. To the outside they are all the same; they differ in what they ask of the machine.
struct Kernel {
  std::string_view name;
  // Lexes `words` words of 64 bytes and writes their bits, up to the first in which a quote or a CR stands where it
  // must not, or seems to. Null: this kernel goes byte by byte.
  LexedWords (*lex_words)(const char* data, size_t words, char delimiter, WordState state, uint64_t* structurals,
                          uint64_t* record_ends);
  // See count_records; `begin` and `end` count bits from the first word.
  RecordCount (*count_records)(const uint64_t* structurals, const uint64_t* record_ends, size_t begin, size_t end,
                               size_t columns);
  // Writes from + i for each set bit i of the words, and returns how many there are. May write up to kListSlack numbers
  // more.
  size_t (*list_bits)(const uint64_t* bits, size_t words, uint32_t from, uint32_t* out);
};

// Those that this machine can run, the best one first; the last one is "scalar", the definition. Some are never the
// best one, but for other machines: so that they are tried here too.
std::span<const Kernel> available_kernels();
inline const Kernel& best_kernel() {
  return available_kernels().front();
}
// Null where there is none of that name, or none for this machine.
const Kernel* kernel_by_name(std::string_view name);

// Marks delimiters and record ends in `index` (which covers `end`) and notes flaws. However the bytes are divided among
// calls, the marks, the flaws and the state behind the last byte are the same.
ScanOutcome scan(const Kernel& kernel, const ScanInput& input, LexState& state, Index& index);
ScanOutcome scan_scalar(const ScanInput& input, LexState& state, Index& index);

// Counts the lines in [begin, end), which are whole, and holds the number of their fields against `columns`.
RecordCount count_records(const Kernel& kernel, const Index& index, size_t begin, size_t end, size_t columns);

// The end of the source: settles what a missing byte leaves open. True when a record is open and needs its end marked;
// false at a record start. Precondition: the state is not quoted.
bool settle_at_end(LexState& state, size_t end, Index& index);

}  // namespace bulkwrite::csv
