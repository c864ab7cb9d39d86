#include "engine/schema/schema.h"

#include <catch2/catch.hpp>
#include <utility>

using namespace bulkwrite::schema;

TEST_CASE("the service's data types are known by name, and any other passes as other") {
  CHECK(parse_field_type("text") == FieldType::text);
  CHECK(parse_field_type("multiselectpicklist") == FieldType::multiselectpicklist);
  CHECK(parse_field_type("bigint") == FieldType::bigint);
  CHECK(parse_field_type("double") == FieldType::decimal);
  CHECK(parse_field_type("datetime") == FieldType::datetime);
  CHECK(parse_field_type("ownerlookup") == FieldType::ownerlookup);
  CHECK(parse_field_type("userlookup") == FieldType::ownerlookup);
  CHECK(parse_field_type("territories") == FieldType::other);
  CHECK(parse_field_type("Text") == FieldType::other);
  CHECK(parse_field_type("") == FieldType::other);
}

TEST_CASE("a field is found by its API name only, and case matters") {
  Schema schema{.module = "Leads", .fields = {{.api_name = "Last_Name", .label = "Last Name"}, {.api_name = "Email"}}};
  REQUIRE(schema.find("Email") != nullptr);
  CHECK(schema.find("Email")->api_name == "Email");
  CHECK(schema.find("email") == nullptr);
  CHECK(schema.find("Last Name") == nullptr);
  CHECK(schema.find("") == nullptr);

  schema.find("Email")->required = true;
  CHECK(std::as_const(schema).find("Email")->required);
}

TEST_CASE("only date and datetime fields have a format, their own before the default") {
  CHECK(format_of({.type = FieldType::date}) == kDefaultDateFormat);
  CHECK(format_of({.type = FieldType::datetime}) == kDefaultDatetimeFormat);
  CHECK(format_of({.type = FieldType::date, .format = "dd/MM/yyyy"}) == "dd/MM/yyyy");
  CHECK(format_of({.type = FieldType::text, .format = "dd/MM/yyyy"}) == "");
}

TEST_CASE("an insert writes what can be created, an update what can be changed, an upsert what can be both") {
  const Field both, neither{.creatable = false, .updatable = false}, new_only{.updatable = false},
      old_only{.creatable = false};
  for (const Operation operation : {Operation::insert, Operation::update, Operation::upsert}) {
    CHECK(is_writable(both, operation));
    CHECK_FALSE(is_writable(neither, operation));
    CHECK(is_writable(new_only, operation) == (operation == Operation::insert));
    CHECK(is_writable(old_only, operation) == (operation == Operation::update));
  }
  CHECK(is_writable(new_only));
  CHECK(is_writable(old_only));
  CHECK_FALSE(is_writable(neither));
}
