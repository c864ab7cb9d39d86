#include "engine/zip/archive.h"

#include <sys/mman.h>
#include <zip.h>

#include <catch2/catch.hpp>
#include <optional>

#include "engine/zip/crc32.h"
#include "engine/zip/reader.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using namespace bulkwrite::zip;

namespace {

// What makes archives, and the last one in one piece.
class Packer {
 public:
  explicit Packer(std::optional<Engine> engine = Engine::zlib) {
    if (!engine) return;
    auto deflater = make_deflater(*engine, 1);
    if (!deflater) FAIL(deflater.error().message);
    deflater_ = *std::move(deflater);
  }
  Result<Archive> try_pack(std::string_view name, std::string_view member) {
    return pack_with(name, member, crc32(0, member));
  }
  Result<Archive> pack_with(std::string_view name, std::string_view member, uint32_t crc) {
    return writer_.pack(name, member, crc, deflater_.get());
  }
  struct Packed {
    std::string bytes;
    bool stored;
    const char* begin;
  };
  Packed pack(std::string_view name, std::string_view member) {
    const auto archive = try_pack(name, member);
    if (!archive) FAIL(archive.error().message);
    CHECK(archive->size() == archive->joined().size());
    return {archive->joined(), archive->stored, archive->pieces[0].data()};
  }

 private:
  std::unique_ptr<Deflater> deflater_;
  ArchiveWriter writer_;
};

struct Contents {
  std::string name, bytes;
};

// By our own reader, in small steps. Nothing unless there is exactly one member.
std::optional<Contents> by_our_reader(std::string_view archive) {
  auto reader = ArchiveReader::open_bytes(archive);
  if (!reader) return std::nullopt;
  auto name = reader->next_member();
  if (!name || !*name) return std::nullopt;
  Contents contents{**name, ""};
  std::string step(10007, '\0');
  for (;;) {
    auto got = reader->read(step);
    if (!got) return std::nullopt;
    if (*got == 0) break;
    contents.bytes.append(step, 0, *got);
  }
  auto behind = reader->next_member();
  if (!behind || behind->has_value()) return std::nullopt;
  return contents;
}

// By libzip at its strictest: the local headers must agree with the directory.
std::optional<Contents> by_libzip(std::string_view archive) {
  zip_error_t error;
  zip_source_t* const source = zip_source_buffer_create(archive.data(), archive.size(), 0, &error);
  zip_t* const opened = zip_open_from_source(source, ZIP_CHECKCONS | ZIP_RDONLY, &error);
  if (opened == nullptr) {
    zip_source_free(source);
    return std::nullopt;
  }
  std::optional<Contents> contents;
  zip_stat_t info;
  if (zip_get_num_entries(opened, 0) == 1 && zip_stat_index(opened, 0, 0, &info) == 0) {
    contents = Contents{info.name, std::string(info.size + 1, '\0')};
    zip_file_t* const file = zip_fopen_index(opened, 0, 0);
    const zip_int64_t got = zip_fread(file, contents->bytes.data(), contents->bytes.size());
    if (got < 0)
      contents.reset();
    else
      contents->bytes.resize(static_cast<size_t>(got));
    if (zip_fclose(file) != 0) contents.reset();
  }
  zip_discard(opened);
  return contents;
}

uint32_t number_at(std::string_view bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= uint32_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
  return value;
}

}  // namespace

TEST_CASE("an archive holds the member that went in, whatever it is, by every engine") {
  struct Case {
    std::string what, bytes;
    bool stored;
  };
  const std::vector<Case> cases{{"empty", "", true},
                                {"one byte", "a", true},
                                {"two bytes", "aa", true},
                                {"small text", "a,b\n1,2\n", true},
                                {"text", zip_builder::csv_text(200000, 1), false},
                                {"one letter", std::string(100000, 'a'), false},
                                {"incompressible", zip_builder::random_bytes(100000, 2), true},
                                {"25 MB", zip_builder::csv_text(25000000, 3), false},
                                {"25 MB incompressible", zip_builder::random_bytes(25000000, 4), true}};
  for (const Engine engine : available_engines()) {
    Packer packer(engine);
    for (const auto& [what, bytes, stored] : cases) {
      CAPTURE(engine_name(engine), what);
      const auto archive = packer.pack("leads.csv", bytes);
      CHECK(archive.stored == stored);
      CHECK(archive.bytes.size() <= bytes.size() + 30 + 46 + 22 + 2 * 9);
      for (const auto& contents : {by_our_reader(archive.bytes), by_libzip(archive.bytes)}) {
        REQUIRE(contents);
        CHECK(contents->name == "leads.csv");
        CHECK((contents->bytes == bytes));
      }
    }
  }
}

TEST_CASE("without a deflater every member is stored, and no byte of it is copied") {
  Packer packer(std::nullopt);
  for (const std::string& member : {std::string(), std::string("a,b\n"), zip_builder::csv_text(200000, 1)}) {
    const auto archive = packer.try_pack("leads.csv", member);
    REQUIRE(archive);
    CHECK(archive->stored);
    CHECK(static_cast<const void*>(archive->pieces[1].data()) == static_cast<const void*>(member.data()));
    const std::string bytes = archive->joined();
    CHECK(bytes.size() == member.size() + 30 + 46 + 22 + 2 * 9);
    for (const auto& contents : {by_our_reader(bytes), by_libzip(bytes)}) {
      REQUIRE(contents);
      CHECK((contents->bytes == member));
    }
  }
}

TEST_CASE("a member that is stored after a deflated one leaves nothing of that in the archive") {
  auto deflater = make_deflater(Engine::zlib, 1);
  REQUIRE(deflater);
  ArchiveWriter writer;
  const std::string first = zip_builder::csv_text(50000, 1), second = zip_builder::csv_text(60000, 2);
  REQUIRE(writer.pack("a.csv", first, crc32(0, first), deflater->get()));
  const auto stored = writer.pack("a.csv", second, crc32(0, second), nullptr);
  REQUIRE(stored);
  CHECK(stored->joined() == Packer(std::nullopt).pack("a.csv", second).bytes);
}

TEST_CASE("a member without an address is an empty one") {
  Packer packer;
  const auto contents = by_our_reader(packer.pack("a.csv", std::string_view()).bytes);
  REQUIRE(contents);
  CHECK(contents->bytes.empty());
}

TEST_CASE("sizes and CRC are in the local header, and nothing is before, between or behind") {
  Packer packer;
  const std::string name = "leads.csv";
  for (const std::string& member : {std::string("a,b\n"), zip_builder::csv_text(10000, 1)}) {
    const auto archive = packer.pack(name, member);
    const std::string_view bytes(archive.bytes);
    REQUIRE(bytes.size() > 30 + name.size());
    CHECK(number_at(bytes, 0, 4) == 0x04034b50);
    CHECK(number_at(bytes, 4, 2) == 20);
    CHECK(number_at(bytes, 6, 2) == 0);  // no data descriptor, no encryption
    CHECK(number_at(bytes, 8, 2) == (archive.stored ? 0 : 8));
    CHECK(number_at(bytes, 14, 4) == crc32(0, member));
    const uint32_t packed_bytes = number_at(bytes, 18, 4);
    CHECK(number_at(bytes, 22, 4) == member.size());
    CHECK(number_at(bytes, 26, 2) == name.size());
    CHECK(number_at(bytes, 28, 2) == 0);
    CHECK(bytes.substr(30, name.size()) == name);
    const size_t directory_at = 30 + name.size() + packed_bytes;
    REQUIRE(bytes.size() == directory_at + 46 + name.size() + 22);
    CHECK(number_at(bytes, directory_at, 4) == 0x02014b50);
    CHECK(bytes.substr(directory_at + 6, 24) == bytes.substr(4, 24));
    CHECK(number_at(bytes, directory_at + 42, 4) == 0);
    const size_t end_at = directory_at + 46 + name.size();
    CHECK(number_at(bytes, end_at, 4) == 0x06054b50);
    CHECK(number_at(bytes, end_at + 10, 2) == 1);
    CHECK(number_at(bytes, end_at + 12, 4) == 46 + name.size());
    CHECK(number_at(bytes, end_at + 16, 4) == directory_at);
    CHECK(number_at(bytes, end_at + 20, 2) == 0);
  }
}

TEST_CASE("the buffer of a writer is used again, and nothing of an earlier member is left in it") {
  const std::string large = zip_builder::csv_text(400000, 1), small = zip_builder::csv_text(5000, 2);
  const std::string noise = zip_builder::random_bytes(30000, 3);
  for (const Engine engine : available_engines()) {
    CAPTURE(engine_name(engine));
    Packer used(engine);
    const char* const buffer = used.pack("first.csv", large).begin;
    for (const std::string* member : {&small, &noise, &large, &small}) {
      const std::string expected = Packer(engine).pack("b.csv", *member).bytes;
      const auto archive = used.pack("b.csv", *member);
      CHECK((archive.bytes == expected));
      CHECK(static_cast<const void*>(archive.begin) == static_cast<const void*>(buffer));
    }
    const std::string larger = zip_builder::csv_text(900000, 4);
    const auto contents = by_our_reader(used.pack("c.csv", larger).bytes);
    REQUIRE(contents);
    CHECK((contents->bytes == larger));
  }
}

TEST_CASE("a name comes back as it was, also one that is not ASCII or looks like a path") {
  Packer packer;
  for (const std::string name : {"a", "leads 1.csv", "folder/leads.csv", "../../up.csv", "/etc/leads.csv",
                                 "Pr\xC3\xA9nom.csv", "\xE5\xAE\xA2\xE6\x88\xB7.csv"}) {
    CAPTURE(name);
    const auto archive = packer.pack(name, "a,b\n1,2\n");
    for (const auto& contents : {by_our_reader(archive.bytes), by_libzip(archive.bytes)}) {
      REQUIRE(contents);
      CHECK(contents->name == name);
      CHECK(contents->bytes == "a,b\n1,2\n");
    }
  }
  const std::string longest(65535, 'n');
  const auto contents = by_libzip(packer.pack(longest, "x").bytes);
  REQUIRE(contents);
  CHECK((contents->name == longest));
}

TEST_CASE("what a ZIP without ZIP64 cannot hold is refused, and the writer stays usable") {
  Packer packer;
  const auto check_refused = [&](std::string_view name, std::string_view member) {
    const auto refused = packer.pack_with(name, member, 0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::input_data);
    CHECK(refused.error().message.find(std::to_string(member.size()) + " bytes") != std::string::npos);
  };
  check_refused("", "x");
  check_refused(std::string(65536, 'n'), "x");

  // Addresses without memory behind them: they are refused unread.
  constexpr size_t kTooLarge = size_t{1} << 32;
  void* const space = mmap(nullptr, kTooLarge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(space != MAP_FAILED);
  check_refused("a.csv", {static_cast<const char*>(space), kTooLarge});
  check_refused("a.csv", {static_cast<const char*>(space), kTooLarge - 1});
  munmap(space, kTooLarge);

  CHECK(by_our_reader(packer.pack("a.csv", "x").bytes)->bytes == "x");
}

TEST_CASE("pieces are joined in memory that served before, where it is enough") {
  Packer packer(std::nullopt);
  const auto archive = packer.try_pack("a.csv", "a,b\nc,d\n");
  REQUIRE(archive);
  std::string memory(10'000, 'x');
  const void* const where = memory.data();
  const std::string joined = archive->joined(std::move(memory));
  CHECK(static_cast<const void*>(joined.data()) == where);
  CHECK(joined == archive->joined());
  CHECK(joined == archive->joined("x"));
}
