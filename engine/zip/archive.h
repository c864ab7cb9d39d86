// One member wrapped in one ZIP, as every reader takes it: sizes and CRC in the local header, deflated or stored, no
// data descriptor, no extra fields, no ZIP64, no bytes before or behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/zip/deflate.h"

namespace bulkwrite::zip {

// Reusable; its buffer grows to the largest archive and stays. One thread.
class ArchiveWriter {
 public:
  explicit ArchiveWriter(std::unique_ptr<Deflater> deflater);

  struct Archive {
    std::string_view bytes;  // valid until the next pack
    uint32_t member_crc = 0;
    bool stored = false;  // deflate did not make it smaller
  };
  // The same member under the same name gives the same bytes. input_data where a ZIP without ZIP64 cannot hold it.
  Result<Archive> pack(std::string_view member_name, std::string_view member);

 private:
  std::unique_ptr<Deflater> deflater_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
};

}  // namespace bulkwrite::zip
