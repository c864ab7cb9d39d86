#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "tests/e2e/world.h"
#include "tests/json_schema.h"

using namespace e2e;

TEST_CASE("check finds in the sample what is known to be wrong with it") {
  const TemporaryDirectory directory;
  const Ended ended =
      run({bulkwrite_program(), "check", data_file("leads-sample.csv"), "--schema", data_file("leads.schema.json")},
          directory.path());
  CHECK(ended.exit_code == 2);
  CHECK(summary_of(ended)["records_read"] == 97);
  CHECK(summary_of(ended)["rejected"] == 48);
  CHECK(ended.err.find("record 55 (byte 11685): date in Birthday: 2025-02-30") != std::string::npos);
}

TEST_CASE("check tells of values that picklists do not have, or rejects their records") {
  const TemporaryDirectory directory;
  std::vector<std::string> call = {bulkwrite_program(), "check", data_file("leads-sample.csv"), "--schema",
                                   data_file("leads.schema.json")};
  const Ended told = run(call, directory.path());
  CHECK(told.err.find("warning: Lead_Source: 1 record holds a value that its picklist does not have, such as \"Trade "
                      "Fair\"; the service adds it") != std::string::npos);
  CHECK(told.err.find("warning: Interests: 1 record holds a value that its picklist does not have, such as "
                      "\"Analytics;Quantum\"") != std::string::npos);

  call.insert(call.end(), {"--picklist", "strict"});
  const Ended strict = run(call, directory.path());
  CHECK(summary_of(strict)["rejected"] == 49);
  CHECK(strict.err.find("picklist in Interests: Analytics;Quantum") != std::string::npos);
  CHECK(strict.err.find("warning: Lead_Source") == std::string::npos);
}

namespace {

nlohmann::json checked_json(const Ended& ended) {
  const auto json = last_line_of(ended);
  CHECK(std::count(ended.out.begin(), ended.out.end(), '\n') == 1);
  CHECK(schema_violations(json, "check.schema.json") == "");
  CHECK(schema_violations(json["summary"], "summary.schema.json") == "");
  return json;
}

nlohmann::json column_of(const nlohmann::json& checked, const std::string& name) {
  for (const auto& column : checked["profile"]["columns"])
    if (column["name"] == name) return column;
  return {};
}

}  // namespace

TEST_CASE("check tells of each column what it holds, and of each rule where it was broken, as JSON and for people") {
  const TemporaryDirectory directory;
  const std::string header = "Last_Name,Company,Birthday,No_of_Employees\n";
  std::string text = header + "Smith,Acme,2024-02-29,9\nM\xC3\xBCller,Acme,1999-01-01,10\n";
  const size_t third = text.size();
  text += ",Acme,2025-02-30,x\n\xC5\x90ry,\"A \"\"B\"\"\nC\",,100\nbroken,record\n";
  for (int i = 0; i < 5; ++i) text += "Jones,Acme,soon,2\n";
  spill(directory / "leads.csv", text);
  const std::string source = directory / "leads.csv";
  const std::vector<std::string> call{bulkwrite_program(), "check", source, "--schema", data_file("leads.schema.json")};
  std::vector<std::string> with_json = call;
  with_json.push_back("--json");
  const Ended ended = run(with_json, directory.path());
  CHECK(ended.exit_code == 2);
  const auto checked = checked_json(ended);
  CHECK(checked["summary"]["records_read"] == 10);
  CHECK(checked["summary"]["rejected"] == 7);
  CHECK(checked["profile"]["records"] == 9);
  const auto longest = [&](uint64_t characters, uint64_t record) {
    return nlohmann::json{{"characters", characters}, {"source", source}, {"record_number", record}};
  };
  CHECK(column_of(checked, "Last_Name") == nlohmann::json{{"name", "Last_Name"},
                                                          {"filled", 8},
                                                          {"distinct", 4},
                                                          {"order", "bytes"},
                                                          {"min", "Jones"},
                                                          {"max", "\xC5\x90ry"},
                                                          {"longest", longest(6, 2)}});
  CHECK(column_of(checked, "Company")["longest"] == longest(7, 4));
  const auto birthday = column_of(checked, "Birthday"), employees = column_of(checked, "No_of_Employees");
  CHECK(birthday["order"] == "date");
  CHECK(birthday["min"] == "1999-01-01");
  CHECK(birthday["max"] == "2024-02-29");
  CHECK(birthday["filled"] == 8);
  CHECK(employees["order"] == "number");
  CHECK(employees["min"] == "2");
  CHECK(employees["max"] == "100");
  std::map<std::string, nlohmann::json> rules;
  for (const auto& rule : checked["rules"]) rules[rule["rule"]] = rule;
  CHECK(rules.size() == 4);
  CHECK(rules["required"]["count"] == 1);
  CHECK(rules["integer"]["count"] == 1);
  CHECK(rules["field_count"]["count"] == 1);
  CHECK(rules["date"]["count"] == 6);
  REQUIRE(rules["date"]["examples"].size() == 3);
  CHECK(rules["date"]["examples"][0] == nlohmann::json{{"source", source},
                                                       {"record_number", 3},
                                                       {"byte_offset", third},
                                                       {"column", "Birthday"},
                                                       {"excerpt", "2025-02-30"}});
  CHECK(rules["date"]["examples"][2]["record_number"] == 7);

  const Ended shown = run(call, directory.path());
  CHECK(summary_of(shown)["rejected"] == 7);
  CHECK(shown.err.find("1999-01-01 .. 2024-02-29 (by date)") != std::string::npos);
  CHECK(shown.err.find("6 (record 2)") != std::string::npos);
  CHECK(shown.err.find("    " + source + ": record 7 (byte ") != std::string::npos);
}

TEST_CASE("a profile is the same for any number of workers, chunks and scanners") {
  const TemporaryDirectory directory;
  const std::filesystem::path source = directory / "leads.csv";
  CHECK(run({gen_program(), "--records", "30000", "--bad", "1", "--newlines", "10", "-o", source}, directory.path())
            .exit_code == 0);
  nlohmann::json first;
  for (const std::vector<std::string>& way : std::vector<std::vector<std::string>>{
           {"--workers", "1"}, {"--workers", "5", "--records", "100"}, {"--workers", "3", "--scanners", "2"}}) {
    std::vector<std::string> call{bulkwrite_program(),           "check", source, "--json", "--schema",
                                  data_file("leads.schema.json")};
    call.insert(call.end(), way.begin(), way.end());
    const auto checked = checked_json(run(call, directory.path()));
    if (first.is_null()) first = checked;
    CHECK(checked["profile"] == first["profile"]);
    CHECK(checked["rules"] == first["rules"]);
  }
}

TEST_CASE("without a profile a check finds the same, and a check that cannot begin is JSON too") {
  const TemporaryDirectory directory;
  const Ended plain =
      run({bulkwrite_program(), "check", data_file("leads-sample.csv"), "--no-profile"}, directory.path());
  const Ended ended =
      run({bulkwrite_program(), "check", data_file("leads-sample.csv"), "--no-profile", "--json"}, directory.path());
  CHECK(plain.exit_code == ended.exit_code);
  CHECK(plain.err.find("distinct") == std::string::npos);
  const auto checked = checked_json(ended);
  CHECK(checked["profile"].is_null());
  CHECK(checked["summary"]["rejected"] == summary_of(plain)["rejected"]);
  CHECK(checked["rules"].size() == 5);
  const Ended none = run({bulkwrite_program(), "check", directory / "none.csv", "--json"}, directory.path());
  CHECK(none.exit_code == 66);
  CHECK(checked_json(none)["summary"]["exit_code"] == 66);
}

TEST_CASE("check of a sound file ends with 0") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(10));
  const Ended ended =
      run({bulkwrite_program(), "check", directory / "leads.csv", "--schema", data_file("leads.schema.json")},
          directory.path());
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["rejected"] == 0);
}

TEST_CASE("of a million sound records none is rejected, from a pipe") {
  const TemporaryDirectory directory;
  const std::string pipe = gen_program() + " --records 1000000 | " + bulkwrite_program() + " check - --schema " +
                           data_file("leads.schema.json").string() + " --no-profile --on-repeat off";
  const Ended ended = run({"/bin/sh", "-c", pipe}, directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["records_read"] == 1'000'000);
  CHECK(summary_of(ended)["rejected"] == 0);
}

TEST_CASE("a wrong call ends with 64, a missing file with 66, a file that is no CSV with 65") {
  const TemporaryDirectory directory;
  CHECK(run({bulkwrite_program(), "chekc"}, directory.path()).exit_code == 64);
  CHECK(run({bulkwrite_program(), "check", directory / "none.csv"}, directory.path()).exit_code == 66);
  CHECK(
      run({bulkwrite_program(), "check", directory / "leads.csv", "--records", "25001"}, directory.path()).exit_code ==
      64);
  CHECK(run({bulkwrite_program(), "check", directory / "leads.csv", "--records", "-1"}, directory.path()).exit_code ==
        64);
  spill(directory / "utf16.csv", std::string("a\0,\0b\0\n\0", 8));  // with no byte order mark
  const Ended ended = run({bulkwrite_program(), "check", directory / "utf16.csv"}, directory.path());
  CHECK(ended.exit_code == 65);
  CHECK(ended.err.find("--encoding UTF-16LE") != std::string::npos);
  CHECK(summary_of(ended)["exit_code"] == 65);
}

TEST_CASE("an unclosed quote is named, with the record and the byte where it began") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(3) + "Name4,\"never closed,x\nName5,Company,e,x\n");
  const Ended ended = run({bulkwrite_program(), "check", directory / "leads.csv"}, directory.path());
  CHECK(ended.exit_code == 65);
  CHECK(ended.err.find("record 4") != std::string::npos);
  CHECK(summary_of(ended)["records_read"] == 3);
}

namespace {

// A file that a load refuses, and so a check of it.
struct Refusal {
  std::string text, mapping;
  std::vector<std::string> options;
  int exit_code;
  std::string why;
};

const std::vector<Refusal>& refusals() {
  static const std::string kWhole = "Last_Name,Company\nOkafor,Freight\n";
  static const std::vector<Refusal> kRefusals{
      {"Company\nFreight\n", "", {}, 65, "Leads demands Last_Name, and no column goes there"},
      {"A,B\n1,2\n", "", {}, 65, "no column of the header is the API name or the label of a field of Leads"},
      {"Last_Name,Company,Company\nOkafor,Freight,\n", "", {}, 65, "both named \"Company\""},
      {"Last_Name,Company,Created_Time\nOkafor,Freight,\n", "", {}, 78, "Created_Time is the service's own to write"},
      {"Last_Name,Company,Photo\nOkafor,Freight,\n", "", {}, 78, "Photo is of type imageupload"},
      {kWhole, "field,default\nNo_of_Employees,many\n", {}, 78, "No_of_Employees"},
      {kWhole, "", {"--module", "Notes"}, 78, "the service takes no bulk writes into Notes"},
      {kWhole, "", {"--module", "Contacts"}, 78, "the schema is of Leads, not of Contacts"},
      {kWhole, "", {"--operation", "update"}, 78, "update and upsert need --find-by"},
      {kWhole, "", {"--operation", "upsert", "--find-by", "Nothing"}, 78, "Leads has no such field"},
      {kWhole, "", {"--operation", "upsert", "--find-by", "Company"}, 78, "the field is not unique"},
      {kWhole, "", {"--find-by", "Email"}, 78, "--find-by Email: no column goes there"}};
  return kRefusals;
}

// The sample's module, with a field that no CSV can fill.
void spill_schema(const std::filesystem::path& path) {
  auto schema = nlohmann::json::parse(slurp(data_file("leads.schema.json")));
  schema["fields"].push_back({{"api_name", "Photo"}, {"field_label", "Photo"}, {"data_type", "imageupload"}});
  spill(path, schema.dump());
}

}  // namespace

TEST_CASE("check refuses what a load of the file refuses, in the same words and with the same exit code") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {"--set", "token_rate_max=100"});
  spill_schema(directory / "schema.json");
  for (const Refusal& refusal : refusals()) {
    CAPTURE(refusal.why);
    spill(directory / "leads.csv", refusal.text);
    spill(directory / "m.csv", refusal.mapping);
    std::vector<std::string> more{"--schema", directory / "schema.json"};
    if (!refusal.mapping.empty()) more.insert(more.end(), {"--mapping", directory / "m.csv"});
    more.insert(more.end(), refusal.options.begin(), refusal.options.end());

    std::vector<std::string> check_call{bulkwrite_program(), "check", directory / "leads.csv"};
    check_call.insert(check_call.end(), more.begin(), more.end());
    const Ended checked = run(check_call, directory.path());
    std::vector<std::string> load{bulkwrite_program(), "load",      directory / "leads.csv", "--sandbox",
                                  sandbox.url(),       "--run-dir", directory / "run"};
    if (refusal.options.empty() || refusal.options[0] != "--module") load.insert(load.end(), {"--module", "Leads"});
    load.insert(load.end(), more.begin(), more.end());
    const Ended loaded = run(load, directory.path());

    CHECK(checked.exit_code == refusal.exit_code);
    CHECK(loaded.exit_code == refusal.exit_code);
    const auto errors = summary_of(checked)["errors"];
    REQUIRE(errors.size() == 1);
    CHECK(errors == summary_of(loaded)["errors"]);
    CHECK(errors[0].get<std::string>().find(refusal.why) != std::string::npos);
  }
  CHECK(sandbox.requests_of("upload") == 0);
}

TEST_CASE("a schema of a module that takes no bulk writes is refused without being named") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(1));
  spill(directory / "schema.json", R"({"module": "Notes", "fields": [{"api_name": "Last_Name"}]})");
  const Ended ended = run(
      {bulkwrite_program(), "check", directory / "leads.csv", "--schema", directory / "schema.json"}, directory.path());
  CHECK(ended.exit_code == 78);
  CHECK(ended.err.find("no bulk writes into Notes") != std::string::npos);
}

TEST_CASE("a file of updates is judged as the update would judge it") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", "id,Company\n415086800000500003,Acme\n415086800000500003,Freight\n17,\n");
  std::vector<std::string> call{bulkwrite_program(),
                                "check",
                                directory / "leads.csv",
                                "--schema",
                                data_file("leads.schema.json"),
                                "--operation",
                                "update",
                                "--find-by",
                                "id"};
  const Ended ended = run(call, directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(summary_of(ended)["rejected"] == 2);
  CHECK(ended.err.find("record 2 (byte 35): repeat in id: as record 1: 415086800000500003") != std::string::npos);
  CHECK(ended.err.find("record 3 (byte 62): required in Company") != std::string::npos);

  call.emplace_back("--ignore-empty");
  const Ended blank = run(call, directory.path());
  CHECK(summary_of(blank)["rejected"] == 1);
  CHECK(blank.err.find("required in Company") == std::string::npos);
}

TEST_CASE("what a check cannot judge without a module is not passed over in silence") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(1));
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--find-by", "Email"}, {"--operation", "update"}}) {
    const Ended ended =
        run({bulkwrite_program(), "check", directory / "leads.csv", more[0], more[1]}, directory.path());
    CHECK(ended.exit_code == 64);
    CHECK(ended.err.find("--schema") != std::string::npos);
  }
}
