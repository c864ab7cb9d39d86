// What a hostile server may put into a result.
#include "engine/run/verdict.h"

#include <catch2/catch.hpp>

#include "engine/csv/cutter.h"
#include "tests/zip/zip_builder.h"

namespace bulkwrite::run {
namespace {

using Catch::Matchers::Contains;
using zip_builder::Member;

const std::string kHeader = "Last_Name,STATUS,RECORD_ID,ERRORS\n";

// The text of a result, in an archive as the service makes it. `archive` must outlive the verdicts' reading only.
Result<Verdicts> read(const std::vector<Member>& members) {
  return Verdicts::parse(zip_builder::build(members));
}
Result<Verdicts> read(const std::string& text) {
  return read(std::vector<Member>{{.name = "Leads-bulkwrite.csv", .bytes = text}});
}

void check_no_result(const std::string& text, const std::string& said) {
  const auto refused = read(text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::input_data);
  CHECK_THAT(refused.error().message, Contains(said));
}

std::string records(size_t count) {
  std::string text = kHeader;
  for (size_t i = 0; i < count; ++i) text += "n,ADDED,1,\n";
  return text;
}

TEST_CASE("what is no result is refused") {
  check_no_result("", "there is no header");
  check_no_result("Last_Name,RECORD_ID\nx,1\n", "lacks STATUS");
  check_no_result("Last_Name,STATUS\nx,ADDED\n", "RECORD_ID");
  check_no_result(kHeader + "x,ADDED,1\n", "record 1 of it is broken");
  check_no_result(kHeader + "x,ADDED,1,\n\"a\"b,ADDED,1,\n", "record 2 of it is broken");
  check_no_result(kHeader + "\"x,ADDED,1,\n", "a quote in it is not closed");
  check_no_result("\xFF\xFEL\0a\0", "UTF-16LE");
  check_no_result("{\"code\":\"INTERNAL_ERROR\"}", "not well-formed");
}

TEST_CASE("a result has at most as many records as a chunk") {
  const auto full = read(records(csv::kRecordsMax));
  REQUIRE(full);
  CHECK(full->rows().size() == csv::kRecordsMax);
  check_no_result(records(csv::kRecordsMax + 1), "more records than any chunk");
  const auto blank = read(kHeader + std::string(5'000'000, '\n'));
  REQUIRE(blank);
  CHECK(blank->rows().empty());
}

TEST_CASE("a result has a bound in columns and in bytes, however small its archive is") {
  check_no_result(std::string(1'000'000, ',') + "STATUS,RECORD_ID\n", "more columns than any result");
  constexpr uint64_t kBombBytes = 200 << 20;
  const auto bomb = read({{.name = "bomb.csv",
                           .declared_crc = zip_builder::crc_of_noughts(kBombBytes),
                           .declared_bytes = uint32_t{kBombBytes},
                           .packed = zip_builder::deflated_noughts(kBombBytes)}});
  REQUIRE_FALSE(bomb);
  CHECK_THAT(bomb.error().message, Contains("larger than any result"));
}

TEST_CASE("the name of a result within its archive means nothing") {
  for (const char* const name : {"../../../etc/passwd", "/etc/passwd", "", "a\nb", "Leads.exe"}) {
    CAPTURE(name);
    const auto verdicts = read({{.name = name, .bytes = kHeader + "x,ADDED,1,\n"}});
    REQUIRE(verdicts);
    CHECK(verdicts->rows().size() == 1);
  }
}

}  // namespace
}  // namespace bulkwrite::run
