// Our archives in the hands of programs that are on many machines, though not on all.
#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

#include "engine/base/file.h"
#include "engine/zip/archive.h"
#include "tests/base/temporary_directory.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;

namespace {

struct Ran {
  int exit_code = -1;
  std::string output;
};

Ran run(const std::string& command) {
  Ran ran;
  std::FILE* const pipe = popen((command + " 2>/dev/null </dev/null").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 65536> bytes{};
  for (size_t got; (got = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) ran.output.append(bytes.data(), got);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) ran.exit_code = WEXITSTATUS(status);
  return ran;
}

// ctest takes the text for a skip.
bool is_missing(const std::string& program) {
  if (run("command -v " + program).exit_code == 0) return false;
  WARN("skipped: " + program + " is not installed");
  return true;
}

// `test` and `extract` get the archive's path behind them; the one says whether it is sound, the other prints it.
void check_all_taken(const std::string& test, const std::string& extract) {
  const TemporaryDirectory directory;
  const std::string path = (directory / "packed.zip").string();
  const std::string quoted = " '" + path + "'";
  for (const zip::Engine engine : zip::available_engines()) {
    auto deflater = zip::make_deflater(engine, 1);
    REQUIRE(deflater);
    zip::ArchiveWriter writer(*std::move(deflater));
    for (const std::string& member : {std::string(), std::string("a"), std::string("a,b\n1,2\n"),
                                      zip_builder::csv_text(3000000, 1), zip_builder::random_bytes(3000000, 2)}) {
      CAPTURE(static_cast<int>(engine), member.size());
      const auto archive = writer.pack("leads-00000.csv", member);
      REQUIRE(archive);
      REQUIRE(write_file(path, archive->bytes));
      CHECK(run(test + quoted).exit_code == 0);
      const Ran extracted = run(extract + quoted);
      CHECK(extracted.exit_code == 0);
      CHECK((extracted.output == member));
    }
    auto archive = writer.pack("leads-00000.csv", zip_builder::csv_text(10000, 1));
    REQUIRE(archive);
    std::string damaged(archive->bytes);
    damaged[1000] = static_cast<char>(damaged[1000] ^ 1);
    REQUIRE(write_file(path, damaged));
    CHECK(run(test + quoted).exit_code != 0);  // so that a test that takes everything is noticed
  }
}

}  // namespace

TEST_CASE("unzip takes our archives", "[.]") {
  if (is_missing("unzip")) return;
  check_all_taken("unzip -tq", "unzip -p");
}

TEST_CASE("python3 takes our archives", "[.]") {
  if (is_missing("python3")) return;
  const std::string open = "python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); ";
  check_all_taken(open + "sys.exit(z.namelist() != [\"leads-00000.csv\"] or z.testzip() is not None)'",
                  open + "sys.stdout.buffer.write(z.read(\"leads-00000.csv\"))'");
}

TEST_CASE("bsdtar takes our archives", "[.]") {
  if (is_missing("bsdtar")) return;
  check_all_taken("bsdtar -xOf", "bsdtar -xOf");
}
