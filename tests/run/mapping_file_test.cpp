#include "engine/run/mapping_file.h"

#include <catch2/catch.hpp>

namespace bulkwrite::run {
namespace {

using Catch::Matchers::Contains;

std::vector<std::vector<std::string>> rows(const std::vector<schema::ColumnRule>& rules) {
  std::vector<std::vector<std::string>> out;
  for (const auto& rule : rules)
    out.push_back({rule.column, rule.field, rule.format, rule.find_by, rule.default_value});
  return out;
}

std::vector<std::vector<std::string>> rows(std::string_view text, const char* name = "map.csv") {
  const auto rules = parse_mapping(text, name);
  INFO((rules ? "" : rules.error().message));
  REQUIRE(rules);
  return rows(*rules);
}

std::string refusal(std::string_view text, const char* name = "dir/map.csv") {
  const auto rules = parse_mapping(text, name);
  REQUIRE_FALSE(rules);
  CHECK(rules.error().kind == ErrorKind::configuration);
  CHECK_THAT(rules.error().message, Contains(name));
  return rules.error().message;
}

using Rows = std::vector<std::vector<std::string>>;

}  // namespace

TEST_CASE("a mapping in CSV names its columns in any order, and needs no more of them than are used") {
  CHECK(rows("column,field,format,find_by,default\nLast Name,Last_Name,,,\n,Lead_Source,,,Trade Show\n") ==
        Rows{{"Last Name", "Last_Name", "", "", ""}, {"", "Lead_Source", "", "", "Trade Show"}});
  CHECK(rows("\xEF\xBB\xBF"
             "field,column\r\nLast_Name,\"Name, \"\"last\"\"\"\r\n\r\n,Remark") ==
        Rows{{"Name, \"last\"", "Last_Name", "", "", ""}, {"Remark", "", "", "", ""}});
  CHECK(rows("field,default\nLead_Source, Trade Show \n") == Rows{{"", "Lead_Source", "", "", "Trade Show"}});
  CHECK(rows("column,field\n").empty());
}

TEST_CASE("a rule knows the line that it stands in") {
  const auto rules = parse_mapping("column,field\n\nA,B\nC,D\n", "dir/map.csv");
  REQUIRE(rules);
  CHECK(rules->at(0).place == "dir/map.csv, line 3");
  CHECK(rules->at(1).place == "dir/map.csv, line 4");
}

TEST_CASE("a mapping in CSV that is none is refused with file and line") {
  CHECK_THAT(refusal(""), Contains("eader"));
  CHECK_THAT(refusal("column,format\n"), Contains("line 1") && Contains("field"));
  CHECK_THAT(refusal("column,field,extra\n"), Contains("extra"));
  CHECK_THAT(refusal("field,field\n"), Contains("field"));
  CHECK_THAT(refusal("column,field\nA,B\nC\n"), Contains("line 3"));
  CHECK_THAT(refusal("column,field\nA,B,C\n"), Contains("line 2"));
  CHECK_THAT(refusal("column,field\n\"A\nB\",C\n"), Contains("line 2"));
  CHECK_THAT(refusal(std::string_view("column,field\nA\0,B\n", 18)), Contains("NUL"));
}

TEST_CASE("a mapping in JSON is a list of the same") {
  CHECK(rows(R"([{"column": "a\nb", "field": "Last_Name"}, {"field": "City", "default": "Graz"}])", "map.json") ==
        Rows{{"a\nb", "Last_Name", "", "", ""}, {"", "City", "", "", "Graz"}});
  CHECK_THAT(refusal("[\n{\"field\": }]", "map.json"), Contains("line 2"));
  CHECK_THAT(refusal("{}", "map.json"), Contains("list"));
  CHECK_THAT(refusal(R"([{"field": "A"}, 1])", "map.json"), Contains("entry 2"));
  CHECK_THAT(refusal(R"([{"field": 1}])", "map.json"), Contains("entry 1") && Contains("field"));
  CHECK_THAT(refusal(R"([{"feild": "A"}])", "map.json"), Contains("feild"));
  CHECK(parse_mapping(R"([{"field": "A"}])", "map.json")->front().place == "map.json, entry 1");
}

TEST_CASE("a mapping that is written is read as it was") {
  const Rows wanted{{"Name, \"last\"", "Last_Name", "", "", ""},
                    {"when", "Birthday", "dd/MM/yyyy, HH:mm", "", "x"},
                    {"acc", "Account_Name", "", "id", ""},
                    {" padded ", "City", "", "", ""},
                    {"", "Lead_Source", "", "", "Trade Show"}};
  std::vector<schema::ColumnRule> rules;
  for (const auto& row : wanted)
    rules.push_back({.column = row[0], .field = row[1], .format = row[2], .find_by = row[3], .default_value = row[4]});
  for (const char* const name : {"map.csv", "map.json", ""}) {
    const auto text = mapping_text(rules, name);
    REQUIRE(text);
    CHECK(rows(*text, name) == wanted);
  }
  CHECK_FALSE(mapping_text({{.column = "a\nb", .field = "City"}}, "map.csv"));
  CHECK(mapping_text({{.column = "a\nb", .field = "City"}}, "map.json"));
}

}  // namespace bulkwrite::run
