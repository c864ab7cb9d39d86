// Eight bytes of text in one number, looked at all at once. Answers are 0x80 in the bytes for which they are yes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bulkwrite::schema {

inline uint64_t eight_bytes(std::string_view text, size_t at) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, text.data() + at, sizeof bytes);
  return bytes;
}

// Of a text of at most eight bytes, with NULs behind it, where numbers are little-endian; elsewhere some number that
// depends on all of its bytes.
inline uint64_t few_bytes(std::string_view text) {
  if (text.size() == 8) return eight_bytes(text, 0);
  if (text.size() >= 4) {
    uint32_t first = 0, last = 0;
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
    return first | uint64_t{last} << 8 * (text.size() - sizeof last);
  }
  uint64_t bytes = 0;
  for (const size_t at : {size_t{0}, text.size() / 2, text.size() - 1})
    if (at < text.size()) bytes |= uint64_t{static_cast<uint8_t>(text[at])} << 8 * at;
  return bytes;
}

constexpr uint64_t eight_of(uint64_t byte) {
  return byte * 0x0101010101010101;
}

// Bytes from `first` to `last`, both ASCII. One that is not ASCII is none.
inline uint64_t between(uint64_t bytes, char first, char last) {
  const uint64_t ascii = bytes & eight_of(0x7F);
  const uint64_t from_first = ascii + eight_of(0x80 - static_cast<uint64_t>(first));
  const uint64_t behind_last = ascii + eight_of(0x7F - static_cast<uint64_t>(last));
  return from_first & ~behind_last & ~bytes & eight_of(0x80);
}

inline uint64_t digits(uint64_t bytes) {
  return between(bytes, '0', '9');
}

inline uint64_t letters(uint64_t bytes) {
  return between(bytes | eight_of(0x20), 'a', 'z');
}

inline uint64_t equal(uint64_t bytes, char c) {
  const uint64_t difference = bytes ^ eight_of(static_cast<uint8_t>(c));
  return ~(((difference & eight_of(0x7F)) + eight_of(0x7F)) | difference) & eight_of(0x80);
}

// An answer in eight bits, those of the first byte lowest, where numbers are little-endian.
inline uint64_t eight_bits(uint64_t answer) {
  return answer * 0x0002040810204081 >> 56;
}

}  // namespace bulkwrite::schema
