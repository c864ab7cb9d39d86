#include "engine/csv/kernel.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/csv/kernels.h"

namespace bulkwrite::csv {
namespace {

constexpr size_t kWordBytes = 64;

std::vector<Kernel> kernels_of_this_machine() {
  std::vector<Kernel> kernels;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    __builtin_cpu_supports("popcnt");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq");
  const bool pdep_in_microcode = __builtin_cpu_is("bdver4") || __builtin_cpu_is("znver1") || __builtin_cpu_is("znver2");
  if (avx512 && __builtin_cpu_supports("avx512vbmi2")) kernels.push_back(kAvx512Kernel);
  if (avx512) kernels.push_back(kAvx512KernelWithoutVbmi2);
  if (avx2 && pdep_in_microcode) kernels.push_back(kAvx2KernelWithoutPdep);
  if (avx2) kernels.push_back(kAvx2Kernel);
  // Nobody's choice here, but whoever tries all kernels tries this one too.
  if (avx2 && !pdep_in_microcode) kernels.push_back(kAvx2KernelWithoutPdep);
#endif
  kernels.push_back(kScalarKernel);
  return kernels;
}

// Up to where no quoted field can be open for too long.
size_t surely_in_bounds(const ScanInput& input, const LexState& state, size_t at) {
  const size_t quote_begin = in_quoted_field(state.position) ? state.quote_begin : at;
  return std::min(input.end, quote_begin + input.quote_bytes_max);
}

WordState word_state(Position position) {
  return {.quoted = position == Position::quoted,
          .behind_separator = position == Position::record_start || position == Position::field_start,
          .behind_closing_quote = position == Position::quote_in_quoted,
          .behind_cr = position == Position::unquoted_cr || position == Position::closing_cr};
}

// Behind at least two bytes outside quotes, all of them regular.
Position position_behind(const char* end) {
  switch (end[-1]) {
    case '\n':
      return Position::record_start;
    case '"':
      return Position::quote_in_quoted;
    case '\r':
      return end[-2] == '"' ? Position::closing_cr : Position::unquoted_cr;
    default:
      return Position::unquoted;
  }
}

// Takes whole words from `at` on; returns the offset behind the last one that is regular. Precondition: no flaw has
// been seen in the record.
size_t scan_words(const Kernel& kernel, const ScanInput& input, size_t at, size_t words, LexState& state,
                  Index& index) {
  const size_t word = at / kWordBytes;
  const LexedWords lexed = kernel.lex_words(input.data + at, words, input.delimiter, word_state(state.position),
                                            &index.structurals[word], &index.record_ends[word]);
  if (lexed.words == 0) return at;
  const size_t end = at + lexed.words * kWordBytes;
  const bool was_in_quoted_field = in_quoted_field(state.position);
  if (lexed.quoted)
    state.position = Position::quoted;
  else if (input.data[end - 1] == input.delimiter)
    state.position = Position::field_start;
  else
    state.position = position_behind(input.data + end);
  if (!in_quoted_field(state.position)) return end;
  // A regular quote stands behind a structural, or where the words begin.
  const size_t structural = find_last_bit(index.structurals, at, end);
  if (structural < end)
    state.quote_begin = structural + 1;
  else if (!was_in_quoted_field)
    state.quote_begin = at;
  return end;
}

// How far to go byte by byte: to the next word, or where no byte counts until an LF, behind that.
size_t end_of_stretch(const ScanInput& input, const LexState& state, size_t at) {
  if (state.position != Position::flawed) return std::min(input.end, (at / kWordBytes + 1) * kWordBytes);
  const void* const found = std::memchr(input.data + at, '\n', input.end - at);
  if (found == nullptr) return input.end;
  return static_cast<size_t>(static_cast<const char*>(found) - input.data) + 1;
}

}  // namespace

std::span<const Kernel> available_kernels() {
  static const std::vector<Kernel> kernels = kernels_of_this_machine();
  return kernels;
}

const Kernel* kernel_by_name(std::string_view name) {
  for (const Kernel& kernel : available_kernels())
    if (kernel.name == name) return &kernel;
  return nullptr;
}

// Whole words as long as they are regular; byte by byte the word that is not, what is left of a record with a flaw, and
// the words that the scan covers in part.
ScanOutcome scan(const Kernel& kernel, const ScanInput& input, LexState& state, Index& index) {
  if (kernel.lex_words == nullptr) return scan_scalar(input, state, index);
  size_t at = input.begin;
  while (at < input.end) {
    const size_t in_bounds = surely_in_bounds(input, state, at);
    if (at % kWordBytes == 0 && !state.blamed && in_bounds >= at + kWordBytes) {
      const size_t words = (in_bounds - at) / kWordBytes;
      const size_t end = scan_words(kernel, input, at, words, state, index);
      if (end == at + words * kWordBytes) {
        at = end;
        continue;
      }
      at = end;
    }
    ScanInput stretch = input;
    stretch.begin = at;
    stretch.end = end_of_stretch(input, state, at);
    const ScanOutcome outcome = scan_scalar(stretch, state, index);
    if (outcome.unclosed_quote) return outcome;
    at = outcome.scanned;
  }
  return {at, false};
}

RecordCount count_records(const Kernel& kernel, const Index& index, size_t begin, size_t end, size_t columns) {
  return kernel.count_records(index.structurals.data(), index.record_ends.data(), begin, end, columns);
}

}  // namespace bulkwrite::csv
