#include "engine/run/schema_json.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "engine/schema/checker.h"
#include "engine/schema/mapping.h"

using namespace bulkwrite;
using namespace bulkwrite::run;
using bulkwrite::schema::FieldType;
using bulkwrite::schema::Schema;
using Catch::Matchers::Contains;

namespace {

Schema schema_of(std::string_view json, const std::string& module = "Leads") {
  auto schema = schema_from_fields_json(json, module);
  if (!schema) FAIL(schema.error().message);
  return *std::move(schema);
}

std::string refusal(std::string_view json) {
  const auto schema = schema_from_fields_json(json, "Leads");
  INFO(json);
  REQUIRE_FALSE(schema);
  CHECK(schema.error().kind == ErrorKind::configuration);
  return schema.error().message;
}

// What can be done with a field: "create", "update", both with a blank between, or nothing.
std::string ways_of(const std::string& of_field) {
  const schema::Field field = schema_of(R"({"fields":[{"api_name":"F",)" + of_field + "}]}").fields.front();
  const std::string create = field.creatable ? "create" : "", update = field.updatable ? "update" : "";
  return create + (field.creatable && field.updatable ? " " : "") + update;
}

}  // namespace

TEST_CASE("the service's reply on a field is read as far as loading needs it") {
  const Schema schema = schema_of(R"({"fields":[{"id":"5725767000000002599","api_name":"Email","field_label":"E-mail",
    "data_type":"email","json_type":"string","length":100,"decimal_place":null,"system_mandatory":true,
    "unique":{"case_sensitive":false},"operation_type":{"web_update":true,"api_create":true,"web_create":true,
    "api_update":true},"pick_list_values":[],"lookup":{},"external":null}]})");
  CHECK(schema.module == "Leads");
  REQUIRE(schema.fields.size() == 1);
  const schema::Field& field = schema.fields.front();
  CHECK(field.api_name == "Email");
  CHECK(field.label == "E-mail");
  CHECK(field.type == FieldType::email);
  CHECK(field.length_max == 100);
  CHECK(field.required);
  CHECK(field.unique);
  CHECK_FALSE(field.external_id);
  CHECK(field.creatable);
  CHECK(field.updatable);
  CHECK(field.format == "");
}

TEST_CASE("decimal places are read, and a picklist's values as they are shown and as they are stored") {
  const Schema schema = schema_of(R"({"fields":[{"api_name":"Amount","data_type":"currency","decimal_place":2},
    {"api_name":"Stage","data_type":"picklist","pick_list_values":[{"display_value":"Won","actual_value":"Closed Won"},
    {"display_value":"Lost","actual_value":"Lost","type":"unused"},{"display_value":null},7]}]})");
  REQUIRE(schema.fields.size() == 2);
  CHECK(schema.fields[0].decimal_places == 2);
  CHECK_FALSE(schema.fields[1].decimal_places.has_value());
  CHECK(schema.fields[1].choices == std::vector<std::string>{"Won", "Closed Won", "Lost"});
}

TEST_CASE("what a field's metadata leaves out or leaves empty demands nothing") {
  for (const char* json :
       {R"({"fields":[{"api_name":"F"}]})",
        R"({"fields":[{"api_name":"F","length":null,"unique":{},"external":null,"system_mandatory":false,
                               "required":null,"format":null,"data_type":null,"field_label":null}]})",
        R"({"fields":[{"api_name":"F","unique":null}]})"}) {
    const Schema schema = schema_of(json);
    REQUIRE(schema.fields.size() == 1);
    const schema::Field& field = schema.fields.front();
    CHECK(field.type == FieldType::other);
    CHECK(field.length_max == 0);
    CHECK_FALSE(field.required);
    CHECK_FALSE(field.unique);
    CHECK_FALSE(field.external_id);
    CHECK(field.creatable);
    CHECK(field.updatable);
  }
}

TEST_CASE("a field is writable by its operations, not by its read-only flags") {
  const std::string owner = R"("data_type":"ownerlookup","field_read_only":true)";
  CHECK(ways_of(owner) == "create update");
  CHECK(ways_of(owner + R"(,"operation_type":null)") == "create update");
  CHECK(ways_of(owner + R"(,"operation_type":{"api_create":true,"api_update":true})") == "create update");
  CHECK(ways_of(owner + R"(,"operation_type":{"api_create":true})") == "create");
  CHECK(ways_of(R"("data_type":"text","operation_type":{"api_create":true,"api_update":false})") == "create");
  CHECK(ways_of(R"("data_type":"text","operation_type":{"api_create":false,"api_update":true})") == "update");
  CHECK(ways_of(R"("data_type":"bigint","operation_type":{"api_create":false,"api_update":false})") == "");
  CHECK(ways_of(R"("data_type":"text","operation_type":{"web_create":true,"web_update":true})") == "");
}

TEST_CASE("a type that a CSV column cannot carry is not writable, whatever its operations say") {
  for (const std::string type : {"fileupload", "imageupload", "profileimage", "subform", "formula", "autonumber",
                                 "rollup_summary", "multiselectlookup", "multiuserlookup"}) {
    INFO(type);
    CHECK(ways_of(R"("data_type":")" + type + R"(","operation_type":{"api_create":true,"api_update":true})") == "");
  }
}

TEST_CASE("a field of external ids is known as such, and not taken for a unique one") {
  const Schema schema = schema_of(R"({"fields":[{"api_name":"Legacy","data_type":"text","unique":{},
    "external":{"type":"org","show":true}}]})");
  CHECK(schema.find("Legacy")->external_id);
  CHECK_FALSE(schema.find("Legacy")->unique);
}

TEST_CASE("a schema file names its module, and gives its fields required and format") {
  constexpr const char* kFile = R"({"module":"Deals","fields":[
    {"api_name":"Closing_Date","data_type":"date","required":true,"format":"dd/MM/yyyy"}]})";
  const Schema schema = schema_of(kFile, "");
  CHECK(schema.module == "Deals");
  CHECK(schema.fields.front().required);
  CHECK(schema.fields.front().format == "dd/MM/yyyy");
  CHECK(schema_of(kFile, "Leads").module == "Leads");
}

TEST_CASE("text that is not JSON is refused with the place of the fault") {
  CHECK_THAT(refusal("{\"fields\":[\n{\"api_name\":\"A\"},\n{\"api_name\" \"B\"}]}"), Contains("line 3"));
  CHECK_THAT(refusal("{\"fields\":["), Contains("line 1"));
  CHECK_THAT(refusal(""), Contains("not JSON"));
  CHECK_THAT(refusal("{\"fields\":[{\"api_name\":\"\xFF\"}]}"), Contains("byte 25") && !Contains("\xFF"));
  CHECK_THAT(refusal(std::string(100'000, '[')), Contains("not JSON"));
  CHECK_THAT(refusal(R"({"fields":[{"api_name":"A","length":1e999}]})"), Contains("number"));
}

TEST_CASE("JSON of another shape is refused with what is missing and where") {
  for (const char* json : {"[]", "7", "null", "{}", R"({"fields":{}})", R"({"fields":null})"})
    CHECK_THAT(refusal(json), Contains("\"fields\""));
  CHECK_THAT(refusal(R"({"fields":[{"api_name":"A"},{"field_label":"B"}]})"),
             Contains("fields[1]") && Contains("api_name"));
  CHECK_THAT(refusal(R"({"fields":[{"api_name":5}]})"), Contains("fields[0]"));
  CHECK_THAT(refusal(R"({"fields":["A"]})"), Contains("fields[0]"));
}

TEST_CASE("a rule of the wrong kind is refused rather than left out") {
  const auto refused = [](const std::string& of_field) {
    return refusal(R"({"fields":[{"api_name":"A"},{"api_name":"B",)" + of_field + "}]}");
  };
  CHECK_THAT(refused(R"("length":"80")"), Contains("fields[1]") && Contains("B") && Contains("length"));
  CHECK_THAT(refused(R"("length":-1)"), Contains("length"));
  CHECK_THAT(refused(R"("length":2.5)"), Contains("length"));
  CHECK_THAT(refused(R"("required":"yes")"), Contains("required"));
  CHECK_THAT(refused(R"("system_mandatory":1)"), Contains("system_mandatory"));
  CHECK_THAT(refused(R"("format":["yyyy"])"), Contains("format"));
  CHECK_THAT(refused(R"("data_type":{})"), Contains("data_type"));
  CHECK_THAT(refused(R"("decimal_place":-1)"), Contains("decimal_place"));
  CHECK_THAT(refused(R"("pick_list_values":{})"), Contains("pick_list_values"));
}

TEST_CASE("what a layout demands is required of the fields that the module has") {
  Schema schema = schema_of(R"({"fields":[{"api_name":"Last_Name","system_mandatory":true},{"api_name":"Company"},
    {"api_name":"City"}]})");
  REQUIRE(mark_layout_required(schema, R"({"layouts":[{"name":"Standard","sections":[
    {"fields":[{"api_name":"Last_Name","required":false},{"api_name":"Company","required":true}]},
    {"name":"empty"},{"fields":[{"api_name":"City","required":false},{"api_name":"Elsewhere","required":true}]}]}]})"));
  CHECK(schema.find("Last_Name")->required);
  CHECK(schema.find("Company")->required);
  CHECK_FALSE(schema.find("City")->required);
  CHECK(schema.fields.size() == 3);
}

TEST_CASE("what an inactive layout demands is not required, unless one that is in use demands it too") {
  Schema schema =
      schema_of(R"({"fields":[{"api_name":"Company"},{"api_name":"City"},{"api_name":"Fax"},{"api_name":"Phone"}]})");
  REQUIRE(mark_layout_required(schema, R"({"layouts":[
    {"status":"inactive","sections":[{"fields":[{"api_name":"City","required":true},
                                               {"api_name":"Phone","required":true}]}]},
    {"status":"active","sections":[{"fields":[{"api_name":"Company","required":true},
                                              {"api_name":"Phone","required":true}]}]},
    {"status":"active","sections":[{"fields":[{"api_name":"Fax","required":true}]}]}]})"));
  CHECK(schema.find("Company")->required);
  CHECK(schema.find("Fax")->required);
  CHECK(schema.find("Phone")->required);
  CHECK_FALSE(schema.find("City")->required);
}

TEST_CASE("layouts that cannot be read are refused and change nothing") {
  Schema schema = schema_of(R"({"fields":[{"api_name":"Company"}]})");
  for (const char* json : {"", "{", "[]", "{}", R"({"layouts":{}})"}) {
    INFO(json);
    const auto marked = mark_layout_required(schema, json);
    REQUIRE_FALSE(marked);
    CHECK(marked.error().kind == ErrorKind::configuration);
  }
  CHECK_FALSE(schema.find("Company")->required);
}

TEST_CASE("the schema file of the sample data is read, and its rules can be made") {
  std::ifstream file(BULKWRITE_SOURCE_DIR "/data/leads.schema.json", std::ios::binary);
  REQUIRE(file);
  const Schema schema = schema_of(std::string(std::istreambuf_iterator<char>(file), {}), "");
  CHECK(schema.module == "Leads");
  REQUIRE(schema.find("Last_Name") != nullptr);
  CHECK(schema.find("Last_Name")->required);
  CHECK(schema.find("Last_Name")->length_max == 80);
  REQUIRE(schema.find("Company") != nullptr);
  CHECK(schema.find("Company")->required);
  CHECK(schema.find("Email")->unique);
  CHECK(schema.find("No_of_Employees")->type == FieldType::integer);
  CHECK_FALSE(is_writable(*schema.find("id")));
  CHECK_FALSE(is_writable(*schema.find("Full_Name")));
  CHECK(is_writable(*schema.find("Owner"), schema::Operation::upsert));

  schema::Mapping all;
  for (const schema::Field& field : schema.fields) all.columns.emplace_back(field);
  CHECK(schema::RecordChecker::make(all));
}
