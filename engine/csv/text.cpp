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

// Up to the end of a character, where there is one: else the bytes are no UTF-8 wherever they are divided.
size_t block_end(std::string_view bytes, size_t begin) {
  if (bytes.size() - begin <= kBlockBytes) return bytes.size();
  const auto is_continuation = [&](size_t at) { return (static_cast<uint8_t>(bytes[at]) & 0xC0) == 0x80; };
  size_t end = begin + kBlockBytes;
  for (size_t back = 0; back < kCharacterBytesMax && is_continuation(end); ++back) --end;
  return end;
}

}  // namespace

bool is_clean_text(std::string_view bytes) {
  for (size_t begin = 0, end = 0; begin < bytes.size(); begin = end) {
    end = block_end(bytes, begin);
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

}  // namespace bulkwrite::csv
