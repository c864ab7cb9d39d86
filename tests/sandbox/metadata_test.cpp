#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#include "tests/sandbox/sandbox_client.h"
#include "tests/sandbox/sandbox_process.h"

namespace bulkwrite::test {
namespace {

using nlohmann::json;

json named(const json& list, const std::string& api_name) {
  for (const auto& entry : list) {
    if (entry.at("api_name") == api_name) return entry;
  }
  return {};
}

TEST_CASE("the org, the user and the modules are told as documented") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  CHECK(client.get("/crm/v8/org").json.at("org").at(0).at("zgid") == SandboxProcess::kOrg);
  const json user = client.get("/crm/v8/users?type=CurrentUser&").json.at("users").at(0);
  CHECK(user.at("id").get<std::string>().size() == 19);
  const json modules = client.get("/crm/v8/settings/modules").json.at("modules");
  for (const char* name : {"Leads", "Contacts", "Accounts", "Deals", "Events_Log"})
    CHECK_FALSE(named(modules, name).is_null());
  CHECK(named(modules, "Events_Log").at("generated_type") == "custom");
}

TEST_CASE("fields say what is mandatory, unique and writable") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const json fields = client.get("/crm/v8/settings/fields?module=Leads").json.at("fields");
  CHECK(named(fields, "Last_Name").at("system_mandatory") == true);
  CHECK(named(fields, "Company").at("system_mandatory") == false);
  CHECK_FALSE(named(fields, "Email").at("unique").empty());
  CHECK(named(fields, "Phone").at("unique").empty());
  CHECK(named(fields, "Created_Time").at("operation_type").at("api_create") == false);
  CHECK(named(fields, "Annual_Revenue").at("data_type") == "currency");
  const json events = client.get("/crm/v8/settings/fields?module=Events_Log").json.at("fields");
  for (const auto& field : events) CHECK(field.at("unique").empty());
  CHECK(client.get("/crm/v8/settings/fields").code() == "REQUIRED_PARAM_MISSING");
  CHECK(client.get("/crm/v8/settings/fields?module=Nope").code() == "INVALID_MODULE");
  CHECK(client.get("/crm/v8/settings/fields?module=Leads&type=unused").status == 204);
}

TEST_CASE("the layout knows what is mandatory in it") {
  const SandboxProcess sandbox;
  const json layouts = SandboxClient(sandbox.port()).get("/crm/v8/settings/layouts?module=Leads").json.at("layouts");
  const json fields = layouts.at(0).at("sections").at(0).at("fields");
  CHECK(named(fields, "Company").at("required") == true);
  CHECK(named(fields, "Last_Name").at("required") == true);
  CHECK(named(fields, "City").at("required") == false);
}

TEST_CASE("versions 2 to 8 are served, others and unknown URLs are refused") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  for (const char* version : {"v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"}) {
    CAPTURE(version);
    CHECK(client.get("/crm/" + std::string(version) + "/org").status == 200);
    CHECK(client.get("/crm/bulk/" + std::string(version) + "/write/1").code() == "RESOURCE_NOT_FOUND");
  }
  for (const char* path : {"/crm/v1/org", "/crm/v9/org", "/crm/bulk/v9/write/1"}) {
    const Answer answer = client.get(path);
    CHECK(answer.code() == "API_NOT_SUPPORTED");
    CHECK(answer.json.at("details").at("supported_version") == 8);
  }
  CHECK(client.get("/crm/v8/elsewhere").status == 404);
  CHECK(client.get("/crm/v8/elsewhere").code() == "INVALID_URL_PATTERN");
  CHECK(client.get("/crm/bulk/v8/write").code() == "INVALID_REQUEST_METHOD");
  CHECK(client.send("DELETE", "/crm/bulk/v8/write/1", "", {}).code() == "INVALID_REQUEST_METHOD");
}

TEST_CASE("a modules file of the user's own adds modules, and fields to an old database") {
  const TemporaryDirectory directory;
  const std::string file = (directory.path() / "modules.json").string();
  const auto write = [&](const json& fields) {
    std::ofstream(file) << json{{"modules", {{{"api_name", "Ships"}, {"fields", fields}}}}}.dump();
  };
  json fields{{{"api_name", "Name"}, {"type", "text"}, {"system_mandatory", true}}};
  write(fields);
  SandboxProcess sandbox({"--modules", file});
  SandboxClient(sandbox.port()).run("N\nErebus\n", job_of("insert", "Ships", {"Name"}));
  sandbox.terminate();
  fields.push_back({{"api_name", "Tons"}, {"type", "integer"}, {"length", 9}});
  write(fields);
  sandbox.start({"--modules", file});
  SandboxClient(sandbox.port()).run("N,T\nTerror,325\n", job_of("insert", "Ships", {"Name", "Tons"}));
  CHECK(sandbox.query("select count(*) || ':' || sum(Tons) from Ships") == "2:325");
}

TEST_CASE("a field that names a user needs a find_by in a mapping: id or email, as the owner does") {
  const TemporaryDirectory directory;
  const std::string file = (directory.path() / "modules.json").string();
  const json fields{{{"api_name", "Name"}, {"type", "text"}}, {{"api_name", "Captain"}, {"type", "userlookup"}}};
  std::ofstream(file) << json{{"modules", {{{"api_name", "Ships"}, {"fields", fields}}}}}.dump();
  const SandboxProcess sandbox({"--modules", file});
  const SandboxClient client(sandbox.port());
  const json told = client.get("/crm/v8/settings/fields?module=Ships").json.at("fields");
  CHECK(named(told, "Captain").at("data_type") == "userlookup");
  const std::string csv = "N,C\nErebus,patricia.boyle@sandbox.example\n";
  json job = with_file(job_of("insert", "Ships", {"Name", "Captain"}), client.upload_csv(csv));
  json& mapping = job["resource"][0]["field_mappings"][1];
  CHECK(client.create(job).code() == "MANDATORY_NOT_FOUND");
  mapping["find_by"] = "name";
  CHECK(client.create(job).code() == "INVALID_FIELD");
  mapping["find_by"] = "email";
  client.run(csv, job);
  CHECK(sandbox.query("select count(*) from Ships where Captain = 4150868000000225013") == "1");
}

TEST_CASE("more calls at once than allowed are refused with 429") {
  const TemporaryDirectory directory;
  auto options = SandboxProcess::with_faults(
      directory, {{"requests", {{{"request", "org"}, {"probability", 1}, {"fault", "delay"}, {"delay_ms", 200}}}}});
  options.insert(options.end(), {"--set", "concurrency=1"});
  const SandboxProcess sandbox(options);
  std::atomic<bool> seen = false;
  std::thread slow([&] {
    while (!seen) SandboxClient(sandbox.port()).get("/crm/v8/org");
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!seen && std::chrono::steady_clock::now() < until) {
    seen = SandboxClient(sandbox.port()).get("/crm/v8/users").status == 429;
  }
  CHECK(seen);
  seen = true;
  slow.join();
}

TEST_CASE("calls beyond the day's credits are refused with 429") {
  const SandboxProcess sandbox({"--set", "credits=4"});
  const SandboxClient client(sandbox.port());
  for (int i = 0; i < 4; ++i) CHECK(client.get("/crm/v8/org").status == 200);
  const Answer answer = client.get("/crm/v8/org");
  CHECK(answer.status == 429);
  CHECK(answer.code() == "TOO_MANY_REQUESTS");
}

}  // namespace
}  // namespace bulkwrite::test
