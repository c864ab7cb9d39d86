// CRC-32 as ZIP uses it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bulkwrite::zip {

// The CRC of everything so far, `bytes` included; `previous` is that before them, 0 at the beginning.
uint32_t crc32(uint32_t previous, std::string_view bytes);

// The CRC of bytes whose first part has the CRC `first`, and whose second, of so many bytes, has the CRC `second`.
uint32_t crc32_of_joined(uint32_t first, uint32_t second, size_t second_bytes);

}  // namespace bulkwrite::zip
