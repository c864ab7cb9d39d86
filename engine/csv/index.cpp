#include "engine/csv/index.h"

#include <algorithm>

namespace bulkwrite::csv {
namespace {

// The word of `from`, without the bits below it.
uint64_t first_word(const std::vector<uint64_t>& bits, size_t from) {
  return bits[from / 64] & (~uint64_t{0} << (from % 64));
}

// Keeps the bits below `to` of the word that holds it.
uint64_t below(uint64_t word, size_t to) {
  return to % 64 == 0 ? word : word & ((uint64_t{1} << (to % 64)) - 1);
}

void truncate_bits(std::vector<uint64_t>& bits, size_t offset) {
  const size_t word = offset / 64;
  if (word >= bits.size()) return;
  bits[word] &= (uint64_t{1} << (offset % 64)) - 1;
  std::fill(bits.begin() + static_cast<ptrdiff_t>(word) + 1, bits.end(), 0);
}

}  // namespace

std::string_view flaw_name(Flaw flaw) {
  switch (flaw) {
    case Flaw::stray_quote:
      return "stray_quote";
    case Flaw::unclosed_quote:
      return "unclosed_quote";
    case Flaw::bare_cr:
      return "bare_cr";
    case Flaw::field_count:
      return "field_count";
    case Flaw::blank_line:
      return "blank_line";
    case Flaw::nul_byte:
      return "nul_byte";
    case Flaw::invalid_utf8:
      return "invalid_utf8";
    case Flaw::too_long:
      return "too_long";
  }
  return "unknown";
}

void Index::cover(size_t bytes) {
  const size_t words = bytes / 64 + 1;
  if (words <= structurals.size()) return;
  structurals.resize(words);
  record_ends.resize(words);
}

void Index::truncate(size_t offset) {
  truncate_bits(structurals, offset);
  truncate_bits(record_ends, offset);
  while (!flaws.empty() && flaws.back().offset >= offset) flaws.pop_back();
}

void Index::clear() {
  structurals.clear();
  record_ends.clear();
  flaws.clear();
}

size_t find_bit(const std::vector<uint64_t>& bits, size_t from, size_t to) {
  if (from >= to) return to;
  uint64_t word = first_word(bits, from);
  size_t at = from / 64;
  while (word == 0) {
    if (++at * 64 >= to) return to;
    word = bits[at];
  }
  return std::min(to, at * 64 + static_cast<size_t>(std::countr_zero(word)));
}

size_t find_last_bit(const std::vector<uint64_t>& bits, size_t from, size_t to) {
  if (from >= to) return to;
  size_t at = (to - 1) / 64;
  uint64_t word = below(bits[at], to);
  while (word == 0) {
    if (at == from / 64) return to;
    word = bits[--at];
  }
  const size_t found = at * 64 + 63 - static_cast<size_t>(std::countl_zero(word));
  return found < from ? to : found;
}

size_t count_bits(const std::vector<uint64_t>& bits, size_t from, size_t to) {
  if (from >= to) return 0;
  const size_t last = (to - 1) / 64;
  size_t at = from / 64;
  uint64_t word = first_word(bits, from);
  size_t count = 0;
  for (; at < last; word = bits[++at]) count += static_cast<size_t>(std::popcount(word));
  return count + static_cast<size_t>(std::popcount(below(word, to)));
}

}  // namespace bulkwrite::csv
