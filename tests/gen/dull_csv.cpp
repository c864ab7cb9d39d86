#include "tests/gen/dull_csv.h"

#include <cstdint>

namespace bulkwrite::gen {
namespace {

// Reads the record or blank line at `at` and moves behind it.
DullRecord read_record(std::string_view bytes, size_t& at, char delimiter) {
  const size_t begin = at;
  DullRecord record;
  record.fields.emplace_back();
  bool quoted = false, closed = false, at_field_start = true;
  for (; at < bytes.size(); ++at) {
    const char c = bytes[at];
    const char next = at + 1 < bytes.size() ? bytes[at + 1] : '\0';
    std::string& field = record.fields.back();
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (next == '"') {
        field += c;
        ++at;
      } else {
        quoted = false;
        closed = true;
      }
      continue;
    }
    if (c == '"' && at_field_start) {
      quoted = true;
      at_field_start = false;
      continue;
    }
    const bool line_end = c == '\n' || (c == '\r' && next == '\n');
    if (c == '"' || (closed && c != delimiter && !line_end)) {
      record.flaw = record.flaw.empty() ? "stray_quote" : record.flaw;
      const size_t lf = bytes.find('\n', at);
      at = lf == bytes.npos ? bytes.size() : lf + 1;
      break;
    }
    if (line_end) {
      at += c == '\r' ? 2 : 1;
      break;
    }
    if (c == delimiter) {
      record.fields.emplace_back();
      at_field_start = true;
      closed = false;
      continue;
    }
    if (c == '\r' && record.flaw.empty()) record.flaw = "bare_cr";
    field += c;
    at_field_start = false;
  }
  record.raw = bytes.substr(begin, at - begin);
  return record;
}

// By the table of well-formed sequences of the Unicode standard (3.9, table 3-7).
bool is_valid_utf8(std::string_view text) {
  const auto byte_at = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  for (size_t i = 0; i < text.size();) {
    const uint8_t first = byte_at(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    if (first < 0xC2 || first > 0xF4) return false;
    const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte_at(i + 1) < low || byte_at(i + 1) > high) return false;
    for (size_t k = 2; k < length; ++k) {
      if (byte_at(i + k) < 0x80 || byte_at(i + k) > 0xBF) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace

size_t count_characters(std::string_view text) {
  size_t characters = 0;
  for (const char c : text) {
    if ((static_cast<uint8_t>(c) & 0xC0) != 0x80) ++characters;
  }
  return characters;
}

DullFile read_dully(std::string_view bytes, char delimiter) {
  DullFile file;
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") {
    file.bom = true;
    bytes.remove_prefix(3);
  }
  size_t at = 0;
  file.header = read_record(bytes, at, delimiter);
  while (at < bytes.size()) {
    DullRecord record = read_record(bytes, at, delimiter);
    if (record.raw == "\n" || record.raw == "\r\n") {
      ++file.blank_lines;
      continue;
    }
    if (record.flaw.empty() && record.fields.size() != file.header.fields.size()) record.flaw = "field_count";
    if (record.flaw.empty() && record.raw.find('\0') != record.raw.npos) record.flaw = "nul_byte";
    if (record.flaw.empty() && !is_valid_utf8(record.raw)) record.flaw = "invalid_utf8";
    file.records.push_back(std::move(record));
  }
  return file;
}

}  // namespace bulkwrite::gen
