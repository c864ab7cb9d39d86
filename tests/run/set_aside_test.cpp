#include "engine/run/set_aside.h"

#include <catch2/catch.hpp>

#include "tests/e2e/process.h"

namespace bulkwrite::run {

using e2e::slurp;

TEST_CASE("records that are set aside are ready to be loaded: the header, then raw bytes, each with a line end") {
  const e2e::TemporaryDirectory directory;
  auto out = SetAside::create(directory.path(), "rejected", "A,B\r\n");
  REQUIRE(out);
  REQUIRE(out->record("1,\"x\ny\"\r\n"));
  REQUIRE(out->record(std::string_view("\xFF\0,2", 4)));
  REQUIRE(out->bytes("3,"));
  REQUIRE(out->bytes("4\n"));
  REQUIRE(out->commit());
  CHECK(slurp(directory / "rejected.csv") == "A,B\r\n1,\"x\ny\"\r\n" + std::string("\xFF\0,2\n", 5) + "3,4\n");
}

TEST_CASE("a header without a line end gets one") {
  const e2e::TemporaryDirectory directory;
  auto out = SetAside::create(directory.path(), "failed", "A,B");
  REQUIRE(out);
  REQUIRE(out->commit());
  CHECK(slurp(directory / "failed.csv") == "A,B\n");
}

TEST_CASE("reasons are rows of a CSV, whatever is in them") {
  const e2e::TemporaryDirectory directory;
  auto out = SetAside::create(directory.path(), "rejected", "A\n");
  REQUIRE(out);
  REQUIRE(out->reason({.source = "my, \"file\".csv",
                       .record_number = 7,
                       .byte_offset = 123,
                       .lines = 2,
                       .column = "Zip, Code",
                       .rule = "length",
                       .excerpt = "two\nlines, and \"more\""}));
  REQUIRE(out->reason({.source = "-", .record_number = 8, .byte_offset = 200, .rule = "field_count"}));
  REQUIRE(out->commit());
  CHECK(slurp(directory / "rejected-reasons.csv") ==
        "source,record_number,byte_offset,lines,column,rule,excerpt\n"
        "\"my, \"\"file\"\".csv\",7,123,2,\"Zip, Code\",length,\"two lines, and \"\"more\"\"\"\n"
        "-,8,200,1,,field_count,\n");
}

TEST_CASE("without a commit nothing appears, and nothing is left behind") {
  const e2e::TemporaryDirectory directory;
  {
    auto out = SetAside::create(directory.path(), "rejected", "A\n");
    REQUIRE(out);
    REQUIRE(out->record(std::string(1 << 20, 'x')));
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a directory that is not there is an error that names the file") {
  const e2e::TemporaryDirectory directory;
  const auto out = SetAside::create(directory / "missing", "rejected", "A\n");
  REQUIRE_FALSE(out);
  CHECK(out.error().kind == ErrorKind::cannot_write);
  CHECK_THAT(out.error().message, Catch::Contains("rejected.csv"));
}

TEST_CASE("an excerpt is at most 60 characters, and says that it was cut") {
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "ü";
  CHECK(printable_excerpt(umlauts) == umlauts);
  CHECK(printable_excerpt(umlauts + "x") == umlauts + "...");
  CHECK(printable_excerpt("").empty());
}

TEST_CASE("an excerpt holds nothing that a terminal or a reader could choke on") {
  CHECK(printable_excerpt("a\nb\tc") == "a b c");
  CHECK(printable_excerpt(std::string_view("\x1B[31m\0\r\x7F", 8)) == "\uFFFD[31m\uFFFD\uFFFD\uFFFD");
  CHECK(printable_excerpt("\xFFz\xE2\x82") == "\uFFFDz\uFFFD\uFFFD");
  CHECK(printable_excerpt("日本 \U0001F600") == "日本 \U0001F600");
}

TEST_CASE("a record spans as many lines as it has line feeds, and one more") {
  CHECK(line_count("") == 1);
  CHECK(line_count("a,b") == 1);
  CHECK(line_count("a,\"b\nc\r\nd\"") == 3);
}

}  // namespace bulkwrite::run
