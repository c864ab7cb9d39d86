// What the kernels for 64 bytes at once have in common. `Isa` gives them their instructions:
//   Lanes: kLanes words of 64 bits, a vector that knows & | ^ ~ << >>
//   find(data, delimiter): where in 64 bytes the special ones stand
//   behind(now, before): each lane of `now` moved up by one, and the last one of `before`
//   top_bits(lanes), nonzero(lanes): a bit for each lane
//   spread(bits): the lanes of set bits all ones, the others all zeros
//   deposit(bits, mask): the lowest bits, one after the other, where the mask has its ones
//   multiply_high(a, b)
// Included by files that are compiled for one kind of machine: so all of it is local to them, and none of it is taken
// from the standard library, whose inline functions other files would share.
#pragma once

#include "engine/csv/kernel.h"

namespace bulkwrite::csv {
namespace {

struct Masks {
  uint64_t quote, delimiter, lf, cr;
};

// First the special bytes of so many words are looked up, then they are judged: a read of what was written just before
// would wait for it. Meanwhile the next block comes from memory; without being asked for it would come late.
constexpr size_t kBlockWords = 64;

struct MaskBlock {
  alignas(64) uint64_t quote[kBlockWords];
  alignas(64) uint64_t delimiter[kBlockWords];
  alignas(64) uint64_t lf[kBlockWords];
  alignas(64) uint64_t cr[kBlockWords];

  void set(size_t word, const Masks& masks) {
    quote[word] = masks.quote;
    delimiter[word] = masks.delimiter;
    lf[word] = masks.lf;
    cr[word] = masks.cr;
  }
};

// What the lanes before leave to the next ones; the last lane of each counts.
template <typename Isa>
struct Seam {
  bool quoted;
  typename Isa::Lanes openers, closing, cr;
};

template <typename Isa>
struct LexedLanes {
  typename Isa::Lanes structurals, record_ends;
  uint32_t irregular;      // lanes in which parity has not told the truth about every quote, or behind such a one
  uint32_t quoted_before;  // lanes that begin in a quoted field
};

template <typename Isa>
inline typename Isa::Lanes load(const uint64_t* words) {
  typename Isa::Lanes lanes;
  __builtin_memcpy(&lanes, words, sizeof lanes);
  return lanes;
}

template <typename Isa>
inline LexedLanes<Isa> lex_lanes(const MaskBlock& block, size_t word, Seam<Isa>& seam) {
  using Lanes = typename Isa::Lanes;
  constexpr uint32_t kAll = (1U << Isa::kLanes) - 1;
  const Lanes quote = load<Isa>(block.quote + word), cr_anywhere = load<Isa>(block.cr + word);
  const Lanes lf = load<Isa>(block.lf + word), separators = load<Isa>(block.delimiter + word) | lf;
  if (!seam.quoted && Isa::nonzero(quote | cr_anywhere | (seam.closing | seam.cr) >> 63) == 0) {
    seam = {false, separators, Lanes{}, Lanes{}};
    return {separators, lf, 0, 0};
  }

  Lanes parity = quote;  // of the quotes up to each byte
  parity ^= parity << 1;
  parity ^= parity << 2;
  parity ^= parity << 4;
  parity ^= parity << 8;
  parity ^= parity << 16;
  parity ^= parity << 32;
  uint32_t odd = Isa::top_bits(parity);  // then of the lanes up to each one
  odd ^= odd << 1;
  odd ^= odd << 2;
  odd ^= odd << 4;
  const uint32_t quoted_before = ((odd << 1) ^ (seam.quoted ? kAll : 0)) & kAll;

  const Lanes inside = parity ^ Isa::spread(quoted_before);  // with the opening quote, without the closing one
  const Lanes structurals = separators & ~inside;
  const Lanes record_ends = lf & ~inside;
  const Lanes opening = quote & inside;
  const Lanes closing = quote & ~inside;
  const Lanes cr = cr_anywhere & ~inside;
  const Lanes openers = structurals | closing;  // a quote behind a closing one doubles it
  const Lanes behind_opener = openers << 1 | Isa::behind(openers, seam.openers) >> 63;
  const Lanes behind_closing = closing << 1 | Isa::behind(closing, seam.closing) >> 63;
  const Lanes behind_cr = cr << 1 | Isa::behind(cr, seam.cr) >> 63;
  const Lanes irregular =
      (opening & ~behind_opener) | (behind_closing & ~(structurals | opening | cr)) | (behind_cr & ~record_ends);
  seam = {((odd >> (Isa::kLanes - 1) & 1) != 0) != seam.quoted, openers, closing, cr};
  return {structurals, record_ends, Isa::nonzero(irregular), quoted_before};
}

template <typename Isa>
Seam<Isa> seam_behind(WordState state) {
  using Lanes = typename Isa::Lanes;
  constexpr uint64_t kTop = uint64_t{1} << 63;
  const Lanes none{};
  return {state.quoted, none + (state.behind_separator || state.behind_closing_quote ? kTop : 0),
          none + (state.behind_closing_quote ? kTop : 0), none + (state.behind_cr ? kTop : 0)};
}

template <typename Isa>
LexedWords lex_words(const char* data, size_t words, char delimiter, WordState state, uint64_t* structurals,
                     uint64_t* record_ends) {
  Seam<Isa> seam = seam_behind<Isa>(state);
  MaskBlock block;
  size_t here = 0;
  size_t block_words = Isa::kLanes;  // growing, since there may be an irregular word soon
  for (size_t begin = 0; begin < words; begin += here) {
    here = words - begin < block_words ? words - begin : block_words;
    if (block_words < kBlockWords) block_words *= 2;
    for (size_t word = 0; word < here; ++word) {
      const char* const bytes = data + (begin + word) * 64;
      __builtin_prefetch(bytes + kBlockWords * 64);
      block.set(word, Isa::find(bytes, delimiter));
    }
    for (size_t word = here; word % Isa::kLanes != 0; ++word) block.set(word, {});

    for (size_t word = 0; word < here; word += Isa::kLanes) {
      const LexedLanes<Isa> lexed = lex_lanes<Isa>(block, word, seam);
      uint64_t* const structurals_here = structurals + begin + word;
      uint64_t* const record_ends_here = record_ends + begin + word;
      if (lexed.irregular == 0 && word + Isa::kLanes <= here) {
        __builtin_memcpy(structurals_here, &lexed.structurals, sizeof lexed.structurals);
        __builtin_memcpy(record_ends_here, &lexed.record_ends, sizeof lexed.record_ends);
        continue;
      }
      const size_t live = here - word < Isa::kLanes ? here - word : Isa::kLanes;
      size_t regular = 0;
      while (regular < live && (lexed.irregular >> regular & 1) == 0) ++regular;
      __builtin_memcpy(structurals_here, &lexed.structurals, regular * sizeof(uint64_t));
      __builtin_memcpy(record_ends_here, &lexed.record_ends, regular * sizeof(uint64_t));
      return {begin + word + regular, (lexed.quoted_before >> regular & 1) != 0};
    }
  }
  return {words, seam.quoted};
}

inline uint64_t bits_of(uint64_t word, size_t at, size_t begin, size_t end) {
  if (at * 64 < begin) word &= ~uint64_t{0} << (begin % 64);
  if (end - at * 64 < 64) word &= (uint64_t{1} << (end % 64)) - 1;
  return word;
}

inline uint64_t count_ones(uint64_t bits) {
  return static_cast<uint64_t>(__builtin_popcountll(bits));
}

// Record by record.
inline RecordCount count_by_ends(const uint64_t* structurals, const uint64_t* record_ends, size_t begin, size_t end,
                                 size_t columns) {
  RecordCount count;
  uint64_t fields = 0;
  for (size_t word = begin / 64; word * 64 < end; ++word) {
    uint64_t left = bits_of(structurals[word], word, begin, end);
    for (uint64_t ends = left & record_ends[word]; ends != 0; ends &= ends - 1) {
      const uint64_t up_to = ends ^ (ends - 1);
      fields += count_ones(left & up_to);
      left &= ~up_to;
      if (fields != columns) count.uniform = false;
      fields = 0;
      ++count.records;
    }
    fields += count_ones(left);
  }
  return count;
}

// Word by word: where records are uniform, each columns-th structural is a record end and no other is.
template <typename Isa>
RecordCount count_by_pattern(const uint64_t* structurals, const uint64_t* record_ends, size_t begin, size_t end,
                             size_t columns) {
  if (columns < 2 || columns > 64 || begin >= end) return count_by_ends(structurals, record_ends, begin, end, columns);
  uint64_t every = 0;
  for (size_t bit = 0; bit < 64; bit += columns) every |= uint64_t{1} << bit;
  const uint64_t reciprocal = ~uint64_t{0} / columns + 1;  // exact for all counts that there can be

  uint64_t fields = 0, irregular = 0;
  const auto take = [&](uint64_t bits, uint64_t ends) {
    const uint64_t in_record = fields - Isa::multiply_high(fields, reciprocal) * columns;
    irregular |= ends ^ Isa::deposit(every << (columns - 1 - in_record), bits);
    fields += count_ones(bits);
  };
  const size_t first = begin / 64, last = (end - 1) / 64;
  const auto take_in_part = [&](size_t word) {
    const uint64_t bits = bits_of(structurals[word], word, begin, end);
    take(bits, bits & record_ends[word]);
  };
  take_in_part(first);
  for (size_t word = first + 1; word < last; ++word) take(structurals[word], record_ends[word]);
  if (last > first) take_in_part(last);
  if (irregular != 0) return count_by_ends(structurals, record_ends, begin, end, columns);
  return {fields / columns, true};
}

// See Kernel::list_bits. A branch for each bit would be guessed wrong once a word.
[[maybe_unused]] size_t list_eight_at_once(const uint64_t* bits, size_t words, uint32_t from, uint32_t* out) {
  constexpr size_t kAtOnce = 8;  // more than most words hold
  uint32_t* end = out;
  for (size_t word = 0; word < words; ++word, from += 64) {
    uint64_t rest = bits[word];
    uint32_t* next = end;
    for (end += count_ones(rest); next < end; next += kAtOnce) {
      for (size_t i = 0; i < kAtOnce; ++i) {
        next[i] = from + (rest == 0 ? 64 : static_cast<uint32_t>(__builtin_ctzll(rest)));
        rest &= rest - 1;
      }
    }
  }
  return static_cast<size_t>(end - out);
}

}  // namespace
}  // namespace bulkwrite::csv
