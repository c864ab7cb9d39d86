#include <catch2/catch.hpp>

#include "engine/zip/reader.h"
#include "tests/e2e/world.h"

using namespace e2e;

namespace {

std::string member_of(const std::filesystem::path& archive) {
  auto reader = bulkwrite::zip::ArchiveReader::open_file(archive);
  REQUIRE(reader);
  REQUIRE(reader->next_member().value());
  std::string text, block(1 << 16, '\0');
  for (;;) {
    auto got = reader->read(block);
    REQUIRE(got);
    if (*got == 0) return text;
    text.append(block, 0, *got);
  }
}

}  // namespace

TEST_CASE("members in order, without the headers that were repeated, are the source byte for byte") {
  const TemporaryDirectory directory;
  const std::filesystem::path source = directory / "leads.csv";
  CHECK(run({gen_program(), "--records", "30000", "--newlines", "20", "--crlf", "-o", source}, directory.path())
            .exit_code == 0);
  const std::string text = slurp(source);
  const std::string header = text.substr(0, text.find('\n') + 1);

  const Ended ended =
      run({bulkwrite_program(), "pack", source, "-o", directory / "out", "--records", "777"}, directory.path());
  CHECK(ended.exit_code == 0);
  std::string joined = header;
  for (size_t chunk = 0; chunk < summary_of(ended)["chunks"].get<size_t>(); ++chunk) {
    char name[40];
    std::snprintf(name, sizeof name, "leads-%05zu.zip", chunk);
    const std::string member = member_of(directory / "out" / name);
    REQUIRE(member.starts_with(header));
    joined += member.substr(header.size());
  }
  CHECK(joined == text);
}

TEST_CASE("however many threads scan ahead, pack makes the same files") {
  const TemporaryDirectory directory;
  const std::filesystem::path source = directory / "leads.csv";
  CHECK(run({gen_program(), "--records", "30000", "--newlines", "20", "-o", source}, directory.path()).exit_code == 0);
  for (const std::string scanners : {"0", "1", "4"}) {
    const Ended ended = run({bulkwrite_program(), "pack", source, "-o", directory / scanners, "--records", "1777",
                             "--level", "fast", "--scanners", scanners, "--workers", "8"},
                            directory.path());
    CHECK(ended.exit_code == 0);
    size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory / scanners)) {
      CAPTURE(scanners, file.path().filename());
      CHECK(slurp(file.path()) == slurp(directory / "0" / file.path().filename()));
      ++files;
    }
    CHECK(files >= 17);
  }
}

TEST_CASE("pack refuses a directory that is not empty, and leaves it alone") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(1));
  std::filesystem::create_directory(directory / "out");
  spill(directory / "out" / "mine.txt", "mine");
  CHECK(run({bulkwrite_program(), "pack", directory / "leads.csv", "-o", directory / "out"}, directory.path())
            .exit_code == 73);
  CHECK(std::distance(std::filesystem::directory_iterator(directory / "out"), {}) == 1);
}

TEST_CASE("pack reads stdin") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(10));
  const Ended ended =
      run({bulkwrite_program(), "pack", "-", "-o", directory / "out"}, directory.path(), directory / "leads.csv");
  CHECK(ended.exit_code == 0);
  CHECK(member_of(directory / "out" / "stdin-00000.zip") == leads(10));
}
