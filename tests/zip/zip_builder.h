// Archives by a second, dull hand, for the reader: several members, and headers that lie when a test wants them to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zip_builder {

struct Member {
  std::string name;
  std::string bytes;
  bool deflated = true;
  // What the headers say instead of the truth.
  std::optional<uint32_t> declared_crc, declared_bytes, declared_packed_bytes;
  std::optional<uint16_t> declared_method;
  uint16_t flags = 0;
  std::optional<std::string> packed;  // instead of what would be made from bytes
};

std::string build(const std::vector<Member>& members);

std::string raw_deflate(std::string_view bytes);
// `bytes` noughts, deflated without ever being in memory.
std::string deflated_noughts(uint64_t bytes);
uint32_t crc_of_noughts(uint64_t bytes);

// All of a raw deflate stream of at most `bytes_max` bytes; nothing where it is not one whole stream.
std::optional<std::string> inflate(std::string_view stream, size_t bytes_max);

std::string random_bytes(size_t size, uint64_t seed);
std::string csv_text(size_t size, uint64_t seed);

}  // namespace zip_builder
