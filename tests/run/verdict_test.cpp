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
  const std::string archive = zip_builder::build(members);
  auto reader = zip::ArchiveReader::open_bytes(archive);
  REQUIRE(reader);
  return Verdicts::read(*std::move(reader));
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

TEST_CASE("a result gives a verdict for each of its records, in its order, with what it echoes") {
  const auto verdicts = read(
      "Last_Name,City,Status,record_id,Errors\r\n"
      "Okafor,Lagos,ADDED,111000001,\r\n"
      "\"Ro,ssi\",,updated,111000002,\"DUPLICATE_DATA-Email\"\r\n"
      "x,y,SKIPPED,,\r\nx,y,UNPROCESSED,,\r\nx,y,ODD,,\r\n");
  REQUIRE(verdicts);
  REQUIRE(verdicts->rows().size() == 5);
  const auto& first = verdicts->rows()[0];
  CHECK(first.status == VerdictStatus::added);
  CHECK(first.record_id == "111000001");
  CHECK(first.echoed == std::vector<std::string_view>{"Okafor", "Lagos"});
  CHECK(verdicts->rows()[1].status == VerdictStatus::updated);
  CHECK(verdicts->rows()[1].echoed[0] == "\"Ro,ssi\"");
  CHECK(verdicts->rows()[1].errors == "\"DUPLICATE_DATA-Email\"");
  CHECK(verdicts->rows()[2].status == VerdictStatus::skipped);
  CHECK(verdicts->rows()[3].status == VerdictStatus::unprocessed);
  CHECK(verdicts->rows()[4].status == VerdictStatus::unknown);
}

TEST_CASE("the service's columns are known by their names, wherever they stand, and not by those of the user") {
  const auto first = read("STATUS,RECORD_ID,ERRORS\nADDED,7,\n");
  REQUIRE(first);
  CHECK(first->rows().at(0).record_id == "7");
  CHECK(first->rows().at(0).echoed.empty());
  const auto twice = read("Status,ID,Last_Name,STATUS,ID,ERRORS\nopen,x1,Okafor,SKIPPED,8,\n");
  REQUIRE(twice);
  CHECK(twice->rows().at(0).status == VerdictStatus::skipped);
  CHECK(twice->rows().at(0).record_id == "8");
  CHECK(twice->rows().at(0).echoed.size() == 3);
}

TEST_CASE("a result without records has no verdicts") {
  const auto verdicts = read(kHeader);
  REQUIRE(verdicts);
  CHECK(verdicts->rows().empty());
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

TEST_CASE("the errors of a record come in groups of a code and its fields") {
  const auto groups = parse_errors("MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email:LIMIT_EXCEEDED");
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].code == "MANDATORY_NOT_FOUND");
  CHECK(groups[0].fields == std::vector<std::string>{"Company", "Last_Name"});
  CHECK(groups[1].code == "DUPLICATE_DATA");
  CHECK(groups[2].code == "LIMIT_EXCEEDED");
  CHECK(groups[2].fields.empty());
  CHECK(parse_errors("").empty());
  // A colon belongs to a field's name unless a code follows it.
  CHECK(parse_errors("INVALID_DATA-Time: start").at(0).fields == std::vector<std::string>{"Time: start"});
}

}  // namespace
}  // namespace bulkwrite::run
