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
