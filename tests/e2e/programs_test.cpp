// What `pack` made, in the hands of other programs.
#include "tests/zip/programs.h"

#include <catch2/catch.hpp>

#include "tests/e2e/world.h"

using namespace e2e;
using programs::Program;

namespace {

// The members that `pack` makes at this level, as the program prints them, without the headers that are repeated.
std::string unpacked(const Program& program, const std::filesystem::path& directory, const std::string& header) {
  std::string joined = header;
  size_t chunk = 0;
  const nlohmann::json manifest = nlohmann::json::parse(slurp(directory / "manifest.json"));
  for (const nlohmann::json& row : manifest["chunks"]) {
    const std::filesystem::path archive = directory / row["archive"].get<std::string>();
    CAPTURE(archive);
    char name[40];
    std::snprintf(name, sizeof name, "K__ndigungen-%05zu.csv\n", chunk++);
    if (program.test != program.extract) CHECK(programs::run(program.test, archive).exit_code == 0);
    CHECK(programs::run(program.list, archive).output == name);
    const programs::Ran extracted = programs::run(program.extract, archive);
    CHECK(extracted.exit_code == 0);
    REQUIRE(extracted.output.starts_with(header));
    joined += extracted.output.substr(header.size());
  }
  CHECK(chunk >= 2);
  return joined;
}

void check_all_taken(const Program& program) {
  const TemporaryDirectory directory;
  const std::filesystem::path source = directory / "K\u00fcndigungen.csv";
  CHECK(run({gen_program(), "--records", "40000", "--newlines", "20", "-o", source}, directory.path()).exit_code == 0);
  const std::string text = slurp(source);
  const std::string header = text.substr(0, text.find('\n') + 1);
  for (const std::string level : {"none", "fast", "small"}) {
    CAPTURE(level);
    CHECK(run({bulkwrite_program(), "pack", source, "-o", directory / level, "--level", level}, directory.path())
              .exit_code == 0);
    const bool same = unpacked(program, directory / level, header) == text;
    CHECK(same);
  }
}

}  // namespace

TEST_CASE("unzip takes what pack made", "[.]") {
  programs::with_program("unzip", check_all_taken);
}

TEST_CASE("python3 takes what pack made", "[.]") {
  programs::with_program("python3", check_all_taken);
}

TEST_CASE("bsdtar takes what pack made", "[.]") {
  programs::with_program("bsdtar", check_all_taken);
}

TEST_CASE("java ZipFile takes what pack made", "[.]") {
  programs::with_program("java ZipFile", check_all_taken);
}

TEST_CASE("java ZipInputStream takes what pack made", "[.]") {
  programs::with_program("java ZipInputStream", check_all_taken);
}
