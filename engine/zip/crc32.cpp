#include "engine/zip/crc32.h"

#ifdef BULKWRITE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

namespace bulkwrite::zip {

uint32_t crc32(uint32_t previous, std::string_view bytes) {
  if (bytes.empty()) return previous;  // the libraries take a null address for a question about the first value
#ifdef BULKWRITE_LIBDEFLATE
  return libdeflate_crc32(previous, bytes.data(), bytes.size());
#else
  return static_cast<uint32_t>(crc32_z(previous, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
#endif
}

}  // namespace bulkwrite::zip
