// Our archives in the hands of other programs.
#include "tests/zip/programs.h"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "engine/zip/archive.h"
#include "engine/zip/crc32.h"
#include "tests/base/temporary_directory.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using programs::Program;

namespace {

// How a member is packed: by an engine and its level, or stored.
struct Way {
  std::optional<zip::Engine> engine;
  int level = 0;

  std::string text() const {
    return engine ? std::string(zip::engine_name(*engine)) + " " + std::to_string(level) : "stored";
  }
};

// Those of the engines that this build has, at the levels that `--level` may come to.
std::vector<Way> all_ways() {
  std::vector<Way> ways{{}};
  for (const Way& way : std::vector<Way>{{zip::Engine::zlib, 1},
                                         {zip::Engine::zlib, 6},
                                         {zip::Engine::libdeflate, 1},
                                         {zip::Engine::libdeflate, 6},
                                         {zip::Engine::isal, 1},
                                         {zip::Engine::isal, 2},
                                         {zip::Engine::isal, 3}})
    if (zip::is_available(*way.engine)) ways.push_back(way);
  return ways;
}

std::string packed(const Way& way, std::string_view name, std::string_view member) {
  std::unique_ptr<zip::Deflater> deflater;
  if (way.engine) {
    auto made = zip::make_deflater(*way.engine, way.level);
    REQUIRE(made);
    deflater = *std::move(made);
  }
  zip::ArchiveWriter writer;
  const auto archive = writer.pack(name, member, zip::crc32(0, member), deflater.get());
  REQUIRE(archive);
  return archive->joined();
}

void check_taken(const Program& program, const std::filesystem::path& path, const std::string& member) {
  if (program.test != program.extract) CHECK(programs::run(program.test, path).exit_code == 0);
  const programs::Ran extracted = programs::run(program.extract, path);
  CHECK(extracted.exit_code == 0);
  CHECK((extracted.output == member));
}

void check_all_members(const Program& program) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "packed.zip";
  const std::vector<std::string> members{"", "a", "a,b\n1,2\n", zip_builder::csv_text(9'000'000, 1),
                                         zip_builder::random_bytes(3'000'000, 2)};
  for (const Way& way : all_ways()) {
    for (const std::string& member : members) {
      CAPTURE(way.text(), member.size());
      REQUIRE(write_file(path, packed(way, "leads-00000.csv", member)));
      check_taken(program, path, member);
    }
    CAPTURE(way.text());
    std::string damaged = packed(way, "leads-00000.csv", zip_builder::csv_text(10'000, 1));
    damaged[1000] = static_cast<char>(damaged[1000] ^ 1);
    REQUIRE(write_file(path, damaged));
    CHECK(programs::run(program.test, path).exit_code != 0);  // so that a test that takes everything is noticed
  }
}

void check_all_names(const Program& program) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "packed.zip";
  const std::string member = zip_builder::csv_text(10'000, 1);
  for (const std::string name : {"leads-00000.csv", "K\u00fcndigungen \u540d\u524d-00000.csv"})
    for (const Way& way : {Way{}, Way{zip::Engine::zlib, 1}}) {
      CAPTURE(way.text(), name);
      REQUIRE(write_file(path, packed(way, name, member)));
      CHECK(programs::run(program.list, path).output == name + "\n");
      check_taken(program, path, member);
    }
}

void check_all_taken(const Program& program) {
  check_all_members(program);
  check_all_names(program);
}

}  // namespace

TEST_CASE("unzip takes our archives", "[.]") {
  programs::with_program("unzip", check_all_taken);
}

TEST_CASE("python3 takes our archives", "[.]") {
  programs::with_program("python3", check_all_taken);
}

TEST_CASE("bsdtar takes our archives", "[.]") {
  programs::with_program("bsdtar", check_all_taken);
}

TEST_CASE("java ZipFile takes our archives", "[.]") {
  programs::with_program("java ZipFile", check_all_taken);
}

TEST_CASE("java ZipInputStream takes our archives", "[.]") {
  programs::with_program("java ZipInputStream", check_all_taken);
}
