#include "engine/run/mapping_text.h"

#include <catch2/catch.hpp>

namespace bulkwrite::run {
namespace {

std::vector<std::string> told(const std::vector<std::string>& names, const std::vector<std::string>& fields) {
  schema::Schema schema;
  for (const std::string& field : fields) schema.fields.push_back({.api_name = field});
  std::vector<std::string> lines;
  tell_unmapped(schema::map_by_api_name(names, schema), names, [&](const std::string& line) { lines.push_back(line); });
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

}  // namespace bulkwrite::run
