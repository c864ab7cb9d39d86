#include "engine/zip/plain.h"

#ifdef BULKWRITE_LIBDEFLATE
#include <libdeflate.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/base/check.h"
#include "engine/zip/crc32.h"
#endif

namespace bulkwrite::zip {

#ifdef BULKWRITE_LIBDEFLATE
namespace {

constexpr size_t kLocalHeaderBytes = 30, kDirectoryBytes = 46, kEndBytes = 22;
constexpr uint32_t kLocalMark = 0x04034b50, kDirectoryMark = 0x02014b50, kEndMark = 0x06054b50;
constexpr uint32_t kStored = 0, kDeflated = 8;
constexpr uint32_t kNotPlain = 1U | 1U << 5 | 1U << 6 | 1U << 13;  // flags: encrypted, or patched
constexpr uint32_t kStreamed = 1U << 3;

uint32_t u16(std::string_view at, size_t offset) {
  return static_cast<uint8_t>(at[offset]) | static_cast<uint32_t>(static_cast<uint8_t>(at[offset + 1])) << 8;
}

uint32_t u32(std::string_view at, size_t offset) {
  return u16(at, offset) | u16(at, offset + 2) << 16;
}

// Neither a folder's, nor one that is read as another: libarchive takes '\\' for '/' and ends a name at a NUL.
bool is_file_name(std::string_view name) {
  return !name.empty() && name.back() != '/' && name.find_first_of(std::string_view("\\\0", 2)) == name.npos;
}

// By the attributes of DOS or of Unix.
bool is_folder(std::string_view entry) {
  const uint32_t attributes = u32(entry, 38), unix_kind = attributes >> 28;
  return (attributes & 1U << 4) != 0 || (unix_kind != 0 && unix_kind != 8);
}

struct Member {
  uint32_t method, crc, bytes;
  std::string_view packed;
};

// Those who stream leave noughts in the local header, for what they do not know yet.
bool agree(std::string_view local, std::string_view entry) {
  if (u16(local, 6) != u16(entry, 8) || u16(local, 8) != u16(entry, 10)) return false;
  const bool streamed = (u16(entry, 8) & kStreamed) != 0;
  for (const size_t field : {0, 4, 8})  // the CRC, and how many bytes it is packed and unpacked
    if (const uint32_t here = u32(local, 14 + field); here != u32(entry, 16 + field) && !(streamed && here == 0))
      return false;
  return true;
}

std::optional<Member> find_member(std::string_view archive) {
  if (archive.size() < kLocalHeaderBytes + kDirectoryBytes + kEndBytes) return std::nullopt;
  const size_t end_at = archive.size() - kEndBytes;
  const std::string_view end = archive.substr(end_at);
  const uint32_t directory_bytes = u32(end, 12), directory_at = u32(end, 16);
  const bool one_whole = u32(end, 0) == kEndMark && u32(end, 4) == 0 && u16(end, 8) == 1 && u16(end, 10) == 1 &&
                         u16(end, 20) == 0 && uint64_t{directory_at} + directory_bytes == end_at;
  if (!one_whole || directory_bytes < kDirectoryBytes || u32(archive, 0) != kLocalMark) return std::nullopt;

  const std::string_view entry = archive.substr(directory_at);
  const bool bare = u32(entry, 0) == kDirectoryMark && (u16(entry, 8) & kNotPlain) == 0 && u32(entry, 30) == 0 &&
                    u32(entry, 42) == 0 && kDirectoryBytes + u16(entry, 28) == directory_bytes && u16(archive, 28) == 0;
  if (!bare || is_folder(entry) || !agree(archive, entry)) return std::nullopt;
  const std::string_view name = entry.substr(kDirectoryBytes, u16(entry, 28));
  if (!is_file_name(name) || u16(archive, 26) != name.size() || archive.substr(kLocalHeaderBytes, name.size()) != name)
    return std::nullopt;
  const uint32_t packed_bytes = u32(entry, 20);
  const uint64_t packed_at = kLocalHeaderBytes + name.size();
  if (packed_at + packed_bytes > directory_at) return std::nullopt;
  return Member{u16(entry, 10), u32(entry, 16), u32(entry, 24), archive.substr(packed_at, packed_bytes)};
}

bool inflate(std::string_view packed, std::string& out) {
  struct Free {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
  };
  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  BULKWRITE_CHECK(decompressor != nullptr, "libdeflate has memory for a decompressor");
  size_t taken = 0, given = 0;
  const auto done = libdeflate_deflate_decompress_ex(decompressor.get(), packed.data(), packed.size(), out.data(),
                                                     out.size(), &taken, &given);
  return done == LIBDEFLATE_SUCCESS && taken == packed.size() && given == out.size();
}

}  // namespace

bool read_plain(std::string_view archive, size_t bytes_max, std::string& out) {
  const auto member = find_member(archive);
  if (!member || member->bytes > bytes_max) return false;
  if (member->method == kStored) {
    out = member->packed;
  } else if (member->method == kDeflated) {
    out.resize(member->bytes);
    if (!inflate(member->packed, out)) return false;
  } else {
    return false;
  }
  return out.size() == member->bytes && crc32(0, out) == member->crc;
}
#else
bool read_plain(std::string_view, size_t, std::string&) {
  return false;
}
#endif

}  // namespace bulkwrite::zip
