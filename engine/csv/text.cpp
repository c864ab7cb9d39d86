#include "engine/csv/text.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace bulkwrite::csv {
namespace {

// Looked at twice, so it should stay in the nearest cache.
constexpr size_t kBlockBytes = 16 * 1024;
constexpr size_t kCharacterBytesMax = 4;

bool has_nul(std::string_view bytes) {
  return !bytes.empty() && std::memchr(bytes.data(), 0, bytes.size()) != nullptr;
}

bool is_ascii(char c) {
  return static_cast<uint8_t>(c) < 0x80;
}

// How many bytes the character takes that begins with this one, if it is one.
size_t character_bytes(char first) {
  const auto byte = static_cast<uint8_t>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// A kana in Shift_JIS, which Japanese text is full of.
bool is_kana(char first, char second) {
  const auto lead = static_cast<uint8_t>(first), trail = static_cast<uint8_t>(second);
  return (lead == 0x82 && trail >= 0x9F && trail <= 0xF1) || (lead == 0x83 && trail >= 0x40 && trail <= 0x96);
}

}  // namespace

size_t text_block_end(std::string_view bytes, size_t begin) {
  if (bytes.size() - begin <= kBlockBytes) return bytes.size();
  const auto is_continuation = [&](size_t at) { return (static_cast<uint8_t>(bytes[at]) & 0xC0) == 0x80; };
  size_t end = begin + kBlockBytes;
  // Where no character ends, the bytes are no UTF-8 wherever they are divided.
  for (size_t back = 0; back < kCharacterBytesMax && is_continuation(end); ++back) --end;
  return end;
}

bool is_clean_text(std::string_view bytes) {
  for (size_t begin = 0, end = 0; begin < bytes.size(); begin = end) {
    end = text_block_end(bytes, begin);
    const std::string_view block = bytes.substr(begin, end - begin);
    if (has_nul(block) || !simdjson::validate_utf8(block.data(), block.size())) return false;
  }
  return true;
}

std::optional<Flaw> text_flaw(std::string_view record) {
  if (has_nul(record)) return Flaw::nul_byte;
  if (!simdjson::validate_utf8(record.data(), record.size())) return Flaw::invalid_utf8;
  return std::nullopt;
}

size_t first_invalid_utf8(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t size = std::min(character_bytes(bytes[at]), bytes.size() - at);
    if (!simdjson::validate_utf8(bytes.data() + at, size)) break;
    at += size;
  }
  return at;
}

// Western text has single accented letters among ASCII; what is written in other scripts has them in a row.
std::string_view likely_encoding(std::string_view bytes) {
  size_t alone = 0, in_a_row = 0, kana = 0;
  for (size_t at = 0; at < bytes.size();) {
    if (is_ascii(bytes[at])) {
      ++at;
      continue;
    }
    if (at + 1 < bytes.size() && is_kana(bytes[at], bytes[at + 1])) {
      ++kana;
      at += 2;
      continue;
    }
    size_t end = at + 1;
    while (end < bytes.size() && !is_ascii(bytes[end])) ++end;
    (end - at == 1 ? alone : in_a_row) += 1;
    at = end;
  }
  if (kana > alone + in_a_row) return "Shift_JIS";
  return alone > 0 && in_a_row == 0 && kana == 0 ? "windows-1252" : "";
}

}  // namespace bulkwrite::csv
