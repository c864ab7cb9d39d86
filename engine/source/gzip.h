// gzip, with zlib rather than libarchive: libarchive reads over a member's CRC-32 and length without comparing them,
// and takes a damaged header of a second member for the end of the file.
#pragma once

#include <memory>

#include "engine/source/file.h"
#include "engine/source/stream.h"

namespace bulkwrite::source {

// Concatenated members are one stream. Zero bytes behind the last member are padding; anything else there is an error.
std::unique_ptr<ByteStream> gzip_stream(std::unique_ptr<File> file);

}  // namespace bulkwrite::source
