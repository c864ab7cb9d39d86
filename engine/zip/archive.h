// One member wrapped in one ZIP, as every reader takes it: sizes and CRC in the local header, deflated or stored, no
// data descriptor, no extra fields, no ZIP64, no bytes before or behind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/zip/deflate.h"

namespace bulkwrite::zip {

// The pieces of an archive, one behind another.
struct Archive {
  std::array<std::string_view, 3> pieces;
  bool stored = false;

  size_t size() const { return pieces[0].size() + pieces[1].size() + pieces[2].size(); }
  std::string joined(std::string memory = {}) const;  // in this memory where it is enough
};

// Reusable; its buffer grows to the largest archive and stays. One thread.
class ArchiveWriter {
 public:
  // The archive is valid until the next pack. A deflated one is one piece. Without a deflater, or where it does not
  // make the member smaller, the member is stored: it is then a piece of its own, not copied, so the archive is valid
  // only as long as the member is. `member_crc` is the member's CRC-32. The same arguments give the same bytes.
  // input_data where a ZIP without ZIP64 cannot hold it.
  Result<Archive> pack(std::string_view member_name, std::string_view member, uint32_t member_crc, Deflater* deflater);

 private:
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
};

}  // namespace bulkwrite::zip
