#include "engine/csv/text.h"

#include <simdjson.h>

#include <cstring>

namespace bulkwrite::csv {
namespace {

bool has_nul(std::string_view bytes) {
  return !bytes.empty() && std::memchr(bytes.data(), 0, bytes.size()) != nullptr;
}

}  // namespace

bool is_clean_text(std::string_view bytes) {
  return !has_nul(bytes) && simdjson::validate_utf8(bytes.data(), bytes.size());
}

std::optional<Flaw> text_flaw(std::string_view record) {
  if (has_nul(record)) return Flaw::nul_byte;
  if (!simdjson::validate_utf8(record.data(), record.size())) return Flaw::invalid_utf8;
  return std::nullopt;
}

}  // namespace bulkwrite::csv
