#include "tests/lint/layering.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using bulkwrite::lint::Fault;
using bulkwrite::lint::judge;
using bulkwrite::lint::read_sources;
using bulkwrite::lint::SourceFile;

namespace {

std::string told(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) text += fault.path + ":" + std::to_string(fault.line) + ": " + fault.what + "\n";
  return text;
}

std::string told(const std::string& path, const std::string& text) {
  return told(judge({{path, text}}));
}

}  // namespace

TEST_CASE("every include of this project keeps to the table of the rooms") {
  const std::vector<SourceFile> files = read_sources(BULKWRITE_SOURCE_DIR);
  REQUIRE(files.size() > 10);
  CHECK(told(judge(files)) == "");
}

TEST_CASE("what the table allows is no fault") {
  CHECK(told("engine/csv/cutter.cpp",
             "#include \"engine/csv/cutter.h\"\n\n#include <simdjson.h>\n#include <vector>\n"
             "#include \"engine/base/result.h\"\n") == "");
  CHECK(told("engine/run/load.cpp", "#include \"engine/api/client.h\"\n#include <libfccp/csv.h>\n") == "");
  CHECK(told("engine/csv/kernel_avx2.cpp", "#include <immintrin.h>\n#include \"engine/csv/kernel.h\"\n") == "");
  CHECK(told("tools/bulkwrite/main.cpp", "#include <CLI/CLI.hpp>\n#include \"engine/run/load.h\"\n") == "");
  CHECK(told("tests/run/load_test.cpp", "#include \"engine/csv/cutter.h\"\n#include <curl/curl.h>\n") == "");
  CHECK(told("engine/base/file.h", "// #include <curl/curl.h>\nint includes = 1;\n") == "");
}

TEST_CASE("a room that includes one above or beside it is told, with its line") {
  CHECK(told("engine/base/file.cpp", "\n#include \"engine/csv/header.h\"\n") ==
        "engine/base/file.cpp:2: engine/base may not include \"engine/csv/header.h\"\n");
  CHECK(told("engine/csv/cutter.cpp", "#include \"engine/zip/deflate.h\"\n") != "");
  CHECK(told("engine/zip/deflate.cpp", "#include \"engine/csv/chunk.h\"\n") != "");
  CHECK(told("engine/zip/deflate.cpp", "#include \"engine/api/client.h\"\n") != "");
  CHECK(told("engine/api/client.cpp", "#include \"engine/zip/archive.h\"\n") != "");
  CHECK(told("engine/api/client.cpp", "  #  include  \"engine/run/load.h\"\n") != "");
  CHECK(told("tools/bulkwrite/main.cpp", "#include \"engine/csv/cutter.h\"\n") != "");
  CHECK(told("tools/gen/main.cpp", "#include \"engine/base/file.h\"\n") != "");
}

TEST_CASE("the sandbox shares no header with the engine") {
  CHECK(told("tools/sandbox/main.cpp", "#include \"engine/base/result.h\"\n") ==
        "tools/sandbox/main.cpp:1: tools/sandbox may not include \"engine/base/result.h\"\n");
  CHECK(told("tools/bulkwrite/main.cpp", "#include \"tools/sandbox/store.h\"\n") != "");
}

TEST_CASE("a library in a room that must not know it is told") {
  CHECK(told("engine/run/load.cpp", "#include <curl/curl.h>\n") ==
        "engine/run/load.cpp:1: engine/run may not include curl\n");
  CHECK(told("engine/csv/text.cpp", "#include <zlib.h>\n") != "");
  CHECK(told("engine/csv/text.cpp", "#include <unistd.h>\n") != "");
  CHECK(told("engine/schema/rule.cpp", "#include <simdjson.h>\n") != "");
  CHECK(told("engine/source/file.cpp", "#include <sqlite3.h>\n") != "");
  CHECK(told("tools/bulkwrite/main.cpp", "#include <sqlite3.h>\n") != "");
}

TEST_CASE("a header of a library that nobody listed is told") {
  CHECK(told("engine/base/file.cpp", "#include <boost/asio.hpp>\n") ==
        "engine/base/file.cpp:1: <boost/asio.hpp> is of no library in the table (tests/lint/layers.h)\n");
}

TEST_CASE("csv and schema include neither threads nor files") {
  CHECK(told("engine/csv/cutter.cpp", "#include <thread>\n") ==
        "engine/csv/cutter.cpp:1: engine/csv must never include thread\n");
  CHECK(told("engine/csv/cutter.cpp", "#include \"engine/base/file.h\"\n") != "");
  CHECK(told("engine/schema/rule.cpp", "#include <fstream>\n") != "");
}

TEST_CASE("intrinsics outside the kernel files are told") {
  CHECK(told("engine/csv/index.cpp", "#include <immintrin.h>\n") ==
        "engine/csv/index.cpp:1: engine/csv may not include intrinsics\n");
  CHECK(told("engine/csv/kernel_avx2.h", "#include <x86intrin.h>\n") != "");
  CHECK(told("engine/zip/crc32.cpp", "#include <arm_neon.h>\n") != "");
}

TEST_CASE("curl and httplib live in one .cpp of the room api") {
  const SourceFile transport{"engine/api/transport.cpp", "#include <curl/curl.h>\n#include <curl/multi.h>\n"};
  CHECK(told(judge({transport})) == "");
  CHECK(told(judge({transport, {"engine/api/upload.cpp", "#include <curl/curl.h>\n"}})) ==
        "engine/api/upload.cpp:1: curl is included by engine/api/transport.cpp already: one .cpp only\n");
  CHECK(told("engine/api/listener.h", "#include <httplib.h>\n") ==
        "engine/api/listener.h:1: httplib stays out of headers\n");
}

TEST_CASE("includes that hide what they name are told") {
  CHECK(told("engine/base/file.cpp", "#include \"file.h\"\n") != "");
  CHECK(told("engine/run/load.cpp", "#include \"engine/run/../../tools/sandbox/store.h\"\n") != "");
  CHECK(told("engine/base/file.cpp", "#include HEADER\n") != "");
}

TEST_CASE("a folder without a line in the table and a file named utils are told") {
  CHECK(told("engine/extra/thing.h", "") ==
        "engine/extra/thing.h:0: its folder has no line in the table (tests/lint/layers.h)\n");
  CHECK(told("engine/base/utils.h", "") == "engine/base/utils.h:0: a file is named for what it does, never utils\n");
  CHECK(told("tests/run/test_util.cpp", "") != "");
}
