#include "engine/run/module_texts.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/base/temporary_directory.h"
#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

using Catch::Matchers::Contains;

const ModuleTexts kLeads{
    R"({"fields": [
      {"api_name": "Last_Name", "field_label": "Last Name", "data_type": "text", "length": 80, "system_mandatory": true},
      {"api_name": "Company", "data_type": "text", "unknown": {"a": [1]}, "unique": {"case_sensitive": false}},
      {"api_name": "Photo", "data_type": "profileimage"},
      {"api_name": "Rating", "data_type": "picklist", "pick_list_values": [{"display_value": "Hot"}]},
      {"api_name": "Legacy", "data_type": "text", "external": {"type": "org", "show": true},
       "operation_type": {"api_create": true, "api_update": false}}]})",
    R"({"layouts": [{"sections": [{"fields": [{"api_name": "Company", "required": true}]}]},
      {"status": "inactive", "sections": [{"fields": [{"api_name": "Rating", "required": true}]}]}]})"};

}  // namespace

TEST_CASE("a module that is saved and read is the same module, with the layout's demands and the service's own words") {
  const TemporaryDirectory directory;
  const auto saved = saved_module(kLeads, "Leads");
  REQUIRE(saved);
  CHECK(nlohmann::json::parse(*saved)["fields"][1]["unknown"]["a"][0] == 1);
  e2e::spill(directory / "leads.json", *saved);
  const auto texts = read_module(directory / "leads.json");
  REQUIRE(texts);
  const auto before = schema_of(kLeads, "Leads"), after = schema_of(*texts, "");
  REQUIRE(before);
  REQUIRE(after);
  CHECK(after->module == "Leads");
  CHECK(to_json(*after) == to_json(*before));
}

TEST_CASE("fields say what the system and what the layout demands, what is unique, and what can be written") {
  const auto fields = nlohmann::json::parse(to_json(schema_of(kLeads, "Leads").value()));
  REQUIRE(fields.size() == 5);
  CHECK(fields[0] == nlohmann::json::parse(R"({"api_name": "Last_Name", "label": "Last Name", "type": "text",
    "length": 80, "required_by_system": true, "required_by_layout": false, "unique": false, "external_id": false,
    "writable": true, "creatable": true, "updatable": true, "values": []})"));
  CHECK(fields[1]["required_by_layout"] == true);
  CHECK(fields[1]["unique"] == true);
  CHECK(fields[2]["writable"] == false);
  CHECK(fields[3]["values"][0] == "Hot");
  CHECK(fields[3]["required_by_layout"] == false);
  CHECK(fields[4]["external_id"] == true);
  CHECK(fields[4]["writable"] == true);
  CHECK(fields[4]["creatable"] == true);
  CHECK(fields[4]["updatable"] == false);
}

TEST_CASE("a schema of another module is refused, and so is a file that is none") {
  const TemporaryDirectory directory;
  e2e::spill(directory / "leads.json", saved_module(kLeads, "Leads").value());
  const auto other = schema_of(read_module(directory / "leads.json").value(), "Contacts");
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == ErrorKind::configuration);
  CHECK_THAT(other.error().message, Contains("of Leads, not of Contacts"));
  CHECK(read_module(directory / "none.json").error().kind == ErrorKind::configuration);
  CHECK_FALSE(saved_module({"{}", kLeads.layouts}, "Leads"));
}

}  // namespace bulkwrite::run
