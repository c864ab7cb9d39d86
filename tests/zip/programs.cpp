#include "tests/zip/programs.h"

#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <vector>

#include "engine/base/file.h"
#include "tests/base/temporary_directory.h"

namespace programs {
namespace {

// java.util.zip, by ZipFile (which reads the directory, and never compares the CRC: this does) or by ZipInputStream
// (which reads from the front, and must find the sizes there).
constexpr const char* kJavaReader = R"(
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.zip.*;

class Reader {
  public static void main(String[] arguments) throws IOException {
    boolean names = arguments[1].equals("name");
    OutputStream member = names ? OutputStream.nullOutputStream() : System.out;
    CRC32 crc = new CRC32();
    ZipEntry entry = arguments[0].equals("ZipFile") ? byFile(arguments[2], crc, member) : byStream(arguments[2], crc, member);
    if (names) System.out.write((entry.getName() + "\n").getBytes(StandardCharsets.UTF_8));
    System.out.flush();
    System.exit(entry.getCrc() == crc.getValue() ? 0 : 1);
  }

  static ZipEntry byFile(String path, CRC32 crc, OutputStream member) throws IOException {
    try (ZipFile zip = new ZipFile(path)) {
      if (zip.size() != 1) throw new IOException("not one member");
      ZipEntry entry = zip.entries().nextElement();
      new CheckedInputStream(zip.getInputStream(entry), crc).transferTo(member);
      return entry;
    }
  }

  static ZipEntry byStream(String path, CRC32 crc, OutputStream member) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(new BufferedInputStream(new FileInputStream(path)))) {
      ZipEntry entry = zip.getNextEntry();
      if (entry == null || entry.getSize() < 0 || entry.getCrc() < 0) throw new IOException("no sizes in front");
      new CheckedInputStream(zip, crc).transferTo(member);
      if (zip.getNextEntry() != null) throw new IOException("not one member");
      return entry;
    }
  }
}
)";

Ran run(const std::string& command) {
  Ran ran;
  std::FILE* const pipe = popen(("export LC_ALL=C.UTF-8; " + command + " 2>/dev/null </dev/null").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 65536> bytes{};
  for (size_t got; (got = std::fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) ran.output.append(bytes.data(), got);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) ran.exit_code = WEXITSTATUS(status);
  return ran;
}

bool are_installed(const std::vector<std::string>& needed) {
  for (const std::string& program : needed) {
    if (run("command -v " + program).exit_code == 0) continue;
    WARN("skipped: " + program + " is not installed");
    return false;
  }
  return true;
}

void with_java(const std::string& reader, const std::function<void(const Program&)>& check) {
  if (!are_installed({"java", "javac"})) return;
  const TemporaryDirectory directory;
  REQUIRE(bulkwrite::write_file(directory / "Reader.java", kJavaReader));
  const std::string place = "'" + directory.path().string() + "'";
  REQUIRE(run("javac -J-XX:TieredStopAtLevel=1 -d " + place + " " + place + "/Reader.java").exit_code == 0);
  const std::string java = "java -XX:TieredStopAtLevel=1 -cp " + place + " Reader " + reader;
  check({java + " member", java + " member", java + " name"});
}

}  // namespace

Ran run(const std::string& command, const std::filesystem::path& archive) {
  return run(command + " '" + archive.string() + "'");
}

void with_program(const std::string& name, const std::function<void(const Program&)>& check) {
  if (name.starts_with("java ")) return with_java(name.substr(5), check);
  if (!are_installed({name})) return;
  if (name == "unzip") return check({"unzip -tq", "unzip -p", "unzip -Z1"});
  if (name == "bsdtar") return check({"bsdtar -xOf", "bsdtar -xOf", "bsdtar -tf"});
  const std::string python = "python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); ";
  const std::string read = python + "sys.stdout.buffer.write(z.read(z.namelist()[0]))'";  // and compares the CRC
  check({read, read, python + "print(*z.namelist(), sep=\"\\n\")'"});
}

}  // namespace programs
