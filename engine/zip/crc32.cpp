#include "engine/zip/crc32.h"

#include <zlib.h>

#if defined(BULKWRITE_LIBDEFLATE)
#include <libdeflate.h>
#elif defined(BULKWRITE_ISAL)
#include <isa-l/crc.h>
#endif

namespace bulkwrite::zip {

uint32_t crc32(uint32_t previous, std::string_view bytes) {
  if (bytes.empty()) return previous;  // the libraries take a null address for a question about the first value
#if defined(BULKWRITE_LIBDEFLATE)
  return libdeflate_crc32(previous, bytes.data(), bytes.size());
#elif defined(BULKWRITE_ISAL)
  return crc32_gzip_refl(previous, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
#else
  return static_cast<uint32_t>(crc32_z(previous, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
#endif
}

uint32_t crc32_of_joined(uint32_t first, uint32_t second, size_t second_bytes) {
  return static_cast<uint32_t>(crc32_combine(first, second, static_cast<z_off_t>(second_bytes)));
}

}  // namespace bulkwrite::zip
