#include "engine/zip/reader.h"

#include <sys/resource.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "engine/base/file.h"
#include "engine/zip/archive.h"
#include "tests/base/temporary_directory.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using namespace bulkwrite::zip;
using zip_builder::Member;

namespace {

struct Contents {
  std::string name, bytes;
  bool operator==(const Contents&) const = default;
};

Result<std::string> read_member(ArchiveReader& reader, size_t step_bytes) {
  std::string step(step_bytes, '\0'), bytes;
  for (;;) {
    auto got = reader.read(step);
    if (!got) return std::move(got).error();
    if (*got > step.size()) return Error{ErrorKind::unexpected, "more bytes than there was room for"};
    if (*got == 0) return bytes;
    bytes.append(step, 0, *got);
  }
}

Result<std::vector<Contents>> read_all(Result<ArchiveReader> reader, size_t step_bytes = 4096) {
  if (!reader) return std::move(reader).error();
  std::vector<Contents> all;
  for (;;) {
    auto name = reader->next_member();
    if (!name) return std::move(name).error();
    if (!*name) return all;
    auto bytes = read_member(*reader, step_bytes);
    if (!bytes) return std::move(bytes).error();
    all.push_back({**name, *std::move(bytes)});
  }
}

Result<std::vector<Contents>> read_all(std::string_view archive, size_t step_bytes = 4096) {
  return read_all(ArchiveReader::open_bytes(archive), step_bytes);
}

void check_unsound(std::string_view archive, const std::string& said = "") {
  const auto refused = read_all(archive);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::input_data);
  CAPTURE(refused.error().message);
  CHECK(refused.error().message.find("is not a sound ZIP") != std::string::npos);
  CHECK(refused.error().message.find(said) != std::string::npos);
}

long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("members come in their order, deflated or stored, read in steps of any size") {
  const std::vector<Member> members{{.name = "a.csv", .bytes = zip_builder::csv_text(100000, 1)},
                                    {.name = "empty.csv", .bytes = "", .deflated = false},
                                    {.name = "b.csv", .bytes = zip_builder::random_bytes(5000, 2), .deflated = false},
                                    {.name = "c.csv", .bytes = "x"}};
  std::vector<Contents> expected;
  for (const Member& member : members) expected.push_back({member.name, member.bytes});
  const std::string archive = zip_builder::build(members);
  for (const size_t step : {1, 7, 4096, 1000000}) {
    CAPTURE(step);
    const auto all = read_all(archive, step);
    REQUIRE(all);
    CHECK((*all == expected));
  }

  const TemporaryDirectory directory;
  REQUIRE(write_file(directory / "result.zip", archive));
  const auto all = read_all(ArchiveReader::open_file(directory / "result.zip"));
  REQUIRE(all);
  CHECK((*all == expected));
}

TEST_CASE("a member may be left unread, or half read") {
  const std::string archive = zip_builder::build({{.name = "a.csv", .bytes = zip_builder::csv_text(500000, 1)},
                                                  {.name = "b.csv", .bytes = zip_builder::csv_text(500000, 2)},
                                                  {.name = "c.csv", .bytes = "last"}});
  auto reader = ArchiveReader::open_bytes(archive);
  REQUIRE(reader);
  CHECK(**reader->next_member() == "a.csv");
  CHECK(**reader->next_member() == "b.csv");
  std::string some(100, '\0');
  CHECK(*reader->read(some) == 100);
  CHECK(**reader->next_member() == "c.csv");
  CHECK(*read_member(*reader, 10) == "last");
  CHECK_FALSE(reader->next_member()->has_value());
}

TEST_CASE("once a member is at its end it stays there") {
  const std::string archive = zip_builder::build({{.name = "a.csv", .bytes = "abc"}});
  auto reader = ArchiveReader::open_bytes(archive);
  REQUIRE(reader);
  REQUIRE(reader->next_member());
  CHECK(*read_member(*reader, 10) == "abc");
  std::string more(10, '\0');
  CHECK(*reader->read(more) == 0);
}

TEST_CASE("a name is told as it is, and nothing is made of it") {
  const std::vector<std::string> names{"../../etc/passwd",  "/etc/passwd", "deep/er/leads.csv", "a b.csv", "-rf",
                                       "Pr\xC3\xA9nom.csv", "..",          "'; drop table x"};
  std::vector<Member> members;
  for (const auto& name : names) members.push_back({.name = name, .bytes = "x", .flags = 1 << 11});
  const auto all = read_all(zip_builder::build(members));
  REQUIRE(all);
  REQUIRE(all->size() == names.size());
  for (size_t i = 0; i < names.size(); ++i) CHECK((*all)[i] == Contents{names[i], "x"});
}

TEST_CASE("an archive cut off anywhere is not whole") {
  const std::string archive = zip_builder::build({{.name = "a.csv", .bytes = zip_builder::csv_text(2000, 1)},
                                                  {.name = "b.csv", .bytes = "stored", .deflated = false}});
  REQUIRE(read_all(archive));
  const TemporaryDirectory directory;
  for (size_t size = 0; size < archive.size(); ++size) {
    CAPTURE(size);
    check_unsound(archive.substr(0, size));
    if (size % 50 != 0) continue;
    REQUIRE(write_file(directory / "cut.zip", archive.substr(0, size)));
    const auto from_file = read_all(ArchiveReader::open_file(directory / "cut.zip"));
    REQUIRE_FALSE(from_file);
    CHECK(from_file.error().kind == ErrorKind::input_data);
    CHECK(from_file.error().message.find((directory / "cut.zip").string()) != std::string::npos);
  }
}

TEST_CASE("a flipped bit is noticed, or changes no byte of a member") {
  const std::vector<Member> members{{.name = "a.csv", .bytes = zip_builder::csv_text(600, 1)},
                                    {.name = "b.csv", .bytes = "stored,stored\n", .deflated = false}};
  const std::string archive = zip_builder::build(members);
  const size_t data_at = 30 + 5, data_bytes = zip_builder::raw_deflate(members[0].bytes).size();
  size_t unnoticed_in_data = 0, wrong_kind = 0;
  for (size_t bit = 0; bit < 8 * archive.size(); ++bit) {
    std::string flipped = archive;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto all = read_all(flipped);
    if (!all) {
      wrong_kind += all.error().kind != ErrorKind::input_data;
      continue;
    }
    CAPTURE(bit / 8, bit % 8);
    REQUIRE(all->size() == members.size());
    for (size_t i = 0; i < members.size(); ++i) {
      // What a flipped attribute turns into a folder has no bytes; its name says so.
      if ((*all)[i].name == members[i].name + "/") continue;
      CHECK((*all)[i].bytes == members[i].bytes);
    }
    const bool in_data = bit / 8 >= data_at && bit / 8 + 2 < data_at + data_bytes;
    unnoticed_in_data += in_data;
  }
  CHECK(unnoticed_in_data == 0);
  CHECK(wrong_kind == 0);
}

TEST_CASE("bytes that are no ZIP are refused") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  check_unsound("");
  check_unsound("PK");
  check_unsound("Last_Name,Company\nOkafor,Freight\n");
  check_unsound("{\"code\":\"INTERNAL_ERROR\"}");
  check_unsound(std::string(100000, '\0'));
  check_unsound("\x1F\x8B\x08");
  for (uint64_t i = 0; i < 200; ++i) check_unsound(zip_builder::random_bytes(200, seed + i));
  for (uint64_t i = 0; i < 200; ++i) check_unsound("PK\x03\x04" + zip_builder::random_bytes(200, seed + i));
}

TEST_CASE("an archive without a member is refused, as it cannot be told from a damaged one") {
  check_unsound(zip_builder::build({}));
}

TEST_CASE("a missing archive is no_input, one that is something else input_data") {
  const TemporaryDirectory directory;
  const auto missing = ArchiveReader::open_file(directory / "missing.zip");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::no_input);
  CHECK(missing.error().message.find((directory / "missing.zip").string()) != std::string::npos);

  const auto folder = read_all(ArchiveReader::open_file(directory.path()));
  REQUIRE_FALSE(folder);
  CHECK(folder.error().kind == ErrorKind::input_data);
}

TEST_CASE("a CRC or a size that the member does not have is told at its end at the latest") {
  const std::string bytes = zip_builder::csv_text(100000, 1);
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = bytes, .declared_crc = 1}}), "CRC");
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = bytes, .deflated = false, .declared_crc = 1}}), "CRC");
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = bytes, .declared_bytes = 10}}), "size");
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = bytes, .declared_bytes = 0}}), "size");
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = bytes, .declared_packed_bytes = 10}}));
}

TEST_CASE("a declared size costs nothing") {
  const long before = peak_kib();
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = "a,b\n", .declared_bytes = 0xFFFFFFF0}}), "size");
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = "a,b\n", .declared_packed_bytes = 0xFFFFFFF0}}));
  check_unsound(zip_builder::build({{.name = "a.csv",
                                     .bytes = "a,b\n",
                                     .deflated = false,
                                     .declared_bytes = 0xFFFFFFF0,
                                     .declared_packed_bytes = 0xFFFFFFF0}}));
  CHECK(peak_kib() - before < 64 * 1024);
}

TEST_CASE("a bomb comes in the steps that the caller asks for, and never in more memory") {
  constexpr uint64_t kBombBytes = 256 << 20;
  const std::string packed = zip_builder::deflated_noughts(kBombBytes);
  REQUIRE(packed.size() < kBombBytes / 900);
  const uint32_t crc = zip_builder::crc_of_noughts(kBombBytes);
  const std::string honest = zip_builder::build(
      {{.name = "bomb.csv", .declared_crc = crc, .declared_bytes = uint32_t{kBombBytes}, .packed = packed}});
  const std::string liar =
      zip_builder::build({{.name = "bomb.csv", .declared_crc = crc, .declared_bytes = 1000, .packed = packed}});
  const long before = peak_kib();
  std::string step(64 * 1024, '\0');
  const auto bytes_read = [&](std::string_view archive, uint64_t limit) -> Result<uint64_t> {
    auto reader = ArchiveReader::open_bytes(archive);
    REQUIRE(reader);
    REQUIRE(reader->next_member());
    for (uint64_t total = 0;;) {
      auto got = reader->read(step);
      if (!got) return std::move(got).error();
      total += *got;
      if (*got == 0 || total > limit) return total;
    }
  };
  const auto whole = bytes_read(honest, kBombBytes);
  REQUIRE(whole);
  CHECK(*whole == kBombBytes);
  // Who has a limit gets no further than one step beyond it.
  const auto stopped = bytes_read(honest, 1000000);
  REQUIRE(stopped);
  CHECK(*stopped <= 1000000 + step.size());
  const auto lied = bytes_read(liar, kBombBytes);
  REQUIRE_FALSE(lied);
  CHECK(lied.error().kind == ErrorKind::input_data);
  CHECK(peak_kib() - before < 64 * 1024);
}

TEST_CASE("an encrypted member and a method that nobody knows are refused with a reason") {
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = zip_builder::csv_text(1000, 1), .flags = 1}}),
                "Passphrase");
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = "abc", .declared_method = 99}}));
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = "abc", .declared_method = 77}}), "method");
}

TEST_CASE("only stored and deflated members are taken, since others may ask for any memory") {
  for (const uint16_t method :
       std::to_array<uint16_t>({1, 6, 9, 12, 14, 93, 95, 98})) {  // 12 bzip2, 14 lzma, 93 zstd, 95 xz, 98 ppmd
    CAPTURE(method);
    check_unsound(zip_builder::build({{.name = "a.csv", .bytes = "abc", .declared_method = method}}), "method");
  }
  // An LZMA stream that asks for a dictionary of 4 GB.
  const std::string lzma{"\x09\x14\x05\x00\x5D\xFF\xFF\xFF\xFF\x00\x18\x00", 12};
  check_unsound(zip_builder::build({{.name = "a.csv", .bytes = "abc", .declared_method = 14, .packed = lzma}}),
                "method");
}

TEST_CASE("a reader may be moved in the middle of a member") {
  const std::string bytes = zip_builder::csv_text(300000, 1);
  const std::string archive = zip_builder::build({{.name = "a.csv", .bytes = bytes}});
  auto opened = ArchiveReader::open_bytes(archive);
  REQUIRE(opened);
  REQUIRE(opened->next_member());
  std::string head(1000, '\0');
  REQUIRE(*opened->read(head) == 1000);
  ArchiveReader moved = *std::move(opened);
  const auto rest = read_member(moved, 777);
  REQUIRE(rest);
  CHECK((head + *rest == bytes));
}
