#include "engine/run/verdict.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/e2e/process.h"
#include "tests/zip/zip_builder.h"

namespace bulkwrite::run {
namespace {

using e2e::spill;

struct Read {
  VerdictStatus status;
  std::string record_id, errors;
  std::vector<std::string> echoed;
  bool operator==(const Read&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Read& read) {
  out << static_cast<int>(read.status) << "|" << read.record_id << "|" << read.errors;
  for (const std::string& field : read.echoed) out << "|" << field;
  return out;
}

Result<Verdicts> read_archive(const std::string& bytes) {
  const e2e::TemporaryDirectory directory;
  spill(directory / "result.zip", bytes);
  return Verdicts::read(directory / "result.zip");
}

Result<Verdicts> read_csv(const std::string& csv) {
  return read_archive(zip_builder::build({{.name = "Leads-leads-00000.csv", .bytes = csv}}));
}

std::vector<Read> verdicts_of(const std::string& csv) {
  const auto verdicts = read_csv(csv);
  if (!verdicts) UNSCOPED_INFO(verdicts.error().message);
  REQUIRE(verdicts);
  std::vector<Read> all;
  for (const Verdict& row : verdicts->rows()) {
    all.push_back({row.status, std::string(row.record_id), std::string(row.errors), {}});
    for (const std::string_view field : row.echoed) all.back().echoed.emplace_back(field);
  }
  return all;
}

void is_refused(const Result<Verdicts>& verdicts, const std::string& why) {
  REQUIRE_FALSE(verdicts);
  CHECK(verdicts.error().kind == ErrorKind::input_data);
  CHECK_THAT(verdicts.error().message, Catch::Contains(why));
}

std::string joined(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (line.empty() ? "" : ",") + field;
  return line + "\n";
}

// One "CODE(field;field)" a group, for comparing.
std::string told(std::string_view errors) {
  std::string text;
  for (const VerdictError& error : parse_errors(errors)) {
    text += error.code + "(";
    for (const std::string& field : error.fields) text += field + ";";
    text += ")";
  }
  return text;
}

}  // namespace

TEST_CASE("the service's columns are found by name, in every order and behind the columns that it repeats") {
  std::vector<std::pair<std::string, std::string>> columns{
      {"ERRORS", "DUPLICATE_DATA-Email"}, {"RECORD_ID", "41508"}, {"STATUS", "SKIPPED"}};
  do {
    std::vector<std::string> names{"Last_Name", "Company", "Email"}, fields{"Ng", "\"Ng, Inc\"", "ng@example.org"};
    for (const auto& [name, field] : columns) {
      names.push_back(name);
      fields.push_back(field);
    }
    CAPTURE(names);
    CHECK(verdicts_of(joined(names) + joined(fields)) ==
          std::vector<Read>{
              {VerdictStatus::skipped, "41508", "DUPLICATE_DATA-Email", {"Ng", "\"Ng, Inc\"", "ng@example.org"}}});
  } while (std::next_permutation(columns.begin(), columns.end()));
}

TEST_CASE("the columns that the service repeats are found wherever they stand") {
  const Read wanted{VerdictStatus::added, "7", "", {"Ng", "Acme", "x"}};
  for (const std::string csv : {"STATUS,RECORD_ID,ERRORS,Last_Name,Company,City\nADDED,7,,Ng,Acme,x\n",
                                "STATUS,Last_Name,RECORD_ID,Company,ERRORS,City\nADDED,Ng,7,Acme,,x\n",
                                "Last_Name,STATUS,Company,RECORD_ID,City,ERRORS\nNg,ADDED,Acme,7,x,\n"}) {
    CAPTURE(csv);
    CHECK(verdicts_of(csv) == std::vector<Read>{wanted});
  }
}

TEST_CASE("a result may repeat fewer columns than three, and what comes behind them is not repeated") {
  CHECK(verdicts_of("Last_Name,STATUS,RECORD_ID,ERRORS\nNg,ADDED,7,\n").front().echoed ==
        std::vector<std::string>{"Ng"});
  CHECK(verdicts_of("A,B,C,STATUS,RECORD_ID,ERRORS,Row\na,b,c,ADDED,7,,1\n").front().echoed ==
        std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("names and statuses are taken in any case, and ID for RECORD_ID") {
  for (const std::string header : {"L,status,record_id,errors", "L,Status,Id,Errors", "L,STATUS,ID,ERRORS"}) {
    CAPTURE(header);
    CHECK(verdicts_of(header + "\nx,Added,7,\n") == std::vector<Read>{{VerdictStatus::added, "7", "", {"x"}}});
  }
}

TEST_CASE("a column of the user's that is called like one of the service's is the user's") {
  CHECK(verdicts_of("id,Status,Company,STATUS,RECORD_ID,ERRORS\n11,open,Acme,UPDATED,12,\n") ==
        std::vector<Read>{{VerdictStatus::updated, "12", "", {"11", "open", "Acme"}}});
  CHECK(verdicts_of("ID,Company,STATUS,ID,ERRORS\n11,Acme,UPDATED,12,\n") ==
        std::vector<Read>{{VerdictStatus::updated, "12", "", {"11", "Acme"}}});
}

TEST_CASE("every status is known, and one that is not is unknown rather than a guess") {
  const auto all = verdicts_of(
      "A,STATUS,RECORD_ID,ERRORS\n1,ADDED,1,\n2,UPDATED,2,\n3,SKIPPED,,X\n4,UNPROCESSED,,\n5,MERGED,5,\n6,,6,\n"
      "7,\"ADDED\",7,\n");
  std::vector<VerdictStatus> statuses;
  for (const Read& read : all) statuses.push_back(read.status);
  using enum VerdictStatus;
  CHECK(statuses == std::vector<VerdictStatus>{added, updated, skipped, unprocessed, unknown, unknown, added});
}

TEST_CASE("a result without errors' column, without records, or without a last line end is one") {
  CHECK(verdicts_of("A,STATUS,RECORD_ID\n1,ADDED,7\n") == std::vector<Read>{{VerdictStatus::added, "7", "", {"1"}}});
  CHECK(verdicts_of("A,STATUS,RECORD_ID,ERRORS\n").empty());
  CHECK(verdicts_of("A,STATUS,RECORD_ID,ERRORS").empty());
  CHECK(verdicts_of("A,STATUS,RECORD_ID,ERRORS\r\n1,ADDED,7,\r\n2,ADDED,8,") ==
        std::vector<Read>{{VerdictStatus::added, "7", "", {"1"}}, {VerdictStatus::added, "8", "", {"2"}}});
}

TEST_CASE("repeated fields may hold commas, quotes and line ends") {
  CHECK(verdicts_of("A,B,STATUS,RECORD_ID,ERRORS\n\"x\ny\",\"\"\"q\"\"\",SKIPPED,,\"INVALID_DATA-A,B\"\n") ==
        std::vector<Read>{{VerdictStatus::skipped, "", "\"INVALID_DATA-A,B\"", {"\"x\ny\"", "\"\"\"q\"\"\""}}});
}

TEST_CASE("verdicts stay good when they are moved") {
  auto verdicts = read_csv("A,STATUS,RECORD_ID,ERRORS\n1,ADDED,7,\n");
  REQUIRE(verdicts);
  const Verdicts moved = *std::move(verdicts);
  REQUIRE(moved.rows().size() == 1);
  CHECK(moved.rows().front().record_id == "7");
  CHECK(moved.rows().front().echoed[0] == "1");
}

TEST_CASE("a result that is none is refused with the reason") {
  is_refused(read_csv("A,RECORD_ID,ERRORS\n1,7,\n"), "STATUS");
  is_refused(read_csv("A,STATUS,ERRORS\n1,ADDED,\n"), "RECORD_ID");
  is_refused(read_csv("STATUS,RECORD_ID,ERRORS\nADDED,7,\n"), "repeats no column");
  is_refused(read_csv(""), "result");
  is_refused(read_csv("A,STATUS,RECORD_ID,ERRORS\n1,ADDED,7\n"), "record 1");
  is_refused(read_csv("A,STATUS,RECORD_ID,ERRORS\n1,ADDED,7,\n2,ADDED,8,,,\n"), "record 2");
  is_refused(read_csv("A,STATUS,RECORD_ID,ERRORS\n1,ADDED,7,\"never closed\n"), "quote");
  is_refused(read_archive("A,STATUS,RECORD_ID,ERRORS\n1,ADDED,7,\n"), "");
  is_refused(read_archive(""), "");
  is_refused(read_archive(R"({"code":"FORBIDDEN","status":"error"})"), "");
}

TEST_CASE("a damaged archive is refused wherever it was cut off") {
  const std::string whole = zip_builder::build({{.name = "r.csv", .bytes = "A,STATUS,RECORD_ID,ERRORS\n1,ADDED,7,\n"}});
  for (size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(read_archive(whole.substr(0, size)));
  }
}

TEST_CASE("a result of noughts by the hundred megabyte is refused, and not read into memory") {
  constexpr uint64_t kBytes = uint64_t{200} << 20;
  is_refused(read_archive(zip_builder::build({{.name = "r.csv",
                                               .declared_crc = zip_builder::crc_of_noughts(kBytes),
                                               .declared_bytes = static_cast<uint32_t>(kBytes),
                                               .packed = zip_builder::deflated_noughts(kBytes)}})),
             "larger than any result");
}

TEST_CASE("a job's result is there, or there is none") {
  const e2e::TemporaryDirectory directory;
  const auto verdicts = Verdicts::read(directory / "missing.zip");
  REQUIRE_FALSE(verdicts);
  CHECK_THAT(verdicts.error().message, Catch::Contains("missing.zip"));
}

TEST_CASE("errors are groups of a code and the columns at fault") {
  CHECK(told("").empty());
  CHECK(told("MANDATORY_NOT_FOUND-Company") == "MANDATORY_NOT_FOUND(Company;)");
  CHECK(told("MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email") ==
        "MANDATORY_NOT_FOUND(Company;Last_Name;)DUPLICATE_DATA(Email;)");
  CHECK(told("LIMIT_EXCEEDED") == "LIMIT_EXCEEDED()");
  CHECK(told("LIMIT_EXCEEDED:CANNOT_PROCESS") == "LIMIT_EXCEEDED()CANNOT_PROCESS()");
  CHECK(told("CANNOT_PROCESS:INVALID_DATA-A") == "CANNOT_PROCESS()INVALID_DATA(A;)");
}

TEST_CASE("columns at fault may hold colons and dashes") {
  CHECK(told("INVALID_DATA-Start: time") == "INVALID_DATA(Start: time;)");
  CHECK(told("INVALID_DATA-E-Mail") == "INVALID_DATA(E-Mail;)");
  CHECK(told("INVALID_DATA-a:b,c-d:DUPLICATE_DATA-x:y") == "INVALID_DATA(a:b;c-d;)DUPLICATE_DATA(x:y;)");
  CHECK(told("INVALID_DATA-ratio 1:2") == "INVALID_DATA(ratio 1:2;)");
}

TEST_CASE("errors in another shape are told as they are and break nothing") {
  CHECK(told("something went wrong") == "something went wrong()");
  CHECK(told("INVALID_DATA-") == "INVALID_DATA(;)");
  CHECK(told("-") == "(;)");
  CHECK(told(":") == ":()");
  CHECK(told("INVALID_DATA-a,,b") == "INVALID_DATA(a;;b;)");
  CHECK(told("INVALID_DATA-a:") == "INVALID_DATA(a:;)");
}

}  // namespace bulkwrite::run
