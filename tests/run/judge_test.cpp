#include "engine/run/judge.h"

#include <catch2/catch.hpp>
#include <random>
#include <sstream>

#include "engine/csv/text.h"
#include "engine/run/check.h"
#include "engine/run/reject.h"
#include "engine/run/schema_json.h"
#include "tests/e2e/process.h"
#include "tests/run/cut_text.h"

namespace bulkwrite::run {
namespace {

const std::string kData = BULKWRITE_SOURCE_DIR "/data/";

schema::Schema leads_schema() {
  auto schema = schema_from_fields_json(e2e::slurp(kData + "leads.schema.json"), "");
  REQUIRE(schema);
  return *schema;
}

// "<record_number>:<rule>" or "<record_number>:<rule>@<column>", one a problem.
std::vector<std::string> judged(const csv::Chunk& chunk, const schema::RecordChecker* checker) {
  std::vector<std::string> problems;
  for (Judge judge(chunk, checker); judge.next();) {
    for (const Problem& problem : judge.problems()) {
      problems.push_back(std::to_string(judge.record().record_number) + ":" + std::string(problem.rule));
      if (problem.column) problems.back() += "@" + std::to_string(*problem.column);
    }
  }
  return problems;
}

std::vector<std::string_view> fields_of(const Judge& judge) {
  std::vector<std::string_view> fields;
  for (size_t i = 0; i < judge.fields().size(); ++i) fields.push_back(judge.fields()[i]);
  return fields;
}

using Problems = std::vector<std::string>;

// The same, record by record and each for itself.
Problems judged_one_by_one(const csv::Chunk& chunk, const schema::RecordChecker& checker) {
  Problems problems;
  csv::RecordReader reader(chunk);
  std::string scratch;
  for (csv::Record record; reader.next(record);) {
    const std::string number = std::to_string(record.record_number) + ":";
    const auto text_flaw = csv::text_flaw(chunk.bytes().substr(record.begin, record.end - record.begin));
    if (record.flaw || text_flaw) {
      problems.push_back(number + std::string(csv::flaw_name(record.flaw ? record.flaw->flaw : *text_flaw)));
      continue;
    }
    std::vector<schema::Violation> violations;
    checker.check(reader.fields(), violations, scratch);
    for (const schema::Violation& violation : violations)
      problems.push_back(number + std::string(schema::rule_name(violation.rule)) + "@" +
                         std::to_string(violation.column));
  }
  return problems;
}

// Sources whose lines are good, bad, blank or no records of this header, in long runs and in turns.
std::vector<std::string> random_sources(std::mt19937_64& random, const std::string& end_of_line) {
  const auto one_of = [&](const std::vector<std::string>& all) { return all[random() % all.size()]; };
  std::vector<std::string> sources(1 + random() % 3);
  for (std::string& source : sources) {
    const uint64_t oddness = random() % 3 == 0 ? 3 : 40;
    for (uint64_t lines = random() % 300; lines > 0; --lines) {
      if (random() % oddness != 0) {
        source += one_of({"Ann", "\"Bob\"", "\"C \"\"D\"\"\""}) + "," +
                  one_of({"", "a@b.example", "\"x.y@mail.example\""}) + "," + one_of({"", "7", "-12", "\"345\""}) +
                  "," + one_of({"", "Open", "\"Closed\""});
      } else {
        source +=
            one_of({"", ",a@b.example,1,Open", "Ann,nobody,1,Open", "Ann,,1x,Open", "Ann,,1,Ajar", "a name too long,,,",
                    "Ann,,1", "Ann,,1,Open,2", "A\"b,,,", "\"A\"b,,,", "Ann,\xC3(,,", "\"\",,,", "A\rnn,,,"});
      }
      source += end_of_line;
    }
    if (!source.empty() && random() % 2 == 0) source.resize(source.size() - end_of_line.size());
  }
  return sources;
}

}  // namespace

TEST_CASE("the sample's rejects are those that were written by hand") {
  std::istringstream expected(e2e::slurp(kData + "leads-sample.expected-rejects.csv"));
  std::string line;
  std::getline(expected, line);
  REQUIRE(line == "record_number,column,rule");
  std::vector<std::string> wanted, found;
  while (std::getline(expected, line)) wanted.push_back(line);
  REQUIRE(wanted.size() == 54);

  CheckOptions options;
  options.input.files = {kData + "leads-sample.csv"};
  options.module = read_module(kData + "leads.schema.json").value();
  options.workers = GENERATE(1, 3);
  options.input.records_max = GENERATE(1, 10, 25'000);
  Progress progress;
  const auto report = check(
      options, progress, {}, [](const std::string&) {},
      [&](const Reject& reject, const std::string& source) {
        CHECK(source == options.input.files.front());
        for (const Reject::Why& why : reject.reasons)
          found.push_back(std::to_string(reject.record_number) + "," + why.column + "," + std::string(why.rule));
      });
  REQUIRE(report);
  CHECK(found == wanted);
  CHECK(report->summary.records_read == 97);
  CHECK(report->summary.rejected == 48);
  CHECK(report->summary.not_sent == 49);
  CHECK(report->summary.blank_lines == 4);
}

TEST_CASE("a rejected record of the sample stands where its offset says") {
  const std::string text = e2e::slurp(kData + "leads-sample.csv");
  CheckOptions options;
  options.input.files = {kData + "leads-sample.csv"};
  options.input.records_max = 7;
  Progress progress;
  uint64_t rejects = 0, behind = 0;
  const auto report = check(
      options, progress, {}, [](const std::string&) {},
      [&](const Reject& reject, const std::string&) {
        ++rejects;
        CHECK(text.substr(reject.byte_offset, reject.bytes.size()) == reject.bytes);
        CHECK(text[reject.byte_offset - 1] == '\n');
        CHECK(reject.byte_offset >= behind);
        behind = reject.byte_offset + reject.bytes.size();
      });
  REQUIRE(report);
  CHECK(rejects == 15);  // without a schema, only those that are broken as CSV or as text
}

TEST_CASE("a record that is broken as such has that one problem, whatever its fields hold") {
  const csv::Chunk chunk = cut_text(
      "1\n"
      "a,b,c\n"
      "a\"b,c\n"
      "\"a\"b,c\n"
      "a\rb,c\n"
      "\xFF,\"\"\n" +
          std::string("\"x\0y\",c\n", 8) + "\xC3\xA9,ok\n",
      2);
  const Problems expected = {"1:field_count", "2:field_count",  "3:stray_quote", "4:stray_quote",
                             "5:bare_cr",     "6:invalid_utf8", "7:nul_byte"};
  CHECK(judged(chunk, nullptr) == expected);

  schema::Schema schema{.module = "Leads",
                        .fields = {{.api_name = "A", .type = schema::FieldType::integer},
                                   {.api_name = "B", .type = schema::FieldType::text, .required = true}}};
  const auto checker = schema::RecordChecker::make(schema::map_columns({"A", "B"}, schema).value());
  REQUIRE(checker);
  Problems with_schema = expected;
  with_schema.push_back("8:integer@0");
  CHECK(judged(chunk, &*checker) == with_schema);
}

TEST_CASE("every column may have a problem of its own") {
  const std::vector<std::string> names = {"Last_Name", "Company", "Email", "No_of_Employees"};
  const auto checker = schema::RecordChecker::make(schema::map_columns(names, leads_schema()).value());
  REQUIRE(checker);
  CHECK(judged(cut_text("\"\",,nobody,none\nA,B,a@b.example,7\n", 4), &*checker) ==
        Problems{"1:required@0", "1:required@1", "1:email@2", "1:integer@3"});
}

TEST_CASE("bad text in one record does not taint its neighbours") {
  CHECK(judged(cut_text("\xC3\xA9,1\n\xC3,2\n\xA9,3\n\xE2\x82\xAC,4\n", 2), nullptr) ==
        Problems{"2:invalid_utf8", "3:invalid_utf8"});
}

TEST_CASE("bad text is found in the record that has it, however long the chunk is") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::string text;
  Problems expected;
  for (size_t number = 1; text.size() < 500'000; ++number) {
    text += "\xC3\xA9,\"" + std::string(random() % (number % 100 == 0 ? 100'000 : 300), '\n');
    if (random() % 50 == 0) {
      const bool nul = random() % 2 == 0;
      text += nul ? '\0' : '\xC3';
      expected.push_back(std::to_string(number) + (nul ? ":nul_byte" : ":invalid_utf8"));
    }
    text += random() % 3 == 0 ? "\"\n\n" : "\"\r\n";
  }
  CHECK(judged(cut_text(text, 2), nullptr) == expected);
}

TEST_CASE("all records are accepted at once only where each of them would be") {
  const auto accepts_all = [](const std::string& text, const schema::RecordChecker* checker) {
    const csv::Chunk chunk = cut_text(text, 2);
    return Judge(chunk, checker).accepts_all();
  };
  CHECK(accepts_all("a,b\nc,\xC3\xA9\n", nullptr));
  CHECK_FALSE(accepts_all("a,b\n\nc,d\n", nullptr));
  CHECK_FALSE(accepts_all("a,b\nc\n", nullptr));
  CHECK_FALSE(accepts_all("a,b\nc,\"\"d\n", nullptr));
  CHECK_FALSE(accepts_all("a,b\nc,\xC3\n", nullptr));
  const auto checker =
      schema::RecordChecker::make(schema::map_columns({"Last_Name", "Company"}, leads_schema()).value());
  REQUIRE(checker);
  CHECK_FALSE(accepts_all("a,b\n,\n", &*checker));
}

TEST_CASE("the judge gives a record's bytes without its terminator, and its raw fields") {
  const csv::Chunk chunk = cut_text("a,\"b\r\n,c\"\r\n\r\n\"\",\"x\"\"y\"", 2);
  Judge judge(chunk, nullptr);
  REQUIRE(judge.next());
  CHECK(judge.bytes() == "a,\"b\r\n,c\"");
  CHECK(fields_of(judge) == std::vector<std::string_view>{"a", "\"b\r\n,c\""});
  REQUIRE(judge.next());
  CHECK(judge.record().record_number == 2);
  CHECK(judge.bytes() == "\"\",\"x\"\"y\"");
  CHECK(fields_of(judge) == std::vector<std::string_view>{"\"\"", "\"x\"\"y\""});
  CHECK(judge.problems().empty());
  CHECK_FALSE(judge.next());
}

TEST_CASE("an empty line is a problem only where there is one column") {
  CHECK(judged(cut_text("a\n\nb\n", 1), nullptr) == Problems{"2:blank_line"});
  CHECK(judged(cut_text("a,b\n\nc,d\n", 2), nullptr).empty());
}

TEST_CASE("a quote that was given up is a problem of its record alone") {
  CHECK(judged(cut_text("a,\"b\nc,d\ne,f\n", 2, ',', true), nullptr) == Problems{"1:unclosed_quote"});
}

TEST_CASE("records that are judged many at a time are judged as each by itself") {
  using Type = schema::FieldType;
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const schema::Mapping mapping{
      .columns = {schema::Field{.api_name = "Name", .type = Type::text, .length_max = 10, .required = true},
                  schema::Field{.api_name = "Mail", .type = Type::email},
                  schema::Field{.api_name = "Count", .type = Type::integer},
                  schema::Field{.api_name = "Stage", .type = Type::picklist, .choices = {"Open", "Closed"}}}};
  const auto checker = schema::RecordChecker::make(mapping, schema::UnknownChoice::is_violation).value();
  size_t problems = 0, records = 0;
  for (int i = 0; i < 300; ++i) {
    const auto sources = random_sources(random, random() % 2 == 0 ? "\n" : "\r\n");
    for (const csv::Chunk& chunk : cut_texts(sources, 4, ',', {.records_max = 1 + random() % 400})) {
      const Problems expected = judged_one_by_one(chunk, checker);
      problems += expected.size();
      records += chunk.records();
      if (judged(chunk, &checker) != expected) FAIL_CHECK("the judge differs at " << i);
      // Records that have no problem are passed over here and there.
      const std::vector<uint32_t> rejected = rejected_records(chunk, &checker);
      Judge judge(chunk, &checker);
      for (uint32_t ordinal = 0, next = 0; ordinal < chunk.records(); ++ordinal) {
        const bool is_rejected = next < rejected.size() && rejected[next] == ordinal;
        const bool is_there = is_rejected || random() % 2 == 0 ? judge.next() : judge.pass();
        REQUIRE(is_there);
        if (judge.problems().empty() == is_rejected) FAIL_CHECK("the judge differs behind a pass at " << i);
        next += is_rejected ? 1 : 0;
      }
    }
  }
  CHECK(problems > 1'000);
  CHECK(records > problems);
}

}  // namespace bulkwrite::run
