#include "engine/csv/header.h"

#include <catch2/catch.hpp>

#include "engine/csv/text.h"

using namespace bulkwrite;
using namespace bulkwrite::csv;
using namespace std::string_literals;

namespace {

Header header_of(const std::string& text, HeaderOptions options = {}) {
  auto header = read_header(text, true, options);
  if (!header) FAIL(header.error().message);
  REQUIRE(header->has_value());
  return **header;
}

std::string error_of(const std::string& text, HeaderOptions options = {}) {
  auto header = read_header(text, true, options);
  REQUIRE_FALSE(header);
  CHECK(header.error().kind == ErrorKind::input_data);
  return header.error().message;
}

}  // namespace

TEST_CASE("the delimiter is the one that gives the header the most columns") {
  CHECK(header_of("a,b,c\n1,2,3\n").delimiter == ',');
  CHECK(header_of("a;b;c\n").delimiter == ';');
  CHECK(header_of("a:b\n").delimiter == ':');
  CHECK(header_of("a|b\n").delimiter == '|');
  CHECK(header_of("a\tb\n").delimiter == '\t');
  CHECK(header_of("a;b;\"c,d,e,f\"\n").delimiter == ';');
  CHECK(header_of("a,b:c\n").delimiter == ',');
  CHECK(header_of("alone\n").delimiter == ',');
  CHECK(header_of("a,b;c;d\n", {.delimiter = ','}).names == std::vector<std::string>{"a", "b;c;d"});
}

TEST_CASE("names are values, and the bytes are the source's own") {
  const Header header = header_of("\xEF\xBB\xBF\r\n\"a\"\"x\",\"b\nc\",d\r\n1,2,3\r\n");
  CHECK(header.names == std::vector<std::string>{"a\"x", "b\nc", "d"});
  CHECK(header.bytes == "\"a\"\"x\",\"b\nc\",d\r\n");
  CHECK(header.data_offset == 5 + header.bytes.size());
  CHECK(header.delimiter_detected);
}

TEST_CASE("a header may be all there is, with or without a terminator") {
  CHECK(header_of("a,b").names == std::vector<std::string>{"a", "b"});
  CHECK(header_of("a,b").data_offset == 3);
  CHECK(header_of("a,\n").names == std::vector<std::string>{"a", ""});
}

TEST_CASE("a header that is not all there asks for more bytes") {
  CHECK_FALSE(read_header("a,b", false, {}).value().has_value());
  CHECK_FALSE(read_header("a,\"b\nc", false, {}).value().has_value());
  CHECK(read_header("a,b\n", false, {}).value().has_value());
  auto endless = read_header(std::string(2000, 'a'), false, {.record_bytes_max = 1000});
  REQUIRE_FALSE(endless);
  CHECK(endless.error().message.find("1000 bytes") != std::string::npos);
}

TEST_CASE("other encodings are refused, with the name that they look like") {
  CHECK(error_of("\xFF\xFE"s + "a\0,\0"s).find("UTF-16LE") != std::string::npos);
  CHECK(error_of("\xFE\xFF\0a\0,"s).find("UTF-16BE") != std::string::npos);
  CHECK(error_of("\xFF\xFE\0\0a\0\0\0"s).find("UTF-32") != std::string::npos);
  CHECK(error_of("a\0,\0b\0\n\0"s).find("UTF-16LE") != std::string::npos);
  CHECK(error_of("Pr\xE9nom,b\n").find("first at its byte 2") != std::string::npos);
  CHECK(error_of("Pr\xE9nom,b\n").find("--encoding, perhaps windows-1252") != std::string::npos);
}

TEST_CASE("an input without a well-formed header is refused") {
  CHECK(error_of("").find("no header") != std::string::npos);
  CHECK(error_of("\n\n").find("no header") != std::string::npos);
  CHECK(error_of("a\"b,c\n").find("stray_quote") != std::string::npos);
  CHECK(error_of("a,\"b\n").find("not well-formed") != std::string::npos);
}

TEST_CASE("what keeps a header from being loaded is told") {
  CHECK(header_faults({"a", "b"}).empty());
  CHECK(header_faults({"a", "", "a"}).size() == 2);
  CHECK(header_faults(std::vector<std::string>(201, "")).size() == 202);
}

TEST_CASE("text is clean when it is UTF-8 without NUL") {
  CHECK(is_clean_text("a\xC3\xA9"));
  CHECK_FALSE(is_clean_text("a\xC3"));
  CHECK_FALSE(is_clean_text("a\0b"s));
  CHECK(text_flaw("a\0\xFF"s) == Flaw::nul_byte);
  CHECK(text_flaw("a\xFF") == Flaw::invalid_utf8);
  CHECK_FALSE(text_flaw("abc"));
}
