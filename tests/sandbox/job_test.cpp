#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/sandbox/sandbox_client.h"
#include "tests/sandbox/sandbox_process.h"

namespace bulkwrite::test {
namespace {

using nlohmann::json;

json counts(const json& details) {
  const json& file = details.at("resource").at(0).at("file");
  return {file.at("added_count"), file.at("updated_count"), file.at("skipped_count"), file.at("total_count")};
}

json lead_job(const std::string& operation, const std::string& find_by = "") {
  return job_of(operation, "Leads", {"Last_Name", "Company", "Email", "City"}, find_by);
}

constexpr const char* kTwoLeads = "Name,Firm,Mail,Town\nOkafor,Freight,a@b.example,Lagos\nIto,Rail,c@d.example,Osaka\n";

TEST_CASE("insert adds records, and its result says which ids they got") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const json details = client.run(kTwoLeads, lead_job("insert"));
  CHECK(details.at("status") == "COMPLETED");
  CHECK(details.at("resource").at(0).at("code") == "COMPLETED");
  CHECK(counts(details) == json{2, 0, 0, 2});
  const Table result = client.result(details);
  REQUIRE(result.size() == 3);
  CHECK(result[0] == std::vector<std::string>{"Name", "Firm", "Mail", "STATUS", "RECORD_ID", "ERRORS"});
  CHECK(result[1][3] == "ADDED");
  CHECK(result[1][5].empty());
  CHECK(sandbox.query("select City from Leads where id = " + result[2][4]) == "Osaka");
  CHECK(sandbox.query("select count(*) from Leads") == "2");
}

TEST_CASE("the result is a ZIP named after the job, with one CSV named after module and file") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const json details = client.run(kTwoLeads, lead_job("insert"));
  const auto id = details.at("id").get<std::string>();
  for (const char* segment : {"808232144", "org808232144"}) {
    const Answer answer = client.get(fmt::format("/v7/crm/{}/bulk-write/{}/{}.zip", segment, id, id));
    REQUIRE(answer.status == 200);
    CHECK(answer.content_type == "application/octet-stream");
    CHECK(answer.disposition == "attachment; filename=\"" + id + ".zip\"");
    CHECK(only_member(answer.body).first == "Leads-data.csv");
  }
}

TEST_CASE("a blank mandatory field, a bad value and a duplicate are told in the documented grammar") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  client.run(kTwoLeads, lead_job("insert"));
  const json details = client.run("Name,Firm,Mail,Town\n,,x,Bern\nNew,Firm,A@B.EXAMPLE,Bern\n", lead_job("insert"));
  CHECK(counts(details) == json{0, 0, 2, 2});
  const Table result = client.result(details);
  CHECK(result[1][3] == "SKIPPED");
  CHECK(result[1][4].empty());
  CHECK(result[1][5] == "MANDATORY_NOT_FOUND-Name,Firm:INVALID_DATA-Mail");
  CHECK(result[2][5] == "DUPLICATE_DATA-Mail");
  CHECK(sandbox.query("select count(*) from Leads") == "2");
}

TEST_CASE("insert with find_by skips what is there") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  client.run(kTwoLeads, lead_job("insert"));
  const json details =
      client.run("n,c,e,t\nOther,Firm,a@b.example,Bern\nNew,Firm,n@n.example,Bern\n", lead_job("insert", "Email"));
  CHECK(counts(details) == json{1, 0, 1, 2});
  CHECK(client.result(details)[1][5] == "DUPLICATE_DATA-e");
  CHECK(sandbox.query("select Last_Name from Leads where Email = 'a@b.example'") == "Okafor");
}

TEST_CASE("update changes what it finds and skips what it does not") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  client.run(kTwoLeads, lead_job("insert"));
  const json job = job_of("update", "Leads", {"Email", "City"}, "email");
  const json details = client.run("e,t\na@b.example,Abuja\nno@no.example,Bern\n,Bern\n", job);
  CHECK(counts(details) == json{0, 1, 2, 3});
  const Table result = client.result(details);
  CHECK(result[1][2] == "UPDATED");
  CHECK(result[2][4] == "RESOURCE_NOT_FOUND-e");
  CHECK(result[3][4] == "MANDATORY_NOT_FOUND-e");
  CHECK(sandbox.query("select City || Company from Leads where Email = 'a@b.example'") == "AbujaFreight");
}

TEST_CASE("update finds by record id") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const Table added = client.result(client.run(kTwoLeads, lead_job("insert")));
  const json details =
      client.run("id,t\n" + added[1][4] + ",Jos\n1,Bern\nx,Bern\n", job_of("update", "Leads", {"id", "City"}, "id"));
  const Table result = client.result(details);
  CHECK(result[1][3] == added[1][4]);
  CHECK(result[2][4] == "RESOURCE_NOT_FOUND-id");
  CHECK(result[3][4] == "INVALID_DATA-id");
  CHECK(sandbox.query("select City from Leads where id = " + added[1][4]) == "Jos");
}

TEST_CASE("upsert updates or adds, also within one file") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  client.run(kTwoLeads, lead_job("insert"));
  const json details =
      client.run("n,c,e,t\nOkafor,Freight,A@b.example,Abuja\nNew,Co,n@n.example,Bern\nNew,Co,n@n.example,Thun\n",
                 lead_job("upsert", "Email"));
  CHECK(counts(details) == json{1, 2, 0, 3});
  CHECK(sandbox.query("select group_concat(City) from (select City from Leads order by id)") == "Abuja,Osaka,Thun");
}

TEST_CASE("an update that takes another record's unique value is a duplicate") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const Table added = client.result(client.run(kTwoLeads, lead_job("insert")));
  const json details =
      client.run("id,e\n" + added[1][4] + ",c@d.example\n", job_of("update", "Leads", {"id", "Email"}, "id"));
  CHECK(client.result(details)[1][4] == "DUPLICATE_DATA-e");
}

TEST_CASE("a blank cell overwrites, unless ignore_empty says to leave it") {
  const bool ignore = GENERATE(false, true);
  const bool at_resource = GENERATE(false, true);
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  client.run(kTwoLeads, lead_job("insert"));
  json job = job_of("update", "Leads", {"Email", "City", "Company"}, "Email");
  (at_resource ? job["resource"][0] : job)["ignore_empty"] = ignore;
  const json details = client.run("e,t,c\na@b.example,,Freight\n", job);
  CHECK(counts(details) == json{0, 1, 0, 1});
  CHECK(sandbox.query("select City from Leads where Email = 'a@b.example'") == (ignore ? "Lagos" : "NULL"));
}

TEST_CASE("default values fill blank cells, and whole columns that the file has not") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  json job = job_of("insert", "Leads", {"Last_Name", "City"});
  job["resource"][0]["field_mappings"][1]["default_value"] = {{"value", "Bern"}};
  job["resource"][0]["field_mappings"].push_back({{"api_name", "Company"}, {"default_value", {{"value", "Self"}}}});
  const json details = client.run("n,t\nA,\nB,Thun\n", job);
  CHECK(counts(details) == json{2, 0, 0, 2});
  CHECK(client.result(details)[0] == std::vector<std::string>{"n", "t", "STATUS", "RECORD_ID", "ERRORS"});
  CHECK(sandbox.query("select group_concat(City || Company) from (select * from Leads order by id)") ==
        "BernSelf,ThunSelf");
}

struct Cell {
  const char* field;
  std::string text;
  std::string stored;  // empty: INVALID_DATA
};

TEST_CASE("a cell is taken or refused by the type of its field") {
  const std::vector<Cell> cells{
      {"First_Name", std::string(40, 'x'), std::string(40, 'x')},
      {"First_Name", std::string(41, 'x'), ""},
      {"City", "Zürich", "Zürich"},
      {"City", "\xFF", ""},
      {"No_of_Employees", "-12", "-12"},
      {"No_of_Employees", "1234567890", ""},
      {"No_of_Employees", "1.5", ""},
      {"Legacy_Number", "123456789012345678", "123456789012345678"},
      {"Legacy_Number", "1234567890123456789", ""},
      {"Annual_Revenue", "1234.25", "1234.25"},
      {"Annual_Revenue", "1,234", ""},
      {"Annual_Revenue", "1e3", ""},
      {"Email_Opt_Out", "true", "1"},
      {"Email_Opt_Out", "yes", ""},
      {"Secondary_Email", "a@b.example", "a@b.example"},
      {"Secondary_Email", "a@b", ""},
      {"Secondary_Email", "@b.example", ""},
      {"Birthday", "02/29/2024", "2024-02-29"},
      {"Birthday", "02/29/2023", ""},
      {"Birthday", "2024-02-29", ""},
      {"Last_Seen", "12/31/2023 23:59:58", "2023-12-31T23:59:58+00:00"},
      {"Last_Seen", "12/31/2023 24:00:00", ""},
      {"Phone", "+49 (30) 555-0102", "+49 (30) 555-0102"},
      {"Phone", "@", ""},
      {"Rating", "Brand new", "Brand new"},
  };
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  for (const auto& cell : cells) {
    CAPTURE(cell.field, cell.text);
    const json details = client.run("n,c,f\nName,Co,\"" + cell.text + "\"\n",
                                    job_of("insert", "Leads", {"Last_Name", "Company", cell.field}));
    const std::vector<std::string> verdict = client.result(details).at(1);
    CHECK(verdict[5] == (cell.stored.empty() ? "INVALID_DATA-f" : ""));
    if (cell.stored.empty() || verdict[4].empty()) continue;
    CHECK(sandbox.query(fmt::format("select {} from Leads where id = {}", cell.field, verdict[4])) == cell.stored);
  }
  const std::string fields = client.get("/crm/v8/settings/fields?module=Leads").body;
  CHECK(fields.find("\"Brand new\"") != std::string::npos);
}

TEST_CASE("a date is read by the pattern that its mapping names") {
  const auto [pattern, text] = GENERATE(table<std::string, std::string>({{"yyyy-MM-dd", "2024-03-09"},
                                                                         {"dd.MM.yyyy", "09.03.2024"},
                                                                         {"d/M/yy", "9/3/24"},
                                                                         {"yyyyMMdd", "20240309"},
                                                                         {"dd MMM yyyy", "09 Mar 2024"},
                                                                         {"MMMM d yyyy", "March 9 2024"}}));
  CAPTURE(pattern);
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  json job = job_of("insert", "Leads", {"Last_Name", "Company", "Birthday"});
  job["resource"][0]["field_mappings"][2]["format"] = pattern;
  CHECK(counts(client.run("n,c,b\nA,B," + text + "\n", job)) == json{1, 0, 0, 1});
  CHECK(sandbox.query("select Birthday from Leads") == "2024-03-09");
}

TEST_CASE("lookups are found by id, by a unique field and by the display field") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const Table added =
      client.result(client.run("n,x\nAcme,K-1\n", job_of("insert", "Accounts", {"Account_Name", "External_Id"})));
  const auto key =
      GENERATE(table<std::string, std::string>({{"id", ""}, {"External_Id", "k-1"}, {"Account_Name", "ACME"}}));
  const std::string text = std::get<0>(key) == "id" ? added[1][3] : std::get<1>(key);
  json job = job_of("insert", "Deals", {"Deal_Name", "Stage", "Account_Name"});
  job["resource"][0]["field_mappings"][2]["find_by"] = std::get<0>(key);
  const json details = client.run("d,s,a\nBig,Closed Won," + text + "\nSmall,Closed Won,999\n", job);
  CHECK(client.result(details)[2][5] == "RESOURCE_NOT_FOUND-a");
  CHECK(sandbox.query("select Account_Name from Deals") == added[1][3]);
}

TEST_CASE("without mappings the header's API names say it, lookups included") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  client.run("Account_Name\nAcme\n", job_of("insert", "Accounts", {}));
  const json details = client.run("Last_Name,Account_Name.Account_Name,Date_of_Birth\nIto,Acme,1980-02-03\n",
                                  job_of("insert", "Contacts", {}));
  CHECK(counts(details) == json{1, 0, 0, 1});
  CHECK(details.at("resource").at(0).at("field_mappings").at(1).at("find_by") == "Account_Name");
  CHECK(sandbox.query("select c.Full_Name || a.Account_Name || Date_of_Birth from Contacts c join Accounts a on a.id = "
                      "c.Account_Name") == "ItoAcme1980-02-03");
  const Answer refused =
      client.create(with_file(job_of("insert", "Leads", {}), client.upload_csv("Last_Name,Company,Shoe_Size\n")));
  CHECK(refused.code() == "INVALID_FIELD");
}

TEST_CASE("delimiters, quotes, line ends, a byte order mark and blank lines are read as they should be") {
  const char delimiter = GENERATE(',', ';', ':', '|');
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  std::string csv = "\xEF\xBB\xBFn,c,t\r\n\"A \"\"1\"\"\",\"x\r\ny\",\r\n\r\nB,\"p,q;r:s|t\",T\n\n";
  const size_t literal = csv.find("p,q");
  for (size_t i = 0; i < csv.size(); ++i) {
    if (csv[i] == ',' && i != literal + 1) csv[i] = delimiter;
  }
  const json details = client.run(csv, job_of("insert", "Leads", {"Last_Name", "Company", "City"}));
  CHECK(counts(details) == json{2, 0, 0, 2});
  CHECK(sandbox.query("select Last_Name from Leads where City is null") == "A \"1\"");
  CHECK(sandbox.query("select hex(Company) from Leads where City is null") == "780D0A79");
  CHECK(sandbox.query("select Company from Leads where City = 'T'") == "p,q;r:s|t");
  CHECK(client.result(details)[1][1] == "x\r\ny");
}

TEST_CASE("a record with a wrong number of fields is left unprocessed") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const json details = client.run("n,c\nA,B\nC\nD,E,F\n", job_of("insert", "Leads", {"Last_Name", "Company"}));
  CHECK(counts(details) == json{1, 0, 2, 3});
  CHECK(client.result(details)[2] == std::vector<std::string>{"C", "", "UNPROCESSED", "", "CANNOT_PROCESS"});
}

TEST_CASE("a file that cannot be read, or breaks a limit, fails its job and changes nothing") {
  const SandboxProcess sandbox({"--set", "records_max=3", "--set", "csv_bytes_max=1000"});
  const SandboxClient client(sandbox.port());
  const json job = job_of("insert", "Leads", {"Last_Name", "Company"});
  const auto code_of = [&](const std::string& zip) {
    const Answer uploaded = client.upload(zip);
    const Answer created = client.create(with_file(job, uploaded.json.at("details").at("file_id").get<std::string>()));
    const json details = client.wait(created.json.at("details").at("id").get<std::string>());
    CHECK(details.at("status") == "FAILED");
    CHECK_FALSE(details.contains("result"));
    CHECK(counts(details) == json{0, 0, 0, 0});
    return details.at("resource").at(0).at("code").get<std::string>();
  };
  CHECK(code_of(zip_of({{"a.csv", "n,c\n1,1\n2,2\n3,3\n4,4\n"}})) == "LIMIT_EXCEEDED");
  CHECK(code_of(zip_of({{"a.csv", "n,c\n1," + std::string(1000, 'x') + "\n"}})) == "FILE_TOO_LARGE");
  CHECK(code_of(zip_of({{"a.csv", "n,c\nA,\"never closed\n"}})) == "INVALID_DATA");
  CHECK(code_of(zip_of({{"a.csv", "n,c\nA,B\n"}, {"b.csv", "n,c\nA,B\n"}})) == "FILE_NOT_SUPPORTED");
  std::string wide(201, ',');
  CHECK(code_of(zip_of({{"a.csv", wide + "\n" + wide + "\n"}})) == "HEADER_LIMIT_EXCEEDED");
  std::string corrupt = zip_of({{"a.csv", "n,c\nA,B\nA,B\n"}}, true);
  corrupt[corrupt.find("A,B")] = 'X';
  CHECK(code_of(corrupt) == "INVALID_FILE_FORMAT");
  CHECK(sandbox.query("select count(*) from Leads") == "0");
}

TEST_CASE("25,000 records are a job, one more is too many") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  std::string csv = "n,c\n";
  for (int i = 0; i < 25'000; ++i) csv += "A,B\n";
  const json job = job_of("insert", "Leads", {"Last_Name", "Company"});
  CHECK(counts(client.run(csv, job)) == json{25'000, 0, 0, 25'000});
  CHECK(client.run(csv + "A,B\n", job).at("status") == "FAILED");
  CHECK(sandbox.query("select count(*) from Leads") == "25000");
}

TEST_CASE("a header alone is a job of nought records") {
  const SandboxProcess sandbox;
  const SandboxClient client(sandbox.port());
  const json details = client.run("n,c\n", job_of("insert", "Leads", {"Last_Name", "Company"}));
  CHECK(counts(details) == json{0, 0, 0, 0});
  CHECK(client.result(details).size() == 1);
}

TEST_CASE("results may be shuffled and their columns turned about, to catch those who trust positions") {
  const SandboxProcess sandbox({"--set", "result_order=shuffled", "--set", "result_columns=id_first"});
  const SandboxClient client(sandbox.port());
  std::string csv = "n,c\n";
  for (int i = 0; i < 50; ++i) csv += fmt::format("{},C\n", i);
  Table result = client.result(client.run(csv, job_of("insert", "Leads", {"Last_Name", "Company"})));
  CHECK(result[0] == std::vector<std::string>{"n", "c", "RECORD_ID", "STATUS", "ERRORS"});
  result.erase(result.begin());
  std::vector<int> order;
  for (const auto& row : result) order.push_back(std::stoi(row[0]));
  CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int i = 0; i < 50; ++i) CHECK(order[static_cast<size_t>(i)] == i);
}

TEST_CASE("a result may begin with what the service says, and name it as prose does") {
  const SandboxProcess sandbox({"--set", "result_columns=in_front", "--set", "result_names=prose"});
  const SandboxClient client(sandbox.port());
  const Table result =
      client.result(client.run("n,c\nOkafor,Freight\n", job_of("insert", "Leads", {"Last_Name", "Company"})));
  REQUIRE(result.size() == 2);
  CHECK(result[0] == std::vector<std::string>{"Status", "ID", "Errors", "n", "c"});
  CHECK(result[1][0] == "ADDED");
  CHECK(result[1][3] == "Okafor");
}

TEST_CASE("more results in a minute than allowed are refused with 429") {
  const SandboxProcess sandbox({"--set", "downloads_per_minute=2"});
  const SandboxClient client(sandbox.port());
  const json details = client.run("n,c\nOkafor,Freight\n", job_of("insert", "Leads", {"Last_Name", "Company"}));
  CHECK(client.result(details).size() == 2);
  CHECK(client.result(details).size() == 2);
  const auto id = details.at("id").get<std::string>();
  CHECK(client.get("/v8/crm/808232144/bulk-write/" + id + "/" + id + ".zip").status == 429);
}

TEST_CASE("the switches of the wording are obeyed") {
  const SandboxProcess sandbox(
      {"--set", "completed_code=SUCCESS", "--set", "download_url=relative", "--set", "download_org=org_zgid"});
  const SandboxClient client(sandbox.port());
  const json details = client.run(kTwoLeads, lead_job("insert"));
  CHECK(details.at("resource").at(0).at("code") == "SUCCESS");
  const auto id = details.at("id").get<std::string>();
  CHECK(details.at("result").at("download_url") == "v8/crm/org808232144/bulk-write/" + id + "/" + id + ".zip");
  CHECK(client.result(details).size() == 3);
}

TEST_CASE("an expired result is gone") {
  SandboxProcess sandbox;
  const json details = SandboxClient(sandbox.port()).run(kTwoLeads, lead_job("insert"));
  sandbox.terminate();
  sandbox.start({"--set", "result_retention_s=0"});
  const auto id = details.at("id").get<std::string>();
  const Answer answer = SandboxClient(sandbox.port()).get("/v8/crm/808232144/bulk-write/" + id + "/" + id + ".zip");
  CHECK(answer.status == 404);
  CHECK(answer.json.at("x-info") == "Link not valid");
}

}  // namespace
}  // namespace bulkwrite::test
