#include "engine/source/compressed.h"

#include <catch2/catch.hpp>
#include <set>

#include "engine/base/file.h"
#include "engine/source/input.h"
#include "tests/source/packed.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using Catch::Matchers::Contains;
using packed::Format;
using packed::kFormats;
using packed::pack;
using zip_builder::Member;

namespace {

// Reads `bytes` as a file that must be damaged; what was said of it.
std::string damage_of(const TemporaryDirectory& directory, std::string_view bytes) {
  const auto all = packed::read_all(directory, bytes);
  REQUIRE_FALSE(all);
  CHECK(all.error().kind == ErrorKind::input_data);
  CHECK_THAT(all.error().message, Contains((directory / "input").string()));
  return all.error().message;
}

// A zstd frame as its own program makes it, with the check sum that libarchive leaves out; and what is in it.
std::string checked_zstd() {
  constexpr unsigned char kBytes[] = {
      0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x68, 0xDD, 0x01, 0x00, 0x72, 0x83, 0x0C, 0x11, 0xB0, 0x3D, 0x9F, 0x69, 0x36,
      0xEC, 0x6A, 0xE3, 0xCC, 0xBA, 0x5B, 0xFD, 0x3C, 0x1E, 0x47, 0x44, 0x47, 0xED, 0x1D, 0x59, 0xF7, 0xEF, 0x08,
      0x88, 0x9E, 0x0E, 0x83, 0x8A, 0x1C, 0x96, 0x36, 0xE6, 0x7A, 0x12, 0xB1, 0xD3, 0x17, 0xBF, 0x03, 0x6A, 0x64,
      0x09, 0x7D, 0x6C, 0x43, 0x36, 0x89, 0x3E, 0x97, 0x01, 0x00, 0x97, 0x18, 0x05, 0x05, 0xB8, 0xBD, 0x51, 0x01};
  return {std::begin(kBytes), std::end(kBytes)};
}
constexpr std::string_view kInCheckedZstd =
    "Last_Name,Company\nOkafor,\"Freight, and more\"\nRossi,Fish\nOkafor,\"Freight, and more\"\n";

// The bytes of the sources in their order, each behind the part of its name that follows the "!".
std::vector<std::pair<std::string, std::string>> members_of(const std::vector<packed::Source>& sources) {
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& source : sources) members.emplace_back(source.name.substr(source.name.find('!') + 1), source.bytes);
  return members;
}

}  // namespace

TEST_CASE("each compressed format gives the bytes that went in, in steps of any size") {
  const TemporaryDirectory directory;
  const std::string bytes = zip_builder::csv_text(300'000, 1);
  for (const Format format : kFormats) {
    CAPTURE(static_cast<int>(format));
    const std::string file = pack(format, bytes);
    for (const size_t step : {1, 777, 1'000'000}) {
      const auto all = packed::read_all(directory, file, step);
      REQUIRE(all);
      REQUIRE(all->size() == 1);
      CHECK((all->at(0).bytes == bytes));
      CHECK(all->at(0).name == (directory / "input").string());
      CHECK_FALSE(all->at(0).rereadable);
    }
  }
}

TEST_CASE("members one behind the other are one stream, as the programs have it that make them") {
  const TemporaryDirectory directory;
  const std::string first = zip_builder::csv_text(50'000, 1), second = zip_builder::csv_text(70'000, 2);
  for (const Format format : kFormats) {
    CAPTURE(static_cast<int>(format));
    const auto all = packed::read_all(directory, pack(format, first) + pack(format, second) + pack(format, "end\n"));
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    CHECK((all->at(0).bytes == first + second + "end\n"));
  }
}

TEST_CASE("a compressed file of nothing is an empty source") {
  const TemporaryDirectory directory;
  for (const Format format : kFormats) {
    CAPTURE(static_cast<int>(format));
    const auto all = packed::read_all(directory, pack(format, ""));
    INFO((all ? "" : all.error().message));
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    CHECK(all->at(0).bytes.empty());
    for (size_t size = 10; size < pack(format, "").size(); ++size) {
      CAPTURE(size);
      const auto cut = packed::read_all(directory, pack(format, "").substr(0, size));
      REQUIRE_FALSE(cut);
      CHECK(cut.error().kind == ErrorKind::input_data);
    }
  }
}

TEST_CASE("a compressed file cut off anywhere is an error that names the place, and never an early end") {
  const TemporaryDirectory directory;
  const std::string first = "Last_Name,Company\nOkafor,Freight\n", second = "Rossi,\"Fish, and more\"\n";
  for (const Format format : kFormats) {
    const std::string head = pack(format, first), file = head + pack(format, second);
    REQUIRE(packed::read_all(directory, file));
    for (size_t size = 6; size < file.size(); ++size) {  // what is shorter looks like a plain file
      CAPTURE(static_cast<int>(format), size, head.size(), file.size());
      const auto all = packed::read_all(directory, file.substr(0, size));
      if (size == head.size()) {  // as whole as a file of the first member alone
        REQUIRE(all);
        CHECK(all->at(0).bytes == first);
        continue;
      }
      if (size < 10 && all) {  // the first bytes decide, and may not be there
        CHECK(all->at(0).bytes == file.substr(0, size));
        continue;
      }
      REQUIRE_FALSE(all);
      CHECK(all.error().kind == ErrorKind::input_data);
      CHECK_THAT(all.error().message, Contains("near byte " + std::to_string(size) + " of the file"));
    }
  }
}

TEST_CASE("a byte changed anywhere in a compressed file never changes a byte of the CSV") {
  const TemporaryDirectory directory;
  for (const Format format : kFormats) {
    const std::string bytes(kInCheckedZstd);
    const std::string file = (format == Format::zstd ? checked_zstd() : pack(format, bytes)) + pack(format, "");
    REQUIRE(packed::read_all(directory, file)->at(0).bytes == bytes);
    size_t noticed = 0;
    for (size_t at = 0; at < file.size(); ++at) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
      CAPTURE(static_cast<int>(format), at);
      const auto all = packed::read_all(directory, damaged);
      if (!all) {
        CHECK(all.error().kind == ErrorKind::input_data);
        ++noticed;
        continue;
      }
      // A field that means nothing, or a file that is no longer known as a compressed one.
      CHECK((all->at(0).bytes == bytes || all->at(0).bytes == damaged));
    }
    CHECK(noticed > file.size() * 3 / 4);
  }
}

TEST_CASE("other bytes behind a compressed stream are an error") {
  const TemporaryDirectory directory;
  for (const Format format : kFormats) {
    for (const std::string& behind : {std::string("x"), std::string("and,more\n1,2\n"), std::string(200'000, 'x')}) {
      CAPTURE(static_cast<int>(format), behind.substr(0, 20));
      damage_of(directory, pack(format, "a,b\n1,2\n") + behind);
    }
  }
}

TEST_CASE("a ZIP gives its CSV members in archive order, and passes over everything else") {
  const TemporaryDirectory directory;
  const std::string large = zip_builder::csv_text(400'000, 1);
  const auto all = packed::read_all(directory, zip_builder::build({{.name = "z.csv", .bytes = large},
                                                                   {.name = "notes.pdf", .bytes = "no CSV"},
                                                                   {.name = "a.TSV", .bytes = "a\tb\n"},
                                                                   {.name = "folder/", .bytes = "", .deflated = false},
                                                                   {.name = "folder/deep/m.txt", .bytes = "a;b\n"},
                                                                   {.name = "__MACOSX/._z.csv", .bytes = "junk"},
                                                                   {.name = "._b.csv", .bytes = "junk"},
                                                                   {.name = "csv", .bytes = "no ending"},
                                                                   {.name = "e.csv", .bytes = "", .deflated = false},
                                                                   {.name = "last.csv.bak", .bytes = "other ending"}}));
  REQUIRE(all);
  using Members = std::vector<std::pair<std::string, std::string>>;
  CHECK((members_of(*all) ==
         Members{{"z.csv", large}, {"a.TSV", "a\tb\n"}, {"folder/deep/m.txt", "a;b\n"}, {"e.csv", ""}}));
  CHECK(all->at(0).name == (directory / "input").string() + "!z.csv");
  for (const auto& source : *all) CHECK_FALSE(source.rereadable);
}

TEST_CASE("a member's name is told as it is, whatever its letters, and nothing is written by it") {
  const TemporaryDirectory directory;
  const std::vector<std::string> names{"../../up.csv", "/etc/passwd.csv", "a b.csv", "Pr\xC3\xA9nom.csv"};
  std::vector<Member> members;
  for (const auto& name : names) members.push_back({.name = name, .bytes = name, .flags = 1 << 11});
  const auto all = packed::read_all(directory, zip_builder::build(members));
  REQUIRE(all);
  REQUIRE(all->size() == names.size());
  for (size_t i = 0; i < names.size(); ++i) CHECK(members_of(*all)[i] == std::pair(names[i], names[i]));
  CHECK(directory.entries() == 1);
}

TEST_CASE("a member whose name is in another encoding is a source all the same, or an error, but never passed over") {
  const TemporaryDirectory directory;
  const auto all = packed::read_all(directory, zip_builder::build({{.name = "Pr\xE9nom.csv", .bytes = "a\n"}}));
  REQUIRE(all);
  REQUIRE(all->size() == 1);
  CHECK(all->at(0).bytes == "a\n");
  const Member broken{.name = "Pr\xE9nom.csv", .bytes = "b\n", .flags = 1 << 11};  // which claims to be UTF-8
  CHECK_THAT(damage_of(directory, zip_builder::build({{.name = "a.csv", .bytes = "a\n"}, broken})),
             Contains("the name of a file in it cannot be read"));
}

TEST_CASE("a ZIP cut off anywhere is an error, and never an early end") {
  const TemporaryDirectory directory;
  const std::string file = zip_builder::build({{.name = "a.csv", .bytes = zip_builder::csv_text(300, 1)},
                                               {.name = "b.csv", .bytes = "stored\n", .deflated = false},
                                               {.name = "c.pdf", .bytes = "none of ours"}});
  REQUIRE(packed::read_all(directory, file));
  for (size_t size = 4; size < file.size(); ++size) {
    CAPTURE(size, file.size());
    const auto all = packed::read_all(directory, file.substr(0, size));
    REQUIRE_FALSE(all);
    CHECK(all.error().kind == ErrorKind::input_data);
    CHECK_THAT(all.error().message, Contains("near byte " + std::to_string(size) + " of the file"));
  }
}

TEST_CASE("a byte changed anywhere in a ZIP never takes a member or a byte of one away") {
  const TemporaryDirectory directory;
  const std::vector<Member> members{{.name = "a.csv", .bytes = zip_builder::csv_text(200, 1)},
                                    {.name = "b.csv", .bytes = "stored,stored\n", .deflated = false},
                                    {.name = "c.csv", .bytes = "last\n"}};
  const std::string file = zip_builder::build(members);
  for (size_t at = 4; at < file.size(); ++at) {
    for (const int bits : {0x01, 0x41, 0x80}) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ bits);
      CAPTURE(at, bits);
      const auto all = packed::read_all(directory, damaged);
      if (!all) {
        CHECK(all.error().kind == ErrorKind::input_data);
        continue;
      }
      std::set<std::string> seen;
      for (const auto& source : *all) seen.insert(source.bytes);
      size_t kept = 0;
      for (const Member& member : members) kept += seen.count(member.bytes);
      // No check sum covers a name or its length: who is named otherwise may be no CSV any more.
      const size_t name = file.find(".csv", at < 4 ? 0 : at - 4);
      const bool in_name = name != std::string::npos && at + 6 >= name && at < name + 4;
      CHECK(kept + (in_name ? 1 : 0) >= members.size());
      CHECK(all->size() <= members.size());
    }
  }
}

TEST_CASE("a ZIP in which no member is a CSV is refused") {
  const TemporaryDirectory directory;
  CHECK_THAT(damage_of(directory, zip_builder::build({{.name = "a.pdf", .bytes = "x"}})), Contains("holds no .csv"));
  CHECK_THAT(damage_of(directory, zip_builder::build({})), Contains("holds no .csv"));
}

TEST_CASE("an encrypted member is refused by its name") {
  const TemporaryDirectory directory;
  const auto all = packed::read_all(directory, zip_builder::build({{.name = "plain.csv", .bytes = "a\n"},
                                                                   {.name = "dark.csv", .bytes = "b\n", .flags = 1}}));
  REQUIRE_FALSE(all);
  CHECK(all.error().kind == ErrorKind::input_data);
  CHECK_THAT(all.error().message, Contains("!dark.csv is encrypted"));
}

TEST_CASE("a member that is not what its header says is an error at its end at the latest") {
  const TemporaryDirectory directory;
  const std::string bytes = zip_builder::csv_text(100'000, 1);
  for (const Member& member : {Member{.name = "a.csv", .bytes = bytes, .declared_crc = 1},
                               Member{.name = "a.csv", .bytes = bytes, .deflated = false, .declared_crc = 1},
                               Member{.name = "a.csv", .bytes = bytes, .declared_bytes = 10},
                               Member{.name = "a.csv", .bytes = bytes, .declared_bytes = 0xFFFFFFF0},
                               Member{.name = "a.csv", .bytes = bytes, .declared_packed_bytes = 10},
                               Member{.name = "a.csv", .bytes = bytes, .declared_packed_bytes = 0xFFFFFFF0},
                               Member{.name = "a.csv", .bytes = bytes, .declared_method = 99},
                               Member{.name = "a.csv", .bytes = bytes, .declared_method = 77}}) {
    damage_of(directory, zip_builder::build({member}));
  }
}

TEST_CASE("a member may be left half read, and the next one is whole") {
  const TemporaryDirectory directory;
  REQUIRE(
      write_file(directory / "input", zip_builder::build({{.name = "a.csv", .bytes = zip_builder::csv_text(500'000, 1)},
                                                          {.name = "b.csv", .bytes = "whole\n"}})));
  auto members = source::zip_members(*source::File::open((directory / "input").string()));
  REQUIRE(members);
  auto first = (*members)->next();
  REQUIRE(first);
  std::string some(100, '\0');
  CHECK(*(*first)->read(some) == 100);
  first->reset();
  const auto second = (*members)->next();
  REQUIRE(second);
  CHECK(*packed::read_rest(**second) == "whole\n");
}

TEST_CASE("a bomb comes in the steps that are asked for, and never in more memory") {
  constexpr uint64_t kBombBytes = 100 << 20;
  const TemporaryDirectory directory;
  std::vector<std::string> bombs;
  for (const Format format : {Format::gzip, Format::zstd, Format::xz, Format::bzip2})
    bombs.push_back(packed::pack_noughts(format, kBombBytes));
  bombs.push_back(zip_builder::build({{.name = "bomb.csv",
                                       .declared_crc = zip_builder::crc_of_noughts(kBombBytes),
                                       .declared_bytes = uint32_t{kBombBytes},
                                       .packed = zip_builder::deflated_noughts(kBombBytes)}}));
  const long before = packed::peak_kib();
  for (const std::string& bomb : bombs) {
    REQUIRE(bomb.size() < kBombBytes / 500);
    REQUIRE(write_file(directory / "input", bomb));
    auto input = source::Input::open({(directory / "input").string()});
    REQUIRE(input);
    const auto stream = input->next();
    REQUIRE(stream);
    std::string step(64 * 1024, '\0');
    uint64_t total = 0;
    for (size_t got = 1; got > 0; total += got) {
      auto read = (*stream)->read(step);
      REQUIRE(read);
      got = *read;
    }
    CHECK(total == kBombBytes);
  }
  CHECK(packed::peak_kib() - before < 64 * 1024);
}
