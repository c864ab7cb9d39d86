#include "engine/zip/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
namespace bulkwrite::zip {
namespace {

constexpr size_t kLocalHeaderBytes = 30, kDirectoryBytes = 46, kEndBytes = 22;
constexpr uint16_t kVersion = 20, kUtf8Name = 1 << 11, kStored = 0, kDeflated = 8;
// Info-ZIP's unzip believes that a name is UTF-8 only of an archive that was made on Unix, and there a file has a mode.
constexpr uint16_t kMadeOnUnix = 3 << 8;
constexpr uint32_t kUnixMode = uint32_t{0100644} << 16;
// 1980-01-01 00:00: an archive depends on its member and nothing else.
constexpr uint16_t kTime = 0, kDate = (1 << 5) | 1;

class LittleEndian {
 public:
  explicit LittleEndian(char* at) : at_(at) {}
  LittleEndian& u16(uint32_t value) { return bytes(value, 2); }
  LittleEndian& u32(uint32_t value) { return bytes(value, 4); }
  LittleEndian& text(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  char* at() const { return at_; }

 private:
  LittleEndian& bytes(uint32_t value, int count) {
    for (int i = 0; i < count; ++i) *at_++ = static_cast<char>(value >> (8 * i) & 0xFF);
    return *this;
  }
  char* at_;
};

struct Entry {
  std::string_view name;
  uint16_t flags, method;
  uint32_t crc, packed_bytes, member_bytes;
};

// What local header and central directory have in common.
LittleEndian& write_entry(LittleEndian& out, const Entry& entry) {
  return out.u16(kVersion)
      .u16(entry.flags)
      .u16(entry.method)
      .u16(kTime)
      .u16(kDate)
      .u32(entry.crc)
      .u32(entry.packed_bytes)
      .u32(entry.member_bytes)
      .u16(static_cast<uint32_t>(entry.name.size()))
      .u16(0);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::string Archive::joined(std::string memory) const {
  memory.clear();
  // With room to spare, for the next archive that takes this memory: they differ a little.
  if (memory.capacity() < size()) memory.reserve(size() + size() / 8);
  for (const std::string_view piece : pieces) memory += piece;
  return memory;
}

Result<Archive> ArchiveWriter::pack(std::string_view name, std::string_view member, uint32_t member_crc,
                                    Deflater* deflater) {
  const size_t frame = kLocalHeaderBytes + kDirectoryBytes + kEndBytes + 2 * name.size();
  if (name.empty() || name.size() > std::numeric_limits<uint16_t>::max() ||
      member.size() > std::numeric_limits<uint32_t>::max() - frame) {
    return Error{ErrorKind::input_data,
                 fmt::format("a ZIP cannot hold a member of {} bytes under a name of {}", member.size(), name.size())};
  }
  if (const size_t needed = deflater == nullptr ? frame : frame + member.size(); needed > capacity_) {
    // With room to spare: members differ a little, and a new buffer is new memory for the system to hand over.
    capacity_ = needed + needed / 8;
    buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  char* const packed = buffer_.get() + kLocalHeaderBytes + name.size();
  // One byte less than the member: what does not become smaller is stored.
  const size_t deflated_bytes =
      deflater == nullptr || member.size() < 2 ? 0 : deflater->deflate(member, {packed, member.size() - 1});
  const bool stored = deflated_bytes == 0;
  const size_t packed_bytes = stored ? member.size() : deflated_bytes;
  const Entry entry{.name = name,
                    .flags = is_ascii(name) ? uint16_t{0} : kUtf8Name,
                    .method = stored ? kStored : kDeflated,
                    .crc = member_crc,
                    .packed_bytes = static_cast<uint32_t>(packed_bytes),
                    .member_bytes = static_cast<uint32_t>(member.size())};

  LittleEndian local(buffer_.get());
  local.u32(0x04034b50);
  write_entry(local, entry).text(name);

  const size_t directory_at = kLocalHeaderBytes + name.size() + packed_bytes;
  char* const tail_begin = packed + deflated_bytes;
  LittleEndian tail(tail_begin);
  const bool utf8 = entry.flags == kUtf8Name;
  tail.u32(0x02014b50).u16(utf8 ? kMadeOnUnix | kVersion : kVersion);
  write_entry(tail, entry).u16(0).u16(0).u16(0).u32(utf8 ? kUnixMode : 0).u32(0).text(name);
  const auto directory_bytes = static_cast<uint32_t>(tail.at() - tail_begin);
  tail.u32(0x06054b50).u16(0).u16(0).u16(1).u16(1).u32(directory_bytes).u32(static_cast<uint32_t>(directory_at)).u16(0);
  const auto written = [](const char* begin, const char* end) {
    return std::string_view(begin, static_cast<size_t>(end - begin));
  };
  if (stored)
    return Archive{.pieces = {written(buffer_.get(), packed), member, written(tail_begin, tail.at())}, .stored = true};
  return Archive{.pieces = {written(buffer_.get(), tail.at()), {}, {}}, .stored = false};
}

}  // namespace bulkwrite::zip
