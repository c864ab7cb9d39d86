// Our archives in the hands of programs that are on many machines, though not on all.
#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
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

// An archive of the member by one engine, or stored.
std::string packed(std::optional<zip::Engine> engine, std::string_view member) {
  std::unique_ptr<zip::Deflater> deflater;
  if (engine) {
    auto made = zip::make_deflater(*engine, 1);
    REQUIRE(made);
    deflater = *std::move(made);
  }
  zip::ArchiveWriter writer;
  const auto archive = writer.pack("leads-00000.csv", member, zip::crc32(0, member), deflater.get());
  REQUIRE(archive);
  return archive->joined();
}

std::vector<std::optional<zip::Engine>> all_engines() {
  std::vector<std::optional<zip::Engine>> engines{std::nullopt};
  for (const zip::Engine engine : zip::available_engines()) engines.push_back(engine);
  return engines;
}

// `test` and `extract` get the archive's path behind them; the one says whether it is sound, the other prints it.
void check_all_taken(const std::string& test, const std::string& extract) {
  const TemporaryDirectory directory;
  const std::string path = (directory / "packed.zip").string();
  const std::string quoted = " '" + path + "'";
  for (const auto engine : all_engines()) {
    for (const std::string& member : {std::string(), std::string("a"), std::string("a,b\n1,2\n"),
                                      zip_builder::csv_text(3000000, 1), zip_builder::random_bytes(3000000, 2)}) {
      CAPTURE(engine ? zip::engine_name(*engine) : "stored", member.size());
      REQUIRE(write_file(path, packed(engine, member)));
      CHECK(run(test + quoted).exit_code == 0);
      const Ran extracted = run(extract + quoted);
      CHECK(extracted.exit_code == 0);
      CHECK((extracted.output == member));
    }
    std::string damaged = packed(engine, zip_builder::csv_text(10000, 1));
    damaged[1000] = static_cast<char>(damaged[1000] ^ 1);
    REQUIRE(write_file(path, damaged));
    CHECK(run(test + quoted).exit_code != 0);  // so that a test that takes everything is noticed
  }
}

// java.util.zip, by ZipFile (which reads the directory, and never compares the CRC: this does) or by ZipInputStream
// (which reads from the front, and must find the sizes there).
constexpr const char* kJavaReader = R"(
import java.io.*;
import java.util.zip.*;

class Reader {
  public static void main(String[] arguments) throws IOException {
    CRC32 crc = new CRC32();
    ZipEntry entry = arguments[0].equals("ZipFile") ? byFile(arguments[1], crc) : byStream(arguments[1], crc);
    System.out.flush();
    boolean sound = entry.getName().equals("leads-00000.csv") && entry.getCrc() == crc.getValue();
    System.exit(sound ? 0 : 1);
  }

  static ZipEntry byFile(String path, CRC32 crc) throws IOException {
    try (ZipFile zip = new ZipFile(path)) {
      if (zip.size() != 1) throw new IOException("not one member");
      ZipEntry entry = zip.entries().nextElement();
      new CheckedInputStream(zip.getInputStream(entry), crc).transferTo(System.out);
      return entry;
    }
  }

  static ZipEntry byStream(String path, CRC32 crc) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(new BufferedInputStream(new FileInputStream(path)))) {
      ZipEntry entry = zip.getNextEntry();
      if (entry == null || entry.getSize() < 0 || entry.getCrc() < 0) throw new IOException("no sizes in front");
      new CheckedInputStream(zip, crc).transferTo(System.out);
      if (zip.getNextEntry() != null) throw new IOException("not one member");
      return entry;
    }
  }
}
)";

void check_java_takes_all(const std::string& reader) {
  const TemporaryDirectory directory;
  REQUIRE(write_file(directory / "Reader.java", kJavaReader));
  const std::string place = "'" + directory.path().string() + "'";
  REQUIRE(run("javac -J-XX:TieredStopAtLevel=1 -d " + place + " " + place + "/Reader.java").exit_code == 0);
  const std::string java = "java -XX:TieredStopAtLevel=1 -cp " + place + " Reader " + reader;
  check_all_taken(java, java);
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

TEST_CASE("java ZipFile takes our archives", "[.]") {
  if (is_missing("java") || is_missing("javac")) return;
  check_java_takes_all("ZipFile");
}

TEST_CASE("java ZipInputStream takes our archives", "[.]") {
  if (is_missing("java") || is_missing("javac")) return;
  check_java_takes_all("ZipInputStream");
}
