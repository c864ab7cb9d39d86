// CRC-32 as ZIP uses it.
#pragma once

#include <cstdint>
#include <string_view>

namespace bulkwrite::zip {

// The CRC of everything so far, `bytes` included; `previous` is that before them, 0 at the beginning.
uint32_t crc32(uint32_t previous, std::string_view bytes);

}  // namespace bulkwrite::zip
