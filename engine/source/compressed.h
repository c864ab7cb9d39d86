// zstd, xz, bzip2 and ZIP, through libarchive with only these filters and formats.
#pragma once

#include <memory>

#include "engine/source/file.h"
#include "engine/source/stream.h"

namespace bulkwrite::source {

// One compressed stream. Concatenated ones are one; other bytes behind it are an error.
Result<std::unique_ptr<ByteStream>> filtered_stream(std::unique_ptr<File> file);

// The CSV members of a ZIP, in archive order. A member's stream must be gone before the next one is asked for.
class ZipMembers {
 public:
  virtual ~ZipMembers() = default;
  virtual Result<std::unique_ptr<ByteStream>> next() = 0;  // null behind the last
};
Result<std::unique_ptr<ZipMembers>> zip_members(std::unique_ptr<File> file);

}  // namespace bulkwrite::source
