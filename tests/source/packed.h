// Compressed files for the readers of them, and what these make of a file.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/source/stream.h"
#include "tests/base/temporary_directory.h"

namespace packed {

enum class Format { gzip, zstd, xz, bzip2 };
constexpr Format kFormats[] = {Format::gzip, Format::zstd, Format::xz, Format::bzip2};

// One member, frame or stream, by libarchive.
std::string pack(Format format, std::string_view bytes);
// `bytes` noughts, packed without ever being in memory.
std::string pack_noughts(Format format, uint64_t bytes);

struct Source {
  std::string name, bytes;
  bool rereadable = false;
  bool operator==(const Source&) const = default;
};

// The rest of a stream, asked for in steps of `step` bytes.
bulkwrite::Result<std::string> read_rest(bulkwrite::source::ByteStream& stream, size_t step = 4096);
// Every source of an input of these paths.
bulkwrite::Result<std::vector<Source>> read_all(const std::vector<std::string>& paths, size_t step = 4096);
// The same of one file with these bytes; it lies in `directory` under the name "input".
bulkwrite::Result<std::vector<Source>> read_all(const TemporaryDirectory& directory, std::string_view bytes,
                                                size_t step = 4096);

// The largest resident memory so far.
long peak_kib();

}  // namespace packed
