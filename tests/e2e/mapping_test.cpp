// Columns of other names, mapping files, and what of a file is sent at all.
#include <zlib.h>

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/e2e/world.h"

using namespace e2e;
using Catch::Matchers::Contains;

namespace {

using Rows = std::vector<std::vector<std::string>>;

const std::string kHeader = "column,field,format,find_by,default\n";

// Files in a directory, loaded into a sandbox that runs.
struct Place {
  TemporaryDirectory directory;
  Sandbox sandbox{directory};
  std::filesystem::path run_dir = directory / "run";

  std::string file(const char* name, const std::string& text) const {
    spill(directory / name, text);
    return directory / name;
  }
  Ended load(const std::string& file, const std::vector<std::string>& more = {}, const char* module = "Leads") const {
    std::vector<std::string> call{bulkwrite_program(), "load",        file,        "--module", module,
                                  "--sandbox",         sandbox.url(), "--run-dir", run_dir};
    call.insert(call.end(), more.begin(), more.end());
    return run(call, directory.path());
  }
  // The API names of the first job, in its order.
  std::vector<std::string> mapped() const {
    for (const auto& request : sandbox.requests())
      if (request["kind"] == "create") return request.at("mapped");
    return {};
  }
  nlohmann::json mappings() const {
    return nlohmann::json::parse(select(sandbox.database(), "select mappings from sandbox_jobs").at(0).at(0));
  }
  Rows records(const std::string& sql) const { return select(sandbox.database(), sql); }
};

// What the archive of a run's chunk holds, by what the ledger has of it.
void check_member(const std::filesystem::path& run_dir, const std::string& bytes) {
  const Rows rows = select(run_dir / "ledger.db", "select csv_bytes, crc_member from chunks");
  REQUIRE(rows.size() == 1);
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  CHECK(rows[0] == std::vector<std::string>{std::to_string(bytes.size()), std::to_string(crc)});
}

}  // namespace

TEST_CASE("columns map by label: the records are those of the file, and what tells them apart comes first") {
  Place place;
  const auto file = place.file("leads.csv",
                               "TITLE,Last name,company,no._of_employees,E_MAIL,Remark\n"
                               "Dr,Okafor,Freight,7,a@example.org,x\n,Berg,\"Berg, Inc\",,b@example.org,\n");
  const Ended ended = place.load(file);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(place.mapped() == std::vector<std::string>{"Email", "Designation", "Last_Name", "Company", "No_of_Employees"});
  CHECK_THAT(ended.err, Contains("warning: 1 of 6 columns go to no field") && Contains("Remark"));
  CHECK(place.records("select Last_Name, Company, Designation, No_of_Employees, Email from Leads order by 1") ==
        Rows{{"Berg", "Berg, Inc", "", "", "b@example.org"}, {"Okafor", "Freight", "Dr", "7", "a@example.org"}});
}

TEST_CASE("a key is listed first, wherever its column stands, and results repeat it") {
  Place place;
  const auto file =
      place.file("leads.csv", "Email,Last Name,Company,Phone\na@example.org,A,AA,1\nb@example.org,B,BB,2\n");
  CHECK(place.load(file, {"--key", "Phone"}).exit_code == 0);
  CHECK(place.mapped() == std::vector<std::string>{"Phone", "Email", "Last_Name", "Company"});
  CHECK(place.mappings()[0]["index"] == 3);
  place.run_dir = place.directory / "other";
  const Ended none = place.load(file, {"--key", "Fax"});
  CHECK(none.exit_code == 78);
  CHECK_THAT(none.err, Contains("--key Fax"));
}

TEST_CASE("a mapping file says where columns go, and gives defaults to blanks and to records without a column") {
  Place place;
  const auto file = place.file("leads.csv",
                               "Surname,Employer,Born,Where,Mail\n"
                               "Okafor,Freight,31/12/1990,,a@example.org\n,Berg,,Wien,b@example.org\n");
  const auto mapping = place.file("mapping.csv", kHeader +
                                                     "Surname,Last_Name,,,Unknown\nEmployer,Company,,,\n"
                                                     "Born,Birthday,dd/MM/yyyy,,\nWhere,City,,,Graz\nMail,,,,\n"
                                                     ",Lead_Source,,,Trade Show\n");
  const Ended ended = place.load(file, {"--mapping", mapping});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(place.records("select Last_Name, Company, Birthday, City, Lead_Source, Email from Leads order by 1") ==
        Rows{{"Okafor", "Freight", "1990-12-31", "Graz", "Trade Show", ""},
             {"Unknown", "Berg", "", "Wien", "Trade Show", ""}});
  CHECK(slurp(place.run_dir / "mapping.csv") == slurp(mapping));
}

TEST_CASE("lookups are found by what the header or the mapping says, owners by e-mail") {
  Place place;
  CHECK(place.load(place.file("accounts.csv", "Account Name,External Id\nAcme,x1\nGlobex,x2\n"), {}, "Accounts")
            .exit_code == 0);
  const auto contacts = place.file("contacts.csv",
                                   "Last Name,Account_Name.External_Id,Owner.Email\n"
                                   "Okafor,x2,patricia.boyle@sandbox.example\nBerg,x9,\n");
  const std::string owner = place.records("select distinct Owner from Accounts")[0][0];
  place.run_dir = place.directory / "contacts";
  const Ended ended = place.load(contacts, {}, "Contacts");
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(place.records("select c.Last_Name, a.Account_Name, c.Owner from Contacts c left join Accounts a on a.id = "
                      "c.Account_Name") == Rows{{"Okafor", "Globex", owner}});
  CHECK(count_rows(rows_of(place.run_dir / "failed-reasons.csv"), 4, "Account_Name.External_Id") == 1);
}

TEST_CASE("a field that names a user is found as the owner is: by id unless told otherwise, or by e-mail") {
  const TemporaryDirectory directory;
  spill(directory / "modules.json", R"({"modules": [{"api_name": "Reviews", "custom": true, "fields": [
    {"api_name": "Name", "type": "text", "system_mandatory": true},
    {"api_name": "Reviewer", "type": "userlookup"}, {"api_name": "Deputy", "type": "userlookup"},
    {"api_name": "Approver", "label": "Approved By", "type": "userlookup"}]}]})");
  const Sandbox sandbox(directory, {"--modules", directory / "modules.json"});
  spill(directory / "mapping.csv", kHeader + "who,Deputy,,email,\n");
  const std::string user = "4150868000000225013";
  spill(directory / "reviews.csv", "Name,Reviewer.email,who,Approved By\nA,patricia.boyle@sandbox.example,,\n" +
                                       fmt::format("B,,patricia.boyle@sandbox.example,{}\nC,Patricia,,\n", user));
  const Ended ended = run({bulkwrite_program(), "load", directory / "reviews.csv", "--module", "Reviews", "--sandbox",
                           sandbox.url(), "--run-dir", directory / "run", "--mapping", directory / "mapping.csv"},
                          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(select(sandbox.database(), "select Name, Reviewer, Deputy, Approver from Reviews order by 1") ==
        Rows{{"A", user, "", ""}, {"B", "", user, user}});
  const auto reasons = rows_of(directory / "run" / "rejected-reasons.csv");
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0][4] == "Reviewer.email");
  CHECK(reasons[0][5] == "owner");
  const auto job = nlohmann::json::parse(select(sandbox.database(), "select mappings from sandbox_jobs").at(0).at(0));
  std::vector<std::string> found_by;
  for (const auto& mapping : job)
    if (mapping["api_name"] != "Name") found_by.push_back(mapping["find_by"]);
  CHECK(found_by == std::vector<std::string>{"email", "email", "id"});
}

TEST_CASE("a mapping in JSON is as good as one in CSV") {
  Place place;
  const auto file = place.file("leads.csv", "\"Sur\nname\",Company\nOkafor,Freight\n");
  const auto mapping = place.file("m.json", R"([{"column": "Sur\nname", "field": "Last_Name"}])");
  CHECK(place.load(file, {"--mapping", mapping}).exit_code == 0);
  CHECK(place.records("select Last_Name, Company from Leads") == Rows{{"Okafor", "Freight"}});
  CHECK(slurp(place.run_dir / "mapping.json") == slurp(mapping));
}

TEST_CASE("what does not fit is refused before anything is sent") {
  Place place;
  const auto refused = [&](const std::string& text, const std::vector<std::string>& more, int exit_code,
                           const std::string& why, const char* module = "Leads") {
    const Ended ended = place.load(place.file("x.csv", text), more, module);
    INFO(ended.err);
    CHECK(ended.exit_code == exit_code);
    CHECK_THAT(ended.err, Contains(why));
    CHECK(place.sandbox.requests_of("upload") == 0);
    CHECK_FALSE(std::filesystem::exists(place.run_dir / "ledger.db"));
  };
  const std::string lead = "Last_Name,Company\nA,AA\n";
  const auto mapping = [&](const std::string& text) {
    return std::vector<std::string>{"--mapping", place.file("m.csv", text)};
  };
  refused("Last Name,Company,Email,email\nA,AA,,\n", {}, 65, "both go to Email");
  refused("Last Name,Company,Created Time\nA,AA,\n", {}, 78, "Created_Time");
  refused(lead, {"--operation", "update"}, 78, "fields that could be used: id (no column yet), Email");
  refused(lead, {"--operation", "upsert", "--find-by", "Company"}, 78, "not unique");
  refused(lead, {}, 78, "takes no bulk writes into Notes", "Notes");
  refused("Last Name,Company,Remark\nA,AA,\n", {"--strict"}, 65, "Remark");
  refused(lead, mapping("column,field\nLast_Name,Surname\n"), 78, "m.csv, line 2");
  refused(lead, mapping("column,field\nLast_Name\n"), 78, "line 2");
  refused(lead, mapping(kHeader + ",No_of_Employees,,,many\n"), 78, "\"many\"");
  refused(lead, {"--mapping", place.directory / "none.csv"}, 66, "none.csv");
}

TEST_CASE("strict takes a file whose other columns a mapping leaves out") {
  Place place;
  const auto mapping = place.file("m.csv", "column,field\nRemark,\n");
  CHECK(place.load(place.file("x.csv", "Last Name,Company,Remark\nA,AA,\n"), {"--strict", "--mapping", mapping})
            .exit_code == 0);
}

TEST_CASE("columns that go to no field stay in the upload, and are dropped from it when asked") {
  Place place;
  const auto file = place.file("leads.csv",
                               "Secret,Last Name,\"Note, odd\",Company\ns1,\"Okafor, \"\"A\"\"\",n,Freight\r\n"
                               "s2,Berg,,\"multi\nline\"\n");
  CHECK(place.load(file).exit_code == 0);
  check_member(place.run_dir,
               "column_1,Last_Name,column_3,Company\ns1,\"Okafor, \"\"A\"\"\",n,Freight\r\n"
               "s2,Berg,,\"multi\nline\"\n");

  place.run_dir = place.directory / "dropped";
  const Ended ended = place.load(file, {"--drop-unmapped"});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK_THAT(ended.err, Contains("2 of 4 columns go to no field; they are left out of what is sent"));
  check_member(place.run_dir, "Last_Name,Company\n\"Okafor, \"\"A\"\"\",Freight\r\nBerg,\"multi\nline\"\n");
  CHECK(place.records("select distinct Last_Name, Company from Leads order by 1") ==
        Rows{{"Berg", "multi\nline"}, {"Okafor, \"A\"", "Freight"}});
}

TEST_CASE("a column that is left alone by dropping makes no blank lines") {
  Place place;
  const auto file = place.file("changes.csv", "id2,City\n1,Graz\n2,\n3,Wien\n");
  const auto mapping = place.file("m.csv", kHeader + "City,Name,,,unknown\n");
  const Ended ended = place.load(file, {"--drop-unmapped", "--mapping", mapping}, "Events_Log");
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  check_member(place.run_dir, "Name,column_1\nGraz,\n,\nWien,\n");
  CHECK(place.records("select Name from Events_Log order by 1") == Rows{{"Graz"}, {"Wien"}, {"unknown"}});
}

TEST_CASE("API names longer than the file's own names fit into no smaller a chunk") {
  Place place;
  const auto file = place.file("short.csv", "a,b,c,d,e,f\nA,AA,,,,\n");
  const auto mapping = place.file("m.csv",
                                  "column,field\na,Last_Name\nb,Company\nc,Secondary_Email\nd,No_of_Employees\n"
                                  "e,Annual_Revenue\nf,Legacy_Number\n");
  CHECK(place.load(file, {"--mapping", mapping}).exit_code == 0);
  check_member(place.run_dir, "column_1,Company,column_3,column_4,column_5,column_6\nA,AA,,,,\n");
}

TEST_CASE("a blank empties the field of a record that is there, unless blanks are ignored") {
  Place place;
  CHECK(place.load(place.file("leads.csv", "Email,Last_Name,Company,City\na@example.org,A,AA,Graz\n")).exit_code == 0);
  const auto changes = place.file("changes.csv", "Email,Last_Name,City\na@example.org,,\n");
  const std::vector<std::string> update{"--operation", "update", "--find-by", "Email"};
  const auto call = [&](const char* run_dir, std::vector<std::string> more) {
    more.insert(more.end(), update.begin(), update.end());
    place.run_dir = place.directory / run_dir;
    return place.load(changes, more);
  };
  const Ended ignoring = call("ignoring", {"--ignore-empty"});
  INFO(ignoring.err);
  CHECK(ignoring.exit_code == 0);
  CHECK(summary_of(ignoring)["updated"] == 1);
  CHECK(place.records("select Last_Name, City from Leads") == Rows{{"A", "Graz"}});
  place.file("changes.csv", "Email,City\na@example.org,\n");
  CHECK(call("emptying", {}).exit_code == 0);
  CHECK(place.records("select Last_Name, City from Leads") == Rows{{"A", ""}});
}

TEST_CASE("a run that goes on needs no mapping again, and knows another one for what it is") {
  Place place;
  std::string text = "Surname,Firm,Mail,Secret\n";
  for (int i = 0; i < 30; ++i) text += fmt::format("N{},C{},p{}@example.org,s\n", i, i, i);
  const auto file = place.file("leads.csv", text);
  const auto mapping = place.file("m.csv", "column,field\nSurname,Last_Name\nFirm,Company\nMail,Email\n");
  const Ended first = place.load(file, {"--mapping", mapping, "--drop-unmapped", "--ignore-empty", "--key", "Surname",
                                        "--records", "10", "--max-credits", "1100"});
  INFO(first.err);
  CHECK(first.exit_code == 5);
  spill(mapping, "column,field\nSurname,Company\nFirm,Last_Name\nMail,Email\n");
  const Ended other = place.load(
      file, {"--mapping", mapping, "--drop-unmapped", "--ignore-empty", "--key", "Surname", "--records", "10"});
  CHECK(other.exit_code == 78);
  CHECK_THAT(other.err, Contains("mapping"));
  std::filesystem::remove(mapping);
  const Ended second = run({bulkwrite_program(), "resume", place.run_dir}, place.directory.path());
  INFO(second.err);
  CHECK(second.exit_code == 0);
  CHECK(summary_of(second)["added"] == 30);
  CHECK(
      place.records("select count(*), count(distinct Email) from Leads where Company = 'C' || substr(Last_Name, 2)") ==
      Rows{{"30", "30"}});
  for (const auto& request : place.sandbox.requests())
    if (request["kind"] == "create")
      CHECK(request["mapped"] == std::vector<std::string>{"Last_Name", "Company", "Email"});
}

TEST_CASE("what map proposes is a mapping that load takes as it is, in CSV and in JSON") {
  Place place;
  const auto file = place.file("leads.csv", "Last name,COMPANY,Owner.email,Created Time,Remark\nOkafor,Freight,,x,y\n");
  const std::string ending = GENERATE(".csv", ".json");
  const std::string mapping = place.directory / ("m" + ending);
  const Ended map =
      run({bulkwrite_program(), "map", file, "--module", "Leads", "--sandbox", place.sandbox.url(), "-o", mapping},
          place.directory.path());
  INFO(map.err);
  CHECK(map.exit_code == 0);
  CHECK(map.out.empty());
  CHECK_THAT(map.err, Contains("\"Created Time\"") && Contains("\"Remark\"") && Contains("3 of 5 columns"));
  const Ended ended = place.load(file, {"--mapping", mapping, "--strict", "--drop-unmapped"});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(place.records("select Last_Name, Company from Leads") == Rows{{"Okafor", "Freight"}});
  check_member(place.run_dir, "Last_Name,Company,Owner\nOkafor,Freight,\n");
}

TEST_CASE("a proposal goes to stdout where no file is named, and can be made offline") {
  Place place;
  const auto file = place.file("leads.csv", "Last name,COMPANY\n");
  const Ended map =
      run({bulkwrite_program(), "map", file, "--module", "Leads", "--schema", data_file("leads.schema.json")},
          place.directory.path());
  CHECK(map.exit_code == 0);
  CHECK(map.out == kHeader + "Last name,Last_Name,,,\nCOMPANY,Company,,,\n");
  CHECK(place.sandbox.requests().empty());
}

TEST_CASE("fields lists a module's fields, and what it saves is what load, check and map go by offline") {
  Place place;
  const auto fields = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {bulkwrite_program(), "fields", "Leads", "--sandbox", place.sandbox.url()});
    return run(more, place.directory.path());
  };
  const Ended table = fields({});
  CHECK(table.exit_code == 0);
  CHECK_THAT(table.out,
             Contains("Last_Name                Last Name                text                     80  system"));
  CHECK_THAT(table.out, Contains("layout") && Contains("Cold Call"));
  const auto json = nlohmann::json::parse(fields({"--json"}).out);
  CHECK(json.size() == nlohmann::json::parse(slurp(data_file("leads.schema.json")))["fields"].size());

  const std::string schema = place.directory / "schema.json";
  const Ended saved = fields({"-o", schema});
  CHECK(saved.exit_code == 0);
  CHECK(saved.out.empty());
  const auto file = place.file("leads.csv", "Last Name,Company\nOkafor,\n,Freight\nBerg,Acme\n");
  const Ended check = run({bulkwrite_program(), "check", file, "--schema", schema}, place.directory.path());
  CHECK(summary_of(check)["rejected"] == 2);
  const size_t asked = place.sandbox.requests_of("fields");
  const Ended ended = place.load(file, {"--schema", schema});
  INFO(ended.err);
  CHECK(summary_of(ended)["added"] == 1);
  CHECK(place.sandbox.requests_of("fields") == asked);
  CHECK(place.sandbox.requests_of("layouts") == asked);
  CHECK(place.load(file, {"--schema", schema, "--again"}, "Contacts").exit_code == 78);
  CHECK(fields({"--schema", "none.json"}).exit_code == 78);
}

TEST_CASE("check asks the service for the module where no file has it, and maps as load does") {
  Place place;
  const auto file = place.file("leads.csv", "Surname,Company\nOkafor,Freight\n,Acme\n");
  const auto mapping = place.file("m.csv", "column,field\nSurname,Last_Name\n");
  const Ended check = run(
      {bulkwrite_program(), "check", file, "--module", "Leads", "--sandbox", place.sandbox.url(), "--mapping", mapping},
      place.directory.path());
  INFO(check.err);
  CHECK(check.exit_code == 2);
  CHECK(summary_of(check)["rejected"] == 1);
  CHECK(place.sandbox.requests_of("fields") == 1);
  CHECK(run({bulkwrite_program(), "check", file, "--module", "Nothing", "--sandbox", place.sandbox.url()},
            place.directory.path())
            .exit_code == 78);
}
