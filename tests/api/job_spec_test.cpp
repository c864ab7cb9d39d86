#include "engine/api/job_spec.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace bulkwrite::api;
using nlohmann::json;

TEST_CASE("a create request names everything by index and nothing that was not asked for") {
  const JobSpec job{.operation = "insert", .module = "Leads", .mappings = {{"Last_Name", 0}, {"Company", 3}}};
  CHECK(json::parse(create_body(job, "111111000001492610", "leads-00000.csv")) == json::parse(R"({
    "character_encoding": "UTF-8", "operation": "insert", "ignore_empty": false,
    "resource": [{"type": "data", "module": {"api_name": "Leads"}, "file_id": "111111000001492610",
      "file_names": ["leads-00000.csv"],
      "field_mappings": [{"api_name": "Last_Name", "index": 0}, {"api_name": "Company", "index": 3}]}]})"));
}

TEST_CASE("find_by, formats, lookups, ignore_empty and the callback are where the contract has them") {
  const JobSpec job{.operation = "upsert",
                    .module = "Contacts",
                    .find_by = "Email",
                    .mappings = {{"Email", 1}, {"Birthday", 2, "yyyy-MM-dd"}, {"Account_Name", 199, "", "id"}},
                    .ignore_empty = true};
  CHECK(json::parse(create_body(job, "7", "c.csv", "https://loader.example/cb/7f")) == json::parse(R"({
    "character_encoding": "UTF-8", "operation": "upsert", "ignore_empty": true,
    "callback": {"url": "https://loader.example/cb/7f", "method": "post"},
    "resource": [{"type": "data", "module": {"api_name": "Contacts"}, "file_id": "7", "file_names": ["c.csv"],
      "find_by": "Email",
      "field_mappings": [{"api_name": "Email", "index": 1},
                         {"api_name": "Birthday", "index": 2, "format": "yyyy-MM-dd"},
                         {"api_name": "Account_Name", "index": 199, "find_by": "id"}]}]})"));
}

TEST_CASE("a default fills the blanks of a column, or stands alone where there is none") {
  const JobSpec job{.operation = "insert",
                    .module = "Leads",
                    .mappings = {{.api_name = "City", .column = 2, .default_value = "Graz"},
                                 {.api_name = "Lead_Source", .default_value = "Trade \"Show\""}}};
  const json body = json::parse(create_body(job, "1", "a.csv"));
  CHECK(body["resource"][0]["field_mappings"] == json::parse(R"([
    {"api_name": "City", "index": 2, "default_value": {"value": "Graz"}},
    {"api_name": "Lead_Source", "default_value": {"value": "Trade \"Show\""}}])"));
}

TEST_CASE("no name can break out of its string") {
  std::string nasty = "a\"b\\c/\n\r\t\x01\x1f d'é{}[]";
  nasty += '\0';
  const JobSpec job{.operation = nasty, .module = nasty, .find_by = nasty, .mappings = {{nasty, 0, nasty, nasty}}};
  const json body = json::parse(create_body(job, nasty, nasty, nasty));
  const json& resource = body["resource"][0];
  for (const json& text :
       {body["operation"], body["callback"]["url"], resource["module"]["api_name"], resource["file_id"],
        resource["file_names"][0], resource["find_by"], resource["field_mappings"][0]["api_name"],
        resource["field_mappings"][0]["format"], resource["field_mappings"][0]["find_by"]})
    CHECK(text.get<std::string>() == nasty);
}

TEST_CASE("every character below a blank is escaped, and text beyond ASCII goes through") {
  for (int c = 0; c < 0x20; ++c) {
    const std::string text(1, static_cast<char>(c));
    const std::string quoted = json_string(text);
    CAPTURE(c, quoted);
    CHECK(quoted.find(static_cast<char>(c)) == std::string::npos);
    CHECK(json::parse(quoted).get<std::string>() == text);
  }
  CHECK(json_string("") == "\"\"");
  CHECK(json_string("Zoë 日本") == "\"Zoë 日本\"");
}
