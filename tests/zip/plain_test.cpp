#include "engine/zip/plain.h"

#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <random>

#include "engine/zip/archive.h"
#include "engine/zip/crc32.h"
#include "engine/zip/reader.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using namespace bulkwrite::zip;
using zip_builder::Member;

namespace {

constexpr size_t kBytesMax = 1 << 20;

// What the long way gives: the first member, if the archive is sound as far as that one.
std::optional<std::string> read_long(std::string_view archive) {
  auto reader = ArchiveReader::open_bytes(archive);
  if (!reader) return std::nullopt;
  const auto name = reader->next_member();
  if (!name || !*name) return std::nullopt;
  std::string step(4096, '\0'), bytes;
  for (;;) {
    const auto got = reader->read(step);
    if (!got) return std::nullopt;
    if (*got == 0) return bytes;
    bytes.append(step, 0, *got);
  }
}

bool is_built_in() {
  return make_deflater(Engine::libdeflate, 1).has_value();
}

// Whether the short way was taken; where it was, it has led to the same bytes.
bool is_plain(const std::string& archive) {
  std::string bytes = "left over";
  if (!read_plain(archive, kBytesMax, bytes)) return false;
  CHECK(read_long(archive) == bytes);
  return true;
}

std::string ours(const std::string& bytes, bool stored) {
  const auto deflater = stored ? nullptr : make_deflater(Engine::zlib, 6).value();
  return ArchiveWriter().pack("a.csv", bytes, crc32(0, bytes), deflater.get())->joined();
}

}  // namespace

TEST_CASE("an archive of one member is plain, stored or deflated, whoever has made it") {
  for (const std::string& bytes : {std::string(), std::string("x"), zip_builder::csv_text(300'000, 1)}) {
    CAPTURE(bytes.size());
    CHECK(is_plain(ours(bytes, false)) == is_built_in());
    CHECK(is_plain(ours(bytes, true)) == is_built_in());
    CHECK(is_plain(zip_builder::build({{.name = "a.csv", .bytes = bytes}})) == is_built_in());
  }
}

TEST_CASE("a name that is read as another, or as a folder's, is left to the reader of all archives") {
  const std::string bytes = zip_builder::csv_text(200, 1);
  for (const std::string name : {"a.cs\\", "a\\b.csv", "folder/"}) {
    CAPTURE(name);
    CHECK_FALSE(is_plain(zip_builder::build({{.name = name, .bytes = bytes}})));
  }
  CHECK_FALSE(is_plain(zip_builder::build({{.name = std::string("a/\0sv", 5), .bytes = bytes}})));

  // One that the directory calls by another name than its own header does.
  const std::string archive = zip_builder::build({{.name = "a.csv", .bytes = bytes}});
  for (const size_t at : {archive.find("a.csv"), archive.rfind("a.csv")}) {
    std::string renamed = archive;
    renamed.replace(at, 5, "a.cs\\");
    CHECK_FALSE(is_plain(renamed));
  }
}

TEST_CASE("what is not that, or not sound, or too large is left to the reader of all archives") {
  const Member good{.name = "a.csv", .bytes = zip_builder::csv_text(1000, 1)};
  const std::string archive = zip_builder::build({good});
  const uint32_t bytes = 1000;
  CHECK_FALSE(is_plain(""));
  CHECK_FALSE(is_plain("PK"));
  CHECK_FALSE(is_plain(archive + "x"));
  CHECK_FALSE(is_plain("x" + archive));
  CHECK_FALSE(is_plain(zip_builder::build({})));
  CHECK_FALSE(is_plain(zip_builder::build({good, good})));
  CHECK_FALSE(is_plain(zip_builder::build({{.name = "folder/", .bytes = ""}})));
  const auto lying = [&](auto lie) {
    Member member = good;
    lie(member);
    return is_plain(zip_builder::build({member}));
  };
  CHECK_FALSE(lying([](Member& member) { member.declared_crc = 7; }));
  CHECK_FALSE(lying([](Member& member) { member.declared_bytes = 999; }));
  CHECK_FALSE(lying([](Member& member) { member.declared_bytes = 1001; }));
  CHECK_FALSE(lying([](Member& member) { member.declared_bytes = 0xFFFFFFFF; }));
  CHECK_FALSE(lying([](Member& member) { member.declared_method = 12; }));
  CHECK_FALSE(lying([](Member& member) { member.flags = 1; }));
  CHECK_FALSE(lying([](Member& member) { member.packed = "no stream"; }));
  std::string out;
  CHECK_FALSE(read_plain(archive, bytes - 1, out));
  CHECK(read_plain(archive, bytes, out) == is_built_in());
}

TEST_CASE("cut off anywhere, or with any bit flipped, it is not plain or gives what the reader of all archives gives") {
  for (const bool stored : {false, true}) {
    const std::string archive = ours(zip_builder::csv_text(400, 1), stored);
    for (size_t size = 0; size < archive.size(); ++size) CHECK_FALSE(is_plain(archive.substr(0, size)));
    for (size_t bit = 0; bit < 8 * archive.size(); ++bit) {
      CAPTURE(stored, bit / 8, bit % 8);
      std::string flipped = archive;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      is_plain(flipped);
    }
  }
}

TEST_CASE("bytes strewn over an archive never lead to other bytes than the reader of all archives gives") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    CAPTURE(round);
    std::string archive = ours(zip_builder::csv_text(random() % 200, random()), random() % 2 == 0);
    for (uint64_t strewn = 1 + random() % 4; strewn > 0; --strewn) {
      // Most of them where the headers are, and such as mean something there.
      const size_t anywhere = random() % archive.size(), ahead = random() % 36,
                   behind = archive.size() - 1 - random() % 74;
      const size_t at = std::array{anywhere, ahead, behind, behind}[random() % 4];
      const std::string_view telling("\0\1\2/\\", 5);
      archive[at] = random() % 2 == 0 ? static_cast<char>(random()) : telling[random() % telling.size()];
    }
    is_plain(archive);
  }
}
