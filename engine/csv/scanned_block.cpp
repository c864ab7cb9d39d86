#include "engine/csv/scanned_block.h"

#include <algorithm>

#include "engine/base/check.h"

namespace bulkwrite::csv {
namespace {

bool quote_is_open(const LexState& state) {
  return state.position == Position::quoted || state.position == Position::quote_in_quoted;
}

// `count` bits from `at` on, at most 64 of them.
uint64_t bits_from(const std::vector<uint64_t>& bits, size_t at, size_t count) {
  const size_t word = at / 64, shift = at % 64;
  uint64_t found = bits[word] >> shift;
  if (shift + count > 64) found |= bits[word + 1] << (64 - shift);
  return count == 64 ? found : found & ((uint64_t{1} << count) - 1);
}

// Adds whole words: those of `source`, shifted down by `shift`. It reads one word more where there is a shift.
void add_words(uint64_t* __restrict words, const uint64_t* __restrict source, size_t shift, size_t count) {
  if (shift == 0) {
    for (size_t i = 0; i < count; ++i) words[i] |= source[i];
  } else {
    for (size_t i = 0; i < count; ++i) words[i] |= source[i] >> shift | source[i + 1] << (64 - shift);
  }
}

// Adds the bits [from, from + count) of `source` to those at `at`.
void add_bits(std::vector<uint64_t>& bits, size_t at, const std::vector<uint64_t>& source, size_t from, size_t count) {
  const size_t head = std::min(count, (64 - at % 64) % 64);
  if (head > 0) bits[at / 64] |= bits_from(source, from, head) << (at % 64);
  at += head;
  from += head;
  count -= head;
  const size_t words = count / 64, tail = count % 64;
  if (words > 0) add_words(&bits[at / 64], &source[from / 64], from % 64, words);
  if (tail > 0) bits[at / 64 + words] |= bits_from(source, from + words * 64, tail);
}

bool is_marked(const std::vector<uint64_t>& bits, size_t at) {
  return (bits[at / 64] >> (at % 64) & 1) != 0;
}

}  // namespace

ScannedBlock::ScannedBlock(size_t capacity)
    : capacity_(capacity), data_(std::make_unique_for_overwrite<char[]>(capacity)) {}

void ScannedBlock::scan(size_t bytes, uint64_t offset, const BlockOptions& options) {
  BULKWRITE_CHECK(bytes > 0 && bytes <= capacity_,
                  "a block holds at least one byte, and not more than it has room for");
  size_ = bytes;
  offset_ = offset;
  options_ = options;
  first_ = first_checkpoint();
  suppose();
  Hypothesis& outside = hypotheses_[kOutsideQuotes];
  Hypothesis& inside = hypotheses_[kInsideQuotes];
  while (outside.open || inside.open) {
    follow(outside);
    follow(inside);
    drop_what_is_flawed();
  }
}

// Behind a quote or a CR there are more states than two; so the first checkpoint stands behind another byte.
size_t ScannedBlock::first_checkpoint() const {
  size_t at = 1;
  while (at < size_ && (data_[at - 1] == '"' || data_[at - 1] == '\r')) ++at;
  return at;
}

size_t ScannedBlock::checkpoint_after(size_t from) const {
  if (from < first_) return first_;
  return std::min(size_, (from / options_.step_bytes + 1) * options_.step_bytes);
}

size_t ScannedBlock::ordinal_of(size_t checkpoint) const {
  if (checkpoint == first_) return 0;
  return (checkpoint - 1) / options_.step_bytes - first_ / options_.step_bytes + 1;
}

void ScannedBlock::suppose() {
  const char before = data_[first_ - 1];
  const Position outside = before == '\n'                 ? Position::record_start
                           : before == options_.delimiter ? Position::field_start
                                                          : Position::unquoted;
  // The quote that would be open stands somewhere before; here it is said to stand where surely no quote stands.
  const std::array<LexState, 2> supposed = {LexState{outside, false, 0}, LexState{Position::quoted, false, first_ - 1}};
  for (size_t i = 0; i < supposed.size(); ++i) {
    Hypothesis& hypothesis = hypotheses_[i];
    hypothesis.index.clear();
    hypothesis.standings.assign(1, {supposed[i], 0, {}});
    hypothesis.open = first_ < size_;
  }
}

// One step further.
void ScannedBlock::follow(Hypothesis& hypothesis) {
  if (!hypothesis.open) return;
  const size_t steps = hypothesis.standings.size() - 1;
  const size_t from = steps == 0 ? first_ : (first_ / options_.step_bytes + steps) * options_.step_bytes;
  const size_t end = checkpoint_after(from);
  LexState state = hypothesis.standings.back().state;
  hypothesis.index.cover(end + 1);
  const ScanOutcome outcome =
      csv::scan(*options_.kernel, {data_.get(), from, end, options_.delimiter, options_.quote_bytes_max}, state,
                hypothesis.index);
  hypothesis.open = !outcome.unclosed_quote && end < size_;
  if (outcome.unclosed_quote) return;
  hypothesis.standings.push_back({state, hypothesis.index.flaws.size(), count_lines(hypothesis.index, from, end)});
}

CountedLines ScannedBlock::count_lines(const Index& index, size_t from, size_t end) const {
  if (options_.columns == 0) return {};
  const size_t begin = find_bit(index.record_ends, from, end) + 1;
  if (begin >= end) return {};
  const size_t behind = find_last_bit(index.record_ends, begin, end) + 1;
  if (behind > end) return {};
  return {begin, behind, count_records(*options_.kernel, index, begin, behind, options_.columns)};
}

// Under the wrong hypothesis the first quotes soon look astray. Where both look so, both are followed: the records
// themselves are flawed then.
void ScannedBlock::drop_what_is_flawed() {
  Hypothesis& outside = hypotheses_[kOutsideQuotes];
  Hypothesis& inside = hypotheses_[kInsideQuotes];
  if (!outside.open || !inside.open) return;
  const bool outside_flawed = !outside.index.flaws.empty(), inside_flawed = !inside.index.flaws.empty();
  if (outside_flawed && !inside_flawed) outside.open = false;
  if (inside_flawed && !outside_flawed) inside.open = false;
}

ScanOutcome ScannedBlock::go_on(size_t from, size_t at, LexState& state, Index& index, CountedLines& counted,
                                Index& scratch) const {
  counted = {};
  const size_t end = checkpoint_after(from) - from + at;
  index.cover(end + 1);
  // Only from the true beginning of a field can be told that it goes on for too long.
  const bool may_be_too_long = quote_is_open(state) && end > state.quote_begin + options_.quote_bytes_max;
  for (const Hypothesis& hypothesis : hypotheses_) {
    if (may_be_too_long || !stands_in(hypothesis, from, at, state)) continue;
    take_over(hypothesis, from, at, state, index, counted);
    return {end, false};
  }
  return scan_again(from, at, state, index, scratch);
}

// Whether the hypothesis comes to byte `from` in this state, and was followed to the next checkpoint.
bool ScannedBlock::stands_in(const Hypothesis& hypothesis, size_t from, size_t at, const LexState& state) const {
  if (from < first_ || ordinal_of(checkpoint_after(from)) >= hypothesis.standings.size()) return false;
  if (from != first_ && from % options_.step_bytes != 0)  // where a record ends, one state only is behind it
    return state.position == Position::record_start && from > first_ &&
           is_marked(hypothesis.index.record_ends, from - 1);
  const LexState& supposed = hypothesis.standings[ordinal_of(from)].state;
  if (supposed.position != state.position || supposed.blamed != state.blamed) return false;
  return !in_quoted_field(state.position) || supposed.quote_begin == first_ - 1 ||
         supposed.quote_begin - from + at == state.quote_begin;
}

void ScannedBlock::take_over(const Hypothesis& hypothesis, size_t from, size_t at, LexState& state, Index& index,
                             CountedLines& counted) const {
  const size_t end = checkpoint_after(from), ordinal = ordinal_of(end);
  add_bits(index.structurals, at, hypothesis.index.structurals, from, end - from);
  add_bits(index.record_ends, at, hypothesis.index.record_ends, from, end - from);
  const bool at_checkpoint = from == first_ || from % options_.step_bytes == 0;
  const CountedLines& lines = hypothesis.standings[ordinal].lines;
  if (at_checkpoint) counted = {lines.begin - from + at, lines.end - from + at, lines.count};
  for (size_t i = hypothesis.standings[ordinal - 1].flaws; i < hypothesis.standings[ordinal].flaws; ++i) {
    const FlawAt& flaw = hypothesis.index.flaws[i];
    if (at_checkpoint || flaw.offset >= from) index.flaws.push_back({flaw.offset - from + at, flaw.flaw});
  }
  const LexState& reached = hypothesis.standings[ordinal].state;
  const bool same_quote = reached.quote_begin == first_ - 1;
  state = {reached.position, reached.blamed, same_quote ? state.quote_begin : reached.quote_begin - from + at};
}

ScanOutcome ScannedBlock::scan_again(size_t from, size_t at, LexState& state, Index& index, Index& scratch) const {
  const size_t bound = state.quote_begin + options_.quote_bytes_max + 1;
  if (state.position == Position::quoted && at >= bound) return {bound, true};
  const size_t bytes = checkpoint_after(from) - from;
  scratch.clear();
  scratch.cover(bytes + 1);
  // Offsets count from `from` here, so that of a quote before it wraps around, and back; which the definition bears.
  state.quote_begin -= at;
  const ScanInput input{data_.get() + from, 0, bytes, options_.delimiter, options_.quote_bytes_max};
  const ScanOutcome outcome = in_quoted_field(state.position)
                                  ? scan_scalar(input, state, scratch)
                                  : csv::scan(*options_.kernel, input, state, scratch);
  state.quote_begin += at;
  add_bits(index.structurals, at, scratch.structurals, 0, bytes);
  add_bits(index.record_ends, at, scratch.record_ends, 0, bytes);
  for (const FlawAt& flaw : scratch.flaws) index.flaws.push_back({flaw.offset + at, flaw.flaw});
  return {outcome.scanned + at, outcome.unclosed_quote};
}

}  // namespace bulkwrite::csv
