#include "engine/schema/mapping.h"

#include <catch2/catch.hpp>

using namespace bulkwrite;
using namespace bulkwrite::schema;
using Catch::Matchers::Contains;

namespace {

Schema leads() {
  return {.module = "Leads",
          .fields = {{.api_name = "id", .type = FieldType::bigint, .writable = false},
                     {.api_name = "Last_Name", .label = "Last Name", .type = FieldType::text, .required = true},
                     {.api_name = "Company", .type = FieldType::text, .required = true},
                     {.api_name = "Email", .type = FieldType::email, .unique = true},
                     {.api_name = "City", .type = FieldType::text},
                     {.api_name = "Full_Name", .type = FieldType::text, .writable = false}}};
}

Result<void> check_leads(const std::vector<std::string>& header, Operation operation, std::string_view find_by = "") {
  const Schema schema = leads();
  return check_mapping(map_by_api_name(header, schema), schema, operation, find_by);
}

}  // namespace

TEST_CASE("a column maps when its name is a field's API name to the letter") {
  const Mapping mapping = map_by_api_name({"Email", "email", "Last Name", "Last_Name", " City", ""}, leads());
  REQUIRE(mapping.columns.size() == 6);
  REQUIRE(mapping.columns[0]);
  CHECK(mapping.columns[0]->api_name == "Email");
  CHECK(mapping.columns[0]->type == FieldType::email);
  CHECK_FALSE(mapping.columns[1]);
  CHECK_FALSE(mapping.columns[2]);
  REQUIRE(mapping.columns[3]);
  CHECK(mapping.columns[3]->required);
  CHECK_FALSE(mapping.columns[4]);
  CHECK_FALSE(mapping.columns[5]);
  CHECK(mapping.maps("Last_Name"));
  CHECK_FALSE(mapping.maps("City"));
}

TEST_CASE("a header that maps what is demanded may be loaded, whatever else it holds") {
  CHECK(check_leads({"Last_Name", "Company", "Notes"}, Operation::insert));
  CHECK(check_leads({"Last_Name", "Company", "Email"}, Operation::insert, "Email"));
  CHECK(check_leads({"Last_Name", "Company", "Email"}, Operation::upsert, "Email"));
  CHECK(check_leads({"Email", "City"}, Operation::update, "Email"));
}

TEST_CASE("a header of which no column maps is refused") {
  const auto refused = check_leads({"Surname", "Firm"}, Operation::insert);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::input_data);
  CHECK_THAT(refused.error().message, Contains("Leads"));
}

TEST_CASE("insert and upsert are refused while a required field has no column, and the fields are named") {
  const auto insert = check_leads({"City"}, Operation::insert);
  REQUIRE_FALSE(insert);
  CHECK(insert.error().kind == ErrorKind::input_data);
  CHECK_THAT(insert.error().message, Contains("Last_Name, Company"));

  const auto upsert = check_leads({"Last_Name", "Email"}, Operation::upsert, "Email");
  REQUIRE_FALSE(upsert);
  CHECK_THAT(upsert.error().message, Contains("Company") && !Contains("Last_Name"));
}

TEST_CASE("a column whose field cannot be written is refused, except the id by which records are found") {
  const auto refused = check_leads({"Last_Name", "Company", "Full_Name"}, Operation::insert);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::configuration);
  CHECK_THAT(refused.error().message, Contains("Full_Name"));

  CHECK_FALSE(check_leads({"Last_Name", "Company", "id"}, Operation::insert));
  CHECK_FALSE(check_leads({"Email", "id"}, Operation::update, "Email"));
  CHECK(check_leads({"id", "City"}, Operation::update, "id"));
}

TEST_CASE("update and upsert are refused without a field to find records by, and told which could be used") {
  for (const Operation operation : {Operation::update, Operation::upsert}) {
    const auto refused = check_leads({"Last_Name", "Company", "Email"}, operation);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::configuration);
    CHECK_THAT(refused.error().message, Contains("--find-by") && Contains("Email") && Contains("id (no column"));
  }
}

TEST_CASE("find_by is refused when unknown, not unique, or without a column") {
  const auto message = [](std::string_view find_by) {
    const auto refused = check_leads({"Last_Name", "Company", "City"}, Operation::upsert, find_by);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::configuration);
    return refused.error().message;
  };
  CHECK_THAT(message("email"), Contains("no such field") && Contains("Email"));
  CHECK_THAT(message("City"), Contains("not unique") && Contains("Email"));
  CHECK_THAT(message("Email"), Contains("no column"));
  CHECK_FALSE(check_leads({"Last_Name", "Company", "City"}, Operation::insert, "City"));
}

TEST_CASE("a module without a unique field says so when records cannot be found in it") {
  const Schema schema{.module = "Events_Log", .fields = {{.api_name = "Name"}}};
  const auto refused = check_mapping(map_by_api_name({"Name"}, schema), schema, Operation::update, "Name");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("Events_Log has no unique field"));
}
