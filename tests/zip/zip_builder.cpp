#include "tests/zip/zip_builder.h"

#include <zlib.h>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace zip_builder {
namespace {

constexpr int kRaw = -15;

void u16(std::string& out, uint32_t value) {
  for (int i = 0; i < 2; ++i) out += static_cast<char>(value >> (8 * i));
}

void u32(std::string& out, uint32_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i));
}

class RawDeflate {
 public:
  RawDeflate() {
    if (deflateInit2(&stream_, 6, Z_DEFLATED, kRaw, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("zlib");
  }
  ~RawDeflate() { deflateEnd(&stream_); }
  RawDeflate(const RawDeflate&) = delete;
  RawDeflate& operator=(const RawDeflate&) = delete;

  void add(std::string_view bytes, bool last) {
    std::string out(1 << 16, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = static_cast<uInt>(out.size());
      ::deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      made.append(out, 0, out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  std::string made;

 private:
  z_stream stream_{};
};

uint32_t crc_of(std::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void shared_part(std::string& out, const Member& member, const std::string& packed) {
  u16(out, 20);
  u16(out, member.flags);
  u16(out, member.declared_method.value_or(member.deflated ? 8 : 0));
  u32(out, 0);
  u32(out, member.declared_crc.value_or(crc_of(member.bytes)));
  u32(out, member.declared_packed_bytes.value_or(static_cast<uint32_t>(packed.size())));
  u32(out, member.declared_bytes.value_or(static_cast<uint32_t>(member.bytes.size())));
  u16(out, static_cast<uint32_t>(member.name.size()));
  u16(out, 0);
}

}  // namespace

std::string build(const std::vector<Member>& members) {
  std::string out, directory;
  for (const Member& member : members) {
    const std::string packed = member.packed     ? *member.packed
                               : member.deflated ? raw_deflate(member.bytes)
                                                 : member.bytes;
    const auto at = static_cast<uint32_t>(out.size());
    u32(out, 0x04034b50);
    shared_part(out, member, packed);
    out += member.name + packed;
    u32(directory, 0x02014b50);
    u16(directory, 20);
    shared_part(directory, member, packed);
    directory.append(10, '\0');
    u32(directory, at);
    directory += member.name;
  }
  const auto directory_at = static_cast<uint32_t>(out.size());
  out += directory;
  u32(out, 0x06054b50);
  u32(out, 0);
  u16(out, static_cast<uint32_t>(members.size()));
  u16(out, static_cast<uint32_t>(members.size()));
  u32(out, static_cast<uint32_t>(directory.size()));
  u32(out, directory_at);
  u16(out, 0);
  return out;
}

std::string raw_deflate(std::string_view bytes) {
  RawDeflate deflate;
  deflate.add(bytes, true);
  return deflate.made;
}

std::string deflated_noughts(uint64_t bytes) {
  const std::string noughts(1 << 20, '\0');
  RawDeflate deflate;
  for (; bytes > noughts.size(); bytes -= noughts.size()) deflate.add(noughts, false);
  deflate.add(std::string_view(noughts).substr(0, bytes), true);
  return deflate.made;
}

uint32_t crc_of_noughts(uint64_t bytes) {
  const std::string noughts(1 << 20, '\0');
  uLong crc = 0;
  for (; bytes > 0; bytes -= std::min<uint64_t>(bytes, noughts.size()))
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(noughts.data()), std::min<uint64_t>(bytes, noughts.size()));
  return static_cast<uint32_t>(crc);
}

std::optional<std::string> inflate(std::string_view stream, size_t bytes_max) {
  std::string out(bytes_max, '\0');
  char nowhere = 0;
  z_stream state{};
  if (inflateInit2(&state, kRaw) != Z_OK) return std::nullopt;
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stream.data()));
  state.avail_in = static_cast<uInt>(stream.size());
  state.next_out = reinterpret_cast<Bytef*>(out.empty() ? &nowhere : out.data());
  state.avail_out = static_cast<uInt>(out.size());
  const bool whole = ::inflate(&state, Z_FINISH) == Z_STREAM_END && state.avail_in == 0;
  out.resize(out.size() - state.avail_out);
  inflateEnd(&state);
  if (!whole) return std::nullopt;
  return out;
}

std::string random_bytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string csv_text(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text = "Last_Name,Company,Email\n";
  while (text.size() < size) {
    const std::string number = std::to_string(random() % 1000000);
    text += "Okafor" + number + ",\"Freight, " + number + "\",lead" + number + "@example.com\n";
  }
  text.resize(size);
  return text;
}

}  // namespace zip_builder
