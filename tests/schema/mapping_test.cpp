#include "engine/schema/mapping.h"

#include <catch2/catch.hpp>

#include "engine/schema/defaults.h"

using namespace bulkwrite;
using namespace bulkwrite::schema;
using Catch::Matchers::Contains;

namespace {

Schema leads() {
  return {
      .module = "Leads",
      .fields = {
          {.api_name = "id", .label = "Record Id", .type = FieldType::bigint, .creatable = false, .updatable = false},
          {.api_name = "Owner", .label = "Lead Owner", .type = FieldType::ownerlookup},
          {.api_name = "Last_Name", .label = "Last Name", .type = FieldType::text, .required = true},
          {.api_name = "Company", .label = "Company", .type = FieldType::text, .required = true},
          {.api_name = "Email", .label = "Email", .type = FieldType::email, .unique = true},
          {.api_name = "City", .label = "City", .type = FieldType::text},
          {.api_name = "Designation", .label = "Title", .type = FieldType::text},
          {.api_name = "Birthday", .label = "Date of Birth", .type = FieldType::date},
          {.api_name = "Account_Name", .label = "Account Name", .type = FieldType::lookup},
          {.api_name = "Note_1", .label = "Note", .type = FieldType::text},
          {.api_name = "Note_2", .label = "note", .type = FieldType::text},
          {.api_name = "Score", .label = "Score", .type = FieldType::integer},
          {.api_name = "Score_1", .label = "Score ", .type = FieldType::other, .creatable = false, .updatable = false},
          {.api_name = "Photo", .label = "Photo", .data_type = "imageupload", .creatable = false, .updatable = false},
          {.api_name = "Full_Name",
           .label = "Full Name",
           .type = FieldType::text,
           .creatable = false,
           .updatable = false}}};
}

std::vector<std::string> fields_of(const Mapping& mapping) {
  std::vector<std::string> names;
  for (const auto& field : mapping.columns) names.push_back(field ? field->api_name : "-");
  return names;
}

std::vector<std::string> fields_of(const std::vector<std::string>& header, const std::vector<ColumnRule>& rules = {}) {
  const auto mapping = map_columns(header, leads(), rules);
  INFO((mapping ? "" : mapping.error().message));
  REQUIRE(mapping);
  return fields_of(*mapping);
}

std::string refusal(const std::vector<std::string>& header, const std::vector<ColumnRule>& rules, ErrorKind kind) {
  const auto mapping = map_columns(header, leads(), rules);
  REQUIRE_FALSE(mapping);
  CHECK(mapping.error().kind == kind);
  return mapping.error().message;
}

Result<void> check_leads(const std::vector<std::string>& header, Operation operation, std::string_view find_by = "",
                         const std::vector<ColumnRule>& rules = {}) {
  const Schema schema = leads();
  return check_mapping(map_columns(header, schema, rules).value(), schema, operation, find_by);
}

std::vector<size_t> order_of(const std::vector<std::string>& header, std::string_view key, std::string_view find_by,
                             const std::vector<ColumnRule>& rules = {}) {
  Mapping mapping = map_columns(header, leads(), rules).value();
  REQUIRE(put_key_first(mapping, header, key, find_by));
  return mapping.order;
}

using Names = std::vector<std::string>;
using Order = std::vector<size_t>;

}  // namespace

TEST_CASE("a column maps by a field's API name to the letter, else by its label without case, spaces and underscores") {
  CHECK(fields_of({"Email", "Last_Name", "Designation"}) == Names{"Email", "Last_Name", "Designation"});
  CHECK(fields_of({"e mail", "LAST name", " title_", "dateofbirth", "Note_1"}) ==
        Names{"Email", "Last_Name", "Designation", "Birthday", "Note_1"});
  CHECK(fields_of({"Surname", "designation", "_", "Last-Name", ""}) == Names{"-", "-", "-", "-", "-"});
}

TEST_CASE("why a column goes nowhere is told") {
  const Mapping mapping = map_columns({"Surname", "Owner.name", "City"}, leads(), {{.column = "City"}}).value();
  REQUIRE(mapping.unmapped.size() == 3);
  CHECK(mapping.unmapped[0].column == 0);
  CHECK_THAT(mapping.unmapped[0].why, Contains("no field of Leads"));
  CHECK_FALSE(mapping.unmapped[0].is_meant);
  CHECK_THAT(mapping.unmapped[1].why, Contains("id or email"));
  CHECK(mapping.unmapped[2].column == 2);
  CHECK(mapping.unmapped[2].is_meant);
  CHECK(mapping.order.empty());
}

TEST_CASE("a lookup's column names by what the other record is found") {
  const Mapping mapping = map_columns({"Account_Name.id", "lead owner.Email"}, leads()).value();
  CHECK(fields_of(mapping) == Names{"Account_Name", "Owner"});
  CHECK(mapping.columns[0]->find_by == "id");
  CHECK(mapping.columns[1]->find_by == "email");
  CHECK(map_columns({"Account_Name.Account_Name"}, leads())->columns[0]->find_by == "Account_Name");
  CHECK(fields_of({"City.id", "Account_Name.", ".id", "Nobody.id"}) == Names{"-", "-", "-", "-"});
}

TEST_CASE("any field that names a user is found as an owner is, by the header or by a rule") {
  Schema schema = leads();
  schema.fields.push_back({.api_name = "Reviewer", .label = "Reviewer", .type = parse_field_type("userlookup")});
  const auto find_by = [&](const char* column) { return map_columns({column}, schema).value().columns[0]->find_by; };
  CHECK(find_by("Reviewer.email") == "email");
  CHECK(find_by("reviewer.ID") == "id");
  CHECK(find_by("Reviewer") == "");
  CHECK_THAT(map_columns({"Reviewer.name"}, schema).value().unmapped.at(0).why, Contains("id or email"));
  const auto ruled = map_columns({"who"}, schema, {{.column = "who", .field = "Reviewer", .find_by = "email"}});
  REQUIRE(ruled);
  CHECK(ruled->columns[0]->find_by == "email");
  CHECK_FALSE(map_columns({"who"}, schema, {{.column = "who", .field = "Reviewer", .find_by = "name"}}));
}

TEST_CASE("a label that several fields have is refused with their names, unless one of them alone can be written") {
  CHECK_THAT(refusal({"NOTE"}, {}, ErrorKind::input_data), Contains("\"NOTE\"") && Contains("Note_1, Note_2"));
  CHECK(fields_of({"score"}) == Names{"Score"});
  CHECK(fields_of({"NOTE"}, {{.column = "NOTE", .field = "Note_2"}}) == Names{"Note_2"});
}

TEST_CASE("two columns for one field are refused, and one of them can be left out") {
  const Names header{"Email", "City", "e-mail", "EMAIL"};
  CHECK_THAT(refusal(header, {}, ErrorKind::input_data), Contains("\"Email\" and \"EMAIL\" both go to Email"));
  CHECK(fields_of(header, {{.column = "Email"}}) == Names{"-", "City", "-", "Email"});
  CHECK_THAT(refusal({"Email", "x"}, {{.column = "x", .field = "Email"}}, ErrorKind::input_data),
             Contains("both go to Email"));
}

TEST_CASE("what a mapping file says goes before names") {
  const Mapping mapping = map_columns({"City", "when", "acc", "who"}, leads(),
                                      {{.column = "City", .field = "Designation", .default_value = "none"},
                                       {.column = "when", .field = "Birthday", .format = "dd/MM/yyyy"},
                                       {.column = "acc", .field = "Account_Name", .find_by = "Account_Number"},
                                       {.column = "who", .field = "Owner.email"},
                                       {.field = "Company", .default_value = "Self"}})
                              .value();
  CHECK(fields_of(mapping) == Names{"Designation", "Birthday", "Account_Name", "Owner"});
  CHECK(mapping.columns[0]->default_value == "none");
  CHECK(mapping.columns[1]->format == "dd/MM/yyyy");
  CHECK(mapping.columns[2]->find_by == "Account_Number");
  CHECK(mapping.columns[3]->find_by == "email");
  REQUIRE(mapping.constants.size() == 1);
  CHECK(mapping.constants[0].api_name == "Company");
  CHECK(mapping.constants[0].default_value == "Self");
  CHECK(mapping.supplies("Company"));
  CHECK_FALSE(mapping.maps("Company"));
}

TEST_CASE("a default lifts the demand for a value in each record") {
  const std::vector<ColumnRule> rules{{.column = "Last_Name", .field = "Last_Name", .default_value = "Unknown"}};
  CHECK(map_columns({"Last_Name"}, leads()).value().columns[0]->required);
  CHECK_FALSE(map_columns({"Last_Name"}, leads(), rules).value().columns[0]->required);
}

TEST_CASE("a rule that does not fit is refused with its place") {
  const auto message = [](ColumnRule rule) {
    rule.place = "map.csv, line 2";
    const std::string told = refusal({"City", "when"}, {rule}, ErrorKind::configuration);
    CHECK_THAT(told, Catch::StartsWith("map.csv, line 2: "));
    return told;
  };
  CHECK_THAT(message({.column = "city", .field = "City"}), Contains("no column \"city\"; it has \"City\""));
  CHECK_THAT(message({.column = "Town", .field = "City"}), Contains("no column \"Town\"") && !Contains("it has"));
  CHECK_THAT(message({.column = "City", .field = "Town"}), Contains("Leads has no field \"Town\""));
  CHECK_THAT(message({.column = "City", .field = "title"}), Contains("Designation has that label"));
  CHECK_THAT(message({.column = "City", .field = "City", .format = "yyyy"}), Contains("format"));
  CHECK_THAT(message({.column = "City", .field = "City", .find_by = "id"}), Contains("find_by"));
  CHECK_THAT(message({.column = "City", .field = "Owner", .find_by = "name"}), Contains("id or email"));
  CHECK_THAT(message({.field = "City"}), Contains("default"));
  CHECK_THAT(message({.default_value = "x"}), Contains("field"));

  const ColumnRule rule{.column = "City", .field = "City"}, constant{.field = "City", .default_value = "Graz"};
  CHECK_THAT(refusal({"City"}, {rule, rule}, ErrorKind::configuration), Contains("twice"));
  CHECK_THAT(refusal({"City"}, {constant, constant}, ErrorKind::configuration), Contains("twice"));
  CHECK_THAT(refusal({"City"}, {constant}, ErrorKind::configuration), Contains("constant"));
}

TEST_CASE(
    "what tells records apart comes first: the key, else find_by, else a unique field; the others keep their order") {
  const Names header{"City", "x", "Last Name", "Email"};
  CHECK(order_of(header, "", "") == Order{3, 0, 2});
  CHECK(order_of(header, "Last Name", "Email") == Order{2, 0, 3});
  CHECK(order_of(header, "Last_Name", "") == Order{2, 0, 3});
  CHECK(order_of({"City", "id", "Email"}, "", "Email") == Order{2, 0, 1});
  CHECK(order_of({"City", "Last_Name"}, "", "") == Order{0, 1});
}

TEST_CASE("columns whose blanks are filled stand behind those that come back as they are") {
  CHECK(order_of({"City", "Company", "Last_Name"}, "", "",
                 {{.column = "City", .field = "City", .default_value = "Graz"}}) == Order{1, 2, 0});
}

TEST_CASE("a key that is no column, or one that goes nowhere, is refused") {
  for (const char* const key : {"x", "Nobody"}) {
    const Names header{"City", "x"};
    Mapping mapping = map_columns(header, leads()).value();
    const auto refused = put_key_first(mapping, header, key, "");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::configuration);
    CHECK_THAT(refused.error().message, Contains(std::string("--key ") + key));
  }
}

TEST_CASE("a constant supplies what a module demands, and must be writable") {
  CHECK(check_leads({"Last_Name"}, Operation::insert, "", {{.field = "Company", .default_value = "Self"}}));
  CHECK_FALSE(check_leads({"Last_Name"}, Operation::insert, "", {{.field = "City", .default_value = "Graz"}}));
  const auto refused =
      check_leads({"Last_Name", "Company"}, Operation::insert, "", {{.field = "Full_Name", .default_value = "x"}});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("Full_Name"));
  CHECK_FALSE(check_leads({"City"}, Operation::update, "Email", {{.field = "Email", .default_value = "a@b.org"}}));
}

TEST_CASE("a default that breaks a rule of its field is refused before anything is sent") {
  const auto check = [](const ColumnRule& rule) {
    return check_defaults(map_columns({"City", "when"}, leads(), {rule}).value(), UnknownChoice::is_remark);
  };
  CHECK(check({.column = "when", .field = "Birthday", .format = "dd.MM.yyyy", .default_value = "29.02.2024"}));
  CHECK(check({.field = "Company", .default_value = "\"quoted\", Inc."}));
  for (const ColumnRule& rule : {ColumnRule{.column = "when", .field = "Birthday", .default_value = "31.12.2024"},
                                 ColumnRule{.field = "Score", .default_value = "many"}}) {
    const auto refused = check(rule);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::configuration);
    CHECK_THAT(refused.error().message, Contains(rule.default_value) && Contains(rule.field));
  }
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

  const auto photo = check_leads({"Last_Name", "Company", "Photo"}, Operation::insert);
  REQUIRE_FALSE(photo);
  CHECK_THAT(photo.error().message, Contains("Photo is of type imageupload"));

  CHECK_FALSE(check_leads({"Last_Name", "Company", "id"}, Operation::insert));
  CHECK_FALSE(check_leads({"Email", "id"}, Operation::update, "Email"));
  CHECK(check_leads({"id", "City"}, Operation::update, "id"));
}

TEST_CASE("what a module demands and no operation can write is not demanded") {
  Schema schema = leads();
  for (const char* const name : {"Full_Name", "Photo"}) schema.find(name)->required = true;
  const auto check = [&](const Names& header, Operation operation, std::string_view find_by) {
    return check_mapping(map_columns(header, schema).value(), schema, operation, find_by);
  };
  CHECK(check({"Last_Name", "Company"}, Operation::insert, ""));
  CHECK(check({"Last_Name", "Company", "Email"}, Operation::upsert, "Email"));
  const auto refused = check({"City"}, Operation::insert, "");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("Last_Name, Company, and no column"));
}

TEST_CASE("a field that only new records take, or only those that are there, is refused by the other operations") {
  Schema schema = leads();
  schema.find("City")->updatable = false;
  schema.find("Designation")->creatable = false;
  const auto check = [&](const char* column, Operation operation) {
    const Names header{"Last_Name", "Company", "Email", column};
    return check_mapping(map_columns(header, schema).value(), schema, operation, "Email");
  };
  CHECK(check("City", Operation::insert));
  CHECK(check("Designation", Operation::update));
  for (const Operation operation : {Operation::update, Operation::upsert}) {
    const auto refused = check("City", operation);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::configuration);
    CHECK_THAT(refused.error().message, Contains("City can be written to new records only"));
  }
  for (const Operation operation : {Operation::insert, Operation::upsert}) {
    const auto refused = check("Designation", operation);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Contains("Designation can be written to records that are there only"));
  }
  schema.find("Designation")->required = true;
  CHECK(check("Score", Operation::insert));
}

TEST_CASE("records are found by a field of external ids as by a unique one, which comes first among results") {
  Schema schema = leads();
  schema.find("City")->external_id = true;
  const Names header{"Last_Name", "Company", "City"};
  Mapping mapping = map_columns(header, schema).value();
  CHECK(check_mapping(mapping, schema, Operation::upsert, "City"));
  const auto refused = check_mapping(mapping, schema, Operation::upsert, "");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("Email (no column yet), City"));
  REQUIRE(put_key_first(mapping, header, "", ""));
  CHECK(mapping.order == Order{2, 0, 1});

  const Names with_unique{"City", "Company", "Email"};
  Mapping other = map_columns(with_unique, schema).value();
  REQUIRE(put_key_first(other, with_unique, "", ""));
  CHECK(other.order == Order{2, 0, 1});
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
  const auto refused = check_mapping(map_columns({"Name"}, schema).value(), schema, Operation::update, "Name");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("Events_Log has no unique field"));
}
