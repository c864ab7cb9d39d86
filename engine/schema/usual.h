// What most values look like, told many bytes at a time and without a branch, which a machine would guess wrong: values
// differ. Each function holds for nothing that forms.h would refuse; where it does not hold, that has to be asked.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/schema/forms.h"

namespace bulkwrite::schema {

// A value of which csv::kReadableBehind bytes from its first one on may be read, however few it has.
struct Window {
  const char* text;
  uint32_t bytes;
};

using Sixteen = uint8_t __attribute__((vector_size(16)));

inline Sixteen sixteen_bytes(const char* text) {
  Sixteen bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

// One bit for each byte that is 0xFF; the others are 0.
inline uint64_t bits_of(Sixteen yes) {
#if defined(__SSE2__)
  using Signed = char __attribute__((vector_size(16)));
  return static_cast<uint32_t>(__builtin_ia32_pmovmskb128(reinterpret_cast<Signed>(yes)));
#else
  uint64_t bits = 0;
  for (size_t i = 0; i < sizeof yes; ++i) bits |= uint64_t{yes[i] & 1U} << i;
  return bits;
#endif
}

inline Sixteen is_between(Sixteen bytes, char first, char last) {
  return reinterpret_cast<Sixteen>(bytes - static_cast<uint8_t>(first) <= static_cast<uint8_t>(last - first));
}
inline Sixteen is_digit(Sixteen bytes) {
  return is_between(bytes, '0', '9');
}
inline Sixteen is_letter(Sixteen bytes) {
  return is_between(bytes | 0x20, 'a', 'z');
}
inline Sixteen is_equal(Sixteen bytes, char c) {
  return reinterpret_cast<Sixteen>(bytes == static_cast<uint8_t>(c));
}

inline bool is_one_bit(uint64_t bits) {
  return (bits != 0) & ((bits & (bits - 1)) == 0);
}

// The bits of a value's bytes. None of one that has more than 63.
inline uint64_t bits_of_all(uint32_t bytes) {
  return (uint64_t{bytes < 64} << (bytes & 63)) - uint64_t{bytes < 64};
}

// Letters and digits, and among them single dots and hyphens, and one @.
inline bool is_usual_email(Window value) {
  constexpr uint32_t kBytesMax = 48;
  uint64_t words = 0, ats = 0, dots = 0, hyphens = 0;
  for (uint32_t at = 0; at < kBytesMax; at += sizeof(Sixteen)) {
    const Sixteen bytes = sixteen_bytes(value.text + at);
    words |= bits_of(is_letter(bytes) | is_digit(bytes)) << at;
    ats |= bits_of(is_equal(bytes, '@')) << at;
    dots |= bits_of(is_equal(bytes, '.')) << at;
    hyphens |= bits_of(is_equal(bytes, '-')) << at;
  }
  const uint64_t all = bits_of_all(value.bytes), edges = (all ^ all >> 1) | 1;
  const uint64_t marks = all & ~words, at_sign = all & ats;
  const uint64_t wrong = (marks & ~(ats | dots | hyphens)) | (marks & edges) | (marks & marks << 1);
  return (value.bytes <= kBytesMax) & (wrong == 0) & is_one_bit(at_sign) & ((all & dots) > at_sign);
}

// Digits and what stands between them in ASCII's order.
inline bool is_usual_phone(Window value) {
  constexpr uint32_t kBytesMax = 32;
  uint64_t usual = 0, digits = 0;
  for (uint32_t at = 0; at < kBytesMax; at += sizeof(Sixteen)) {
    const Sixteen bytes = sixteen_bytes(value.text + at);
    usual |= bits_of(is_between(bytes, '(', '9') | is_equal(bytes, ' ')) << at;
    digits |= bits_of(is_digit(bytes)) << at;
  }
  const uint64_t all = bits_of_all(value.bytes);
  return (value.bytes <= kBytesMax) & ((all & ~usual) == 0) & ((all & digits) != 0);
}

// Digits, before them perhaps a minus, and among them perhaps a point.
inline bool is_usual_number(Window value, const DecimalBounds& bounds, bool may_have_point) {
  constexpr uint32_t kBytesMax = 32;
  const uint32_t minus = *value.text == '-' ? 1 : 0;
  const uint32_t length = value.bytes - minus;
  uint64_t digits = 0, points = 0;
  for (uint32_t at = 0; at < kBytesMax; at += sizeof(Sixteen)) {
    const Sixteen bytes = sixteen_bytes(value.text + minus + at);
    digits |= bits_of(is_digit(bytes)) << at;
    points |= bits_of(is_equal(bytes, '.')) << at;
  }
  const uint64_t all = bits_of_all(length);
  digits &= all;
  points &= all;
  const auto before = static_cast<uint64_t>(std::countr_zero(points | (all + 1)));
  const uint64_t after = length - before - (points != 0 ? 1 : 0);
  return (length <= kBytesMax) & ((digits | points) == all) & (digits != 0) &
         ((points == 0) | (may_have_point & is_one_bit(points))) & (before <= bounds.before_max) &
         (after <= bounds.after_max) & (after <= bounds.decimals_max);
}

// True or false, each in any case.
inline bool is_usual_boolean(Window value) {
  const auto eight = [](const char* text) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, text, sizeof bytes);
    return bytes;
  };
  const uint64_t in_lower_case = eight(value.text) | eight("\x20\x20\x20\x20\x20\x20\x20\x20");
  const bool is_true = ((in_lower_case ^ eight("true\0\0\0")) & eight("\xFF\xFF\xFF\xFF\0\0\0")) == 0;
  const bool is_false = ((in_lower_case ^ eight("false\0\0")) & eight("\xFF\xFF\xFF\xFF\xFF\0\0")) == 0;
  return ((value.bytes == 4) & is_true) | ((value.bytes == 5) & is_false);
}

}  // namespace bulkwrite::schema
