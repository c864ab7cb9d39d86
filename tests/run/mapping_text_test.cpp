#include "engine/run/mapping_text.h"

#include <catch2/catch.hpp>

namespace bulkwrite::run {
namespace {

std::vector<std::string> told(const std::vector<std::string>& names, const std::vector<std::string>& fields,
                              bool dropped = false) {
  schema::Schema schema;
  for (const std::string& field : fields) schema.fields.push_back({.api_name = field});
  std::vector<std::string> lines;
  tell_unmapped(
      schema::map_columns(names, schema).value(), names, [&](const std::string& line) { lines.push_back(line); },
      dropped);
  return lines;
}

}  // namespace

TEST_CASE("nothing is said of a mapping that takes every column") {
  CHECK(told({"Last_Name", "Company"}, {"Company", "Last_Name", "Email"}).empty());
}

TEST_CASE("columns that go nowhere are warned of in one line, by the user's names and in the file's order") {
  const auto lines = told({"Export_Id", "Last_Name", "last_name"}, {"Last_Name"});
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::StartsWith("warning: "));
  CHECK_THAT(lines[0], Catch::Contains("2 of 3 columns"));
  CHECK_THAT(lines[0], Catch::EndsWith("Export_Id, last_name"));
}

TEST_CASE("columns that are not even sent are no warning") {
  const auto lines = told({"Export_Id", "Last_Name"}, {"Last_Name"}, true);
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::StartsWith("1 of 2 columns") && Catch::Contains("left out"));
}

TEST_CASE("what the user leaves out on purpose can be told from what nobody thought of") {
  const std::vector<std::string> names{"Export_Id", "Remark"};
  const auto mapping = schema::map_columns(names, {}, {{.column = "Remark"}}).value();
  CHECK(unmapped_names(mapping, names) == names);
  CHECK(unmapped_names(mapping, names, false) == std::vector<std::string>{"Export_Id"});
}

}  // namespace bulkwrite::run
