#include <catch2/catch.hpp>
#include <functional>

#include "tests/sandbox/sandbox_client.h"
#include "tests/sandbox/sandbox_process.h"

namespace bulkwrite::test {
namespace {

using nlohmann::json;

struct Fault {
  const char* name;
  const char* code;
  std::function<void(json& job, json& resource)> spoil;
};

const std::vector<Fault>& faults() {
  static const std::vector<Fault> kFaults{
      {"no operation", "MISSING_REQUIRED_KEY", [](json& job, json&) { job.erase("operation"); }},
      {"unknown operation", "INVALID_DATA", [](json& job, json&) { job["operation"] = "delete"; }},
      {"no resource", "MISSING_REQUIRED_KEY", [](json& job, json&) { job.erase("resource"); }},
      {"no type", "MISSING_REQUIRED_KEY", [](json&, json& resource) { resource.erase("type"); }},
      {"no file_id", "MISSING_REQUIRED_KEY", [](json&, json& resource) { resource.erase("file_id"); }},
      {"unknown file_id", "INVALID_FILE_ID", [](json&, json& resource) { resource["file_id"] = "1"; }},
      {"unknown module", "MODULE_NOT_AVAILABLE",
       [](json&, json& resource) { resource["module"]["api_name"] = "asdf"; }},
      {"wrong file name", "FILE_NOT_FOUND", [](json&, json& resource) { resource["file_names"] = {"other.csv"}; }},
      {"unknown encoding", "INVALID_DATA", [](json& job, json&) { job["character_encoding"] = "EBCDIC"; }},
      {"unknown field", "INVALID_FIELD",
       [](json&, json& resource) { resource["field_mappings"][0]["api_name"] = "ast_Name"; }},
      {"field mapped twice", "INVALID_DATA",
       [](json&, json& resource) { resource["field_mappings"][2]["api_name"] = "Company"; }},
      {"no index", "MISSING_REQUIRED_KEY", [](json&, json& resource) { resource["field_mappings"][1].erase("index"); }},
      {"negative index", "COLUMN_INDEX_NOT_FOUND",
       [](json&, json& resource) { resource["field_mappings"][1]["index"] = -1; }},
      {"index beyond the columns", "COLUMN_INDEX_NOT_FOUND",
       [](json&, json& resource) { resource["field_mappings"][1]["index"] = 4; }},
      {"wrong date format", "INVALID_FORMAT",
       [](json&, json& resource) {
         resource["field_mappings"][3] = {{"api_name", "Birthday"}, {"index", 3}, {"format", "yyyy-QQ-dd"}};
       }},
      {"format of a text", "INVALID_FORMAT",
       [](json&, json& resource) { resource["field_mappings"][0]["format"] = "yyyy-MM-dd"; }},
      {"lookup without find_by", "MANDATORY_NOT_FOUND",
       [](json&, json& resource) {
         resource["field_mappings"][3] = {{"api_name", "Owner"}, {"index", 3}};
       }},
      {"find_by beside parent_column_index", "COEXISTENCE_NOT_ALLOWED",
       [](json&, json& resource) {
         resource["field_mappings"][3] = {
             {"api_name", "Owner"}, {"index", 3}, {"find_by", "id"}, {"parent_column_index", 0}};
       }},
      {"update without find_by", "MANDATORY_NOT_FOUND", [](json& job, json&) { job["operation"] = "update"; }},
      {"upsert without find_by", "MANDATORY_NOT_FOUND", [](json& job, json&) { job["operation"] = "upsert"; }},
      {"find_by a field that is not unique", "INVALID_FIELD",
       [](json&, json& resource) { resource["find_by"] = "Company"; }},
      {"find_by a field that is not mapped", "MANDATORY_FIELDS_NOT_MAPPED",
       [](json&, json& resource) { resource["find_by"] = "External_Id"; }},
      {"mandatory field not mapped", "MANDATORY_FIELDS_NOT_MAPPED",
       [](json&, json& resource) { resource["field_mappings"].erase(0); }},
      {"field mandatory in the layout not mapped", "MANDATORY_FIELDS_NOT_MAPPED",
       [](json&, json& resource) { resource["field_mappings"].erase(1); }},
      {"201 mappings", "HEADER_LIMIT_EXCEEDED",
       [](json&, json& resource) {
         resource["field_mappings"] = json(201, json{{"api_name", "City"}, {"index", 0}});
       }},
      {"callback without method", "MISSING_REQUIRED_KEY",
       [](json& job, json&) {
         job["callback"] = {{"url", "http://a.example/"}};
       }},
      {"callback by get", "INVALID_CALLBACK_METHOD",
       [](json& job, json&) {
         job["callback"] = {{"url", "http://a.example/"}, {"method", "get"}};
       }},
      {"callback to nowhere", "INVALID_CALLBACK_URL",
       [](json& job, json&) {
         job["callback"] = {{"url", "elsewhere"}, {"method", "post"}};
       }},
  };
  return kFaults;
}

TEST_CASE("every fault of a create request has its documented code, and makes no job") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const json good =
      with_file(job_of("insert", "Leads", {"Last_Name", "Company", "Email", "City"}), client.upload_csv("a,b,c,d\n"));
  for (const auto& fault : faults()) {
    CAPTURE(fault.name);
    json job = good;
    json resource = job["resource"][0];
    fault.spoil(job, resource);
    if (job.contains("resource")) job["resource"][0] = resource;
    const Answer answer = client.create(job);
    CHECK(answer.status == 400);
    CHECK(answer.code() == fault.code);
    CHECK(answer.json.at("status") == "error");
  }
  CHECK(sandbox.query("select count(*) from sandbox_jobs") == "0");
  CHECK(client.create(good).status == 201);
}

TEST_CASE("the layout's message names the missing fields, unless the switch ignores them") {
  const json job = job_of("insert", "Leads", {"Last_Name"});
  SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const std::string file = client.upload_csv("Name\nOkafor\n");
  CHECK(client.create(with_file(job, file)).json.at("message") ==
        "All mandatory fields are not mapped for the layout [Company]");
  sandbox.terminate();
  sandbox.start({"--set", "layout_mandatory=ignored"});
  CHECK(SandboxClient(sandbox.port()).create(with_file(job, file)).status == 201);
}

TEST_CASE("a body that is no JSON is refused and one called urlencoded is taken, but one called nothing is not") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const std::string path = "/crm/bulk/v2/write";
  CHECK(client.send("POST", path, "{", {{"Content-Type", "application/json"}}).code() == "REQUEST_BODY_NOT_SUPPORTED");
  const json job = with_file(job_of("insert", "Leads", {"Last_Name", "Company"}), client.upload_csv("a,b\n"));
  CHECK(client.send("POST", path, job.dump(), {{"Content-Type", "application/x-www-form-urlencoded"}}).status == 201);
  CHECK(client.send("POST", path, job.dump(), {{"Content-Type", ""}}).status == 415);
}

TEST_CASE("a created job answers with ids of digits and the details echo its mappings") {
  const SandboxProcess sandbox({"--set", "queue_delay_ms=600000"});
  const SandboxClient client(sandbox.port());
  const std::string file = client.upload_csv("a,b\n");
  const Answer created = client.create(with_file(job_of("insert", "Leads", {"Last_Name", "Company"}), file));
  REQUIRE(created.status == 201);
  const auto id = created.json.at("details").at("id").get<std::string>();
  CHECK(id.size() == 19);
  CHECK(created.json.at("details").at("created_by").at("id").is_string());
  const json details = client.get("/crm/bulk/v3/write/" + id).json;
  CHECK(details.at("status") == "ADDED");
  const json resource = details.at("resource").at(0);
  CHECK(resource.at("status") == "INPROGRESS");
  CHECK(resource.at("code") == "ADDED");
  CHECK(resource.at("module").at("id").is_string());
  CHECK(resource.at("file") == json{{"status", "INPROGRESS"}});
  CHECK(resource.at("field_mappings").at(1).at("api_name") == "Company");
  CHECK(resource.at("field_mappings").at(1).at("format").is_null());
  CHECK_FALSE(details.contains("result"));
}

TEST_CASE("a file may be used again, unless the switch says once, and an old one expires") {
  SandboxProcess sandbox({"--set", "file_id_reuse=single"});
  const SandboxClient client(sandbox.port());
  const json job = with_file(job_of("insert", "Leads", {"Last_Name", "Company"}), client.upload_csv("a,b\n"));
  CHECK(client.create(job).status == 201);
  CHECK(client.create(job).code() == "INVALID_FILE_ID");
  sandbox.terminate();
  sandbox.start();
  CHECK(SandboxClient(sandbox.port()).create(job).status == 201);
}

TEST_CASE("the unknown job is 404, or 400 by the switch") {
  const std::string status = GENERATE("404", "400");
  const SandboxProcess sandbox({"--set", "not_found_http=" + status});
  const Answer answer = SandboxClient(sandbox.port()).get("/crm/bulk/v8/write/4150868000009999999");
  CHECK(answer.status == std::stoi(status));
  CHECK(answer.code() == "RESOURCE_NOT_FOUND");
}

}  // namespace
}  // namespace bulkwrite::test
