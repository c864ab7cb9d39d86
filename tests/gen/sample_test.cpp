// data/ holds what its README says.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/gen/dull_csv.h"
#include "tests/gen/dull_rules.h"

namespace bulkwrite::gen {
namespace {

const std::string kData = BULKWRITE_SOURCE_DIR "/data/";

DullFile sample() {
  return read_dully(read_whole_file(kData + "leads-sample.csv"));
}

std::vector<DullReject> expected_rejects() {
  std::vector<DullReject> rejects;
  const DullFile file = read_dully(read_whole_file(kData + "leads-sample.expected-rejects.csv"));
  REQUIRE(file.header.fields == std::vector<std::string>{"record_number", "column", "rule"});
  for (const DullRecord& record : file.records) {
    REQUIRE(record.flaw.empty());
    rejects.push_back({std::stoul(record.fields[0]), record.fields[1], record.fields[2]});
  }
  return rejects;
}

std::set<size_t> numbers_of(const std::vector<DullReject>& rejects) {
  std::set<size_t> numbers;
  for (const DullReject& reject : rejects) numbers.insert(reject.record_number);
  return numbers;
}

std::string told(const std::vector<DullReject>& rejects) {
  std::string text;
  for (const DullReject& reject : rejects) {
    text += std::to_string(reject.record_number) + "," + reject.column + "," + reject.rule + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("the sample's bad records are those that the expected rejects name") {
  const DullFields fields = fields_of_schema_file(kData + "leads.schema.json");
  std::vector<DullReject> rejects = check_dully(sample(), fields);
  const std::vector<DullReject> repeats = repeats_dully(sample(), fields, rejects);
  rejects.insert(rejects.end(), repeats.begin(), repeats.end());
  std::stable_sort(rejects.begin(), rejects.end(),
                   [](const DullReject& a, const DullReject& b) { return a.record_number < b.record_number; });
  CHECK(told(rejects) == told(expected_rejects()));
}

TEST_CASE("the sample breaks every rule") {
  std::set<std::string> rules;
  for (const DullReject& reject : expected_rejects()) rules.insert(reject.rule);
  CHECK(rules == std::set<std::string>{"field_count", "stray_quote", "bare_cr", "nul_byte", "invalid_utf8", "required",
                                       "length", "integer", "boolean", "email", "date", "datetime", "phone", "website",
                                       "currency", "percent", "owner", "repeat"});
}

TEST_CASE("the sample's keys repeat the record numbers") {
  const DullFile file = sample();
  for (size_t i = 0; i < file.records.size(); ++i) {
    const size_t number = i + 1;
    if (number == 26 || number == 66 || number == 69) continue;  // lost their keys
    const std::string digits = std::to_string(number);
    CHECK(file.records[i].fields.at(0) == "L-" + std::string(3 - digits.size(), '0') + digits);
  }
}

TEST_CASE("the sample is as messy as its README says") {
  const std::string bytes = read_whole_file(kData + "leads-sample.csv");
  const DullFile file = sample();
  CHECK(file.bom);
  CHECK(file.records.size() == 97);
  CHECK(numbers_of(expected_rejects()).size() == 48);
  CHECK(file.blank_lines == 4);
  CHECK(file.header.fields.size() == 24);
  CHECK_FALSE(bytes.ends_with("\n"));
  const auto crlf = std::count_if(file.records.begin(), file.records.end(),
                                  [](const DullRecord& record) { return record.raw.ends_with("\r\n"); });
  CHECK(crlf > 20);
  CHECK(crlf < 60);
  CHECK(count_characters(file.records[38].fields[1]) == 80);
  CHECK(file.records[38].fields[1].size() > 80);
  CHECK(count_characters(file.records[40].fields[2]) == 40);
  CHECK(file.records[40].fields[2].size() == 120);
  CHECK(file.records[42].fields[2] == std::string(40, '"'));
}

TEST_CASE("the schema file knows all columns of the sample but the key") {
  const DullFields fields = fields_of_schema_file(kData + "leads.schema.json");
  for (const std::string& column : sample().header.fields) {
    CAPTURE(column);
    CHECK(fields.count(column) == (column == "Export_Id" ? 0 : 1));
  }
}

TEST_CASE("the schema file and the sandbox's module file tell the same of the fields of Leads") {
  DullFields schema = fields_of_schema_file(kData + "leads.schema.json");
  REQUIRE(schema.erase("id") == 1);  // every module has it, so the module file does not say so
  const DullFields module = fields_of_module_file(kData + "modules.json", "Leads");
  for (const auto& [name, field] : module) {
    CAPTURE(name);
    REQUIRE(schema.count(name) == 1);
    CHECK(schema.at(name) == field);
  }
  CHECK(schema.size() == module.size());
}

}  // namespace bulkwrite::gen
