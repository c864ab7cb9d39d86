// What is settled about the whole input before the first upload: formats of dates, and repeats.
#include <catch2/catch.hpp>

#include "tests/e2e/world.h"

using namespace e2e;
using Catch::Matchers::Contains;

namespace {

const std::string kRepeats =
    "Last_Name,Company,Email\n"
    "One,A,a@example.org\n"
    "Two,B,b@example.org\n"
    "Three,C,A@EXAMPLE.ORG\n"
    "Four,D,\n"
    "Five,E,\n"
    "Six,F,a@example.org\n";

struct Place {
  const TemporaryDirectory directory{};
  const std::filesystem::path crm = directory / "crm.db", file = directory / "leads.csv", run_dir = directory / "run";

  explicit Place(const std::string& text) { spill(file, text); }

  Ended load(const std::vector<std::string>& more = {}) const {
    return run(load_call({file}, crm, run_dir, more), directory.path());
  }
  Ended pipe(const std::vector<std::string>& more = {}) const {
    return run(load_call({"-"}, crm, run_dir, more), directory.path(), file);
  }
  Ended check(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> call{bulkwrite_program(), "check", file, "--schema", directory / "schema.json"};
    call.insert(call.end(), more.begin(), more.end());
    return run(call, directory.path());
  }
  // The reasons for rejects: record number, column, rule and excerpt.
  std::vector<std::string> reasons() const {
    std::vector<std::string> told;
    for (const auto& row : rows_of(run_dir / "rejected-reasons.csv"))
      told.push_back(row[1] + " " + row[4] + " " + row[5] + " " + row[6]);
    return told;
  }
  int64_t rows() const { return query(crm, "select count(*) from Leads"); }
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("records that repeat a unique value are rejected, and name the first") {
  const Place place(kRepeats);
  const Ended ended = place.load();
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(place.reasons() ==
        Told{"3 Email repeat as record 1: A@EXAMPLE.ORG", "6 Email repeat as record 1: a@example.org"});
  const auto summary = summary_of(ended);
  CHECK(summary["rejected"] == 2);
  CHECK(summary["repeated"] == 0);
  CHECK(summary["added"] == 4);
  CHECK(place.rows() == 4);
  CHECK_THAT(ended.err, Contains("looking through the whole input, for repeats in Email"));
  CHECK(slurp(place.run_dir / "rejected.csv") ==
        "Last_Name,Company,Email\nThree,C,A@EXAMPLE.ORG\nSix,F,a@example.org\n");
}

TEST_CASE("repeats that are left out as asked for are no failure, and no rejects beyond a bound") {
  const Place place(kRepeats);
  const bool keeps_first = GENERATE(true, false);
  const Ended ended = place.load({"--on-repeat", keeps_first ? "first" : "last", "--max-rejects", "0"});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["rejected"] == 2);
  CHECK(summary_of(ended)["repeated"] == 2);
  CHECK(place.rows() == 4);
  CHECK(query(place.crm, std::string("select count(*) from Leads where Last_Name = '") + (keeps_first ? "One" : "Six") +
                             "'") == 1);
  CHECK(count_rows(rows_of(place.run_dir / "results.csv"), 2, "rejected") == 2);
}

TEST_CASE("no record is kept out by one that is not sent itself") {
  const Place place("Last_Name,Company,Email,External_Id\nA,C,a@x.org,1\nB,C,a@x.org,2\nC,C,b@x.org,2\n");
  const std::string on_repeat = GENERATE("first", "last", "reject");
  const bool is_pipe = on_repeat != "last" && GENERATE(false, true);
  const Ended ended = is_pipe ? place.pipe({"--on-repeat", on_repeat}) : place.load({"--on-repeat", on_repeat});
  INFO(ended.err);
  CHECK(query(place.crm, "select count(*) from Leads where Last_Name in ('A', 'C')") == 2);
  CHECK(place.rows() == 2);
}

TEST_CASE("with --on-repeat off all are sent, and the service says what it thinks of repeats") {
  const Place place(kRepeats);
  const Ended ended = place.load({"--on-repeat", "off"});
  CHECK(ended.exit_code == 2);
  CHECK(summary_of(ended)["skipped"] == 2);
  CHECK(count_rows(rows_of(place.run_dir / "failed-reasons.csv"), 5, "DUPLICATE_DATA") == 2);
}

TEST_CASE("a dry run and a check find the same repeats, and leave nothing behind") {
  const Place place(kRepeats);
  const Ended dry = place.load({"--dry-run"});
  CHECK(dry.exit_code == 2);
  CHECK(summary_of(dry)["rejected"] == 2);
  CHECK_FALSE(std::filesystem::exists(place.run_dir));

  std::filesystem::copy_file(data_file("leads.schema.json"), place.directory / "schema.json");
  const Ended checked = place.check();
  CHECK(checked.exit_code == 2);
  CHECK_THAT(checked.err, Contains("record 3 (byte 64): repeat in Email: as record 1: A@EXAMPLE.ORG"));
  CHECK(place.check({"--on-repeat", "first"}).exit_code == 0);
  CHECK(place.check({"--on-repeat", "off"}).exit_code == 0);
}

TEST_CASE("the format of dates is told from the values, and sent") {
  const Place place(
      "Last_Name,Company,Birthday,Last_Seen\n"
      "One,A,01/02/2001,2024-05-01T10:00:00\n"
      "Two,B,31/12/2001,\n"
      "Three,C,31/02/2001,\n");
  const Ended ended = place.load();
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK_THAT(ended.err, Contains("Birthday is written as dd/MM/yyyy, by its values"));
  CHECK(place.reasons() == Told{"3 Birthday date 31/02/2001"});
  CHECK(query(place.crm, "select count(*) from Leads where Birthday = '2001-02-01'") == 1);
}

TEST_CASE("dates that could be read two ways are refused before anything is sent, and loaded once it is said") {
  const Place place("Last_Name,Company,Birthday\nOne,A,01/02/2001\nTwo,B,03/04/2001\n");
  const Ended refused = place.load();
  CHECK(refused.exit_code == 78);
  CHECK_THAT(refused.err, Contains("column Birthday: its values could be MM/dd/yyyy or dd/MM/yyyy, for instance "
                                   "\"01/02/2001\"") &&
                              Contains("--date-format 'Birthday=MM/dd/yyyy'"));
  const Ended loaded = place.load({"--date-format", "Birthday=dd/MM/yyyy"});
  INFO(loaded.err);
  CHECK(loaded.exit_code == 0);
  CHECK(query(place.crm, "select count(*) from Leads where Birthday = '2001-02-01'") == 1);
}

TEST_CASE("a load that is refused before it has begun leaves no run behind") {
  const Place place("Last_Name,Company,Birthday\nOne,A,01/02/2001\n");
  const std::vector<std::string> call{
      "/usr/bin/env", "-C",     place.directory.path(), bulkwrite_program(), "load", place.file, "--module", "Leads",
      "--sandbox",    place.crm};
  const Ended refused = run(call, place.directory.path());
  CHECK(refused.exit_code == 78);
  size_t runs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(place.directory / "bulkwrite-runs"))
    runs += entry.is_directory() ? 1 : 0;
  CHECK(runs == 0);
}

TEST_CASE("a format for a column that holds neither dates nor numbers is refused") {
  const Place place("Last_Name,Company\nOne,A\n");
  const Ended refused = place.load({"--date-format", "Company=dd/MM/yyyy"});
  CHECK(refused.exit_code == 78);
  CHECK_THAT(refused.err, Contains("Company"));
}

TEST_CASE("of a pipe the first chunk tells the format, and what contradicts it later is a reject") {
  const Place place(
      "Last_Name,Company,Email,Birthday\n"
      "One,A,a@example.org,31.12.2001\n"
      "Two,B,b@example.org,\n"
      "Three,C,A@example.org,2001-12-31\n"
      "Four,D,d@example.org,01.02.2001\n");
  const Ended ended = place.pipe({"--records", "2"});
  INFO(ended.err);
  CHECK_THAT(ended.err, Contains("Birthday is written as dd.MM.yyyy"));
  CHECK(place.reasons() == Told{"3 Birthday date 2001-12-31"});
  CHECK(place.rows() == 3);
}

TEST_CASE("a pipe of less than a chunk is looked at to its end, and loaded") {
  const std::string text = GENERATE(std::string("One,A,31/12/2001\n"), std::string("One,A,31/12/2001"),
                                    std::string("One,A,\n\n\n"), std::string());
  const Place place("Last_Name,Company,Birthday\n" + text);
  const Ended ended = place.pipe();
  INFO(text << '\n' << ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(place.rows() == (text.empty() ? 0 : 1));
}

TEST_CASE("of a pipe whose first chunk has no date it is told which format is supposed") {
  const Place place("Last_Name,Company,Birthday\nOne,A,\nTwo,B,31/12/2001\n");
  const Ended ended = place.pipe({"--records", "1"});
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK_THAT(
      ended.err,
      Contains("Birthday has no value in the first chunk: supposed is yyyy-MM-dd (--date-format says otherwise)"));
}

TEST_CASE("a pipe whose first quote is not closed is told so, whatever is to be settled") {
  const Place place("Last_Name,Company,Birthday\nOne,\"A,31/12/2001\n");
  const Ended ended = place.pipe();
  INFO(ended.err);
  CHECK(ended.exit_code == 65);
  CHECK_THAT(ended.err, Contains("is not closed"));
}

TEST_CASE("in a pipe nobody looks for repeats unless asked to, and the last of them cannot be known") {
  const Place place(kRepeats);
  CHECK(summary_of(place.pipe({"--dry-run"}))["rejected"] == 0);
  const Ended refused = place.pipe({"--on-repeat", "last"});
  CHECK(refused.exit_code == 64);
  CHECK_THAT(refused.err, Contains("cannot"));
}

TEST_CASE("repeats in a pipe are found as its records come, when asked for") {
  const Place place(kRepeats);
  const bool are_faults = GENERATE(true, false);
  const std::vector<std::string> more{"--on-repeat", are_faults ? "reject" : "first", "--records", "1"};
  const Ended dry = place.pipe({"--dry-run", more[0], more[1]});
  CHECK(summary_of(dry)["rejected"] == 2);
  const Ended ended = place.pipe(more);
  INFO(ended.err);
  CHECK(ended.exit_code == (are_faults ? 2 : 0));
  CHECK(place.reasons() ==
        Told{"3 Email repeat as record 1: A@EXAMPLE.ORG", "6 Email repeat as record 1: a@example.org"});
  CHECK(summary_of(ended)["repeated"] == (are_faults ? 0 : 2));
  CHECK(place.rows() == 4);
  CHECK_FALSE(std::filesystem::exists(place.run_dir / "seen.db"));

  std::filesystem::copy_file(data_file("leads.schema.json"), place.directory / "schema.json");
  const Ended checked =
      run({bulkwrite_program(), "check", "-", "--schema", place.directory / "schema.json", more[0], more[1], "--json"},
          place.directory.path(), place.file);
  CHECK(checked.exit_code == ended.exit_code);
  CHECK_THAT(checked.err, Contains("as record 1: A@EXAMPLE.ORG"));
}

TEST_CASE("a pipe that goes on knows what it has seen") {
  std::string text = "Last_Name,Company,Email\n";
  for (int i = 0; i < 40; ++i) text += "N" + std::to_string(i) + ",C,p" + std::to_string(i % 30) + "@example.org\n";
  const Place place(text);
  const Ended stopped =
      place.pipe({"--records", "10", "--max-credits", "1100", "--on-repeat", "first", "--max-rejects", "0"});
  INFO(stopped.err);
  REQUIRE(stopped.exit_code == 5);
  CHECK(std::filesystem::exists(place.run_dir / "seen.db"));
  const Ended resumed = run({bulkwrite_program(), "resume", place.run_dir}, place.directory.path(), place.file);
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK(summary_of(resumed)["rejected"] == 10);
  CHECK(summary_of(resumed)["repeated"] == 10);
  CHECK(summary_of(resumed)["added"] == 30);
  CHECK(place.rows() == 30);
  CHECK(place.reasons().front() == "31 Email repeat as record 1: p0@example.org");
  CHECK_FALSE(std::filesystem::exists(place.run_dir / "seen.db"));
}

TEST_CASE("a run that goes on goes by what was settled when it began, and does not look once more") {
  std::string text = "Last_Name,Company,Email,Birthday\n";
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i % 30);
    text += "N" + std::to_string(i) + ",C,p" + n + "@example.org," + (i == 39 ? "31/01/2001" : "02/01/2001") + "\n";
  }
  const Place place(text);
  const bool keeps_last = GENERATE(false, true);
  const std::string on_repeat = keeps_last ? "last" : "reject";
  const Ended stopped = place.load({"--records", "10", "--max-credits", "1100", "--on-repeat", on_repeat});
  INFO(stopped.err);
  REQUIRE(stopped.exit_code == 5);
  const std::string decisions = slurp(place.run_dir / "decisions.json");
  CHECK_THAT(decisions, Contains("dd/MM/yyyy") && Contains(on_repeat));
  const Ended resumed = run({bulkwrite_program(), "resume", place.run_dir}, place.directory.path());
  INFO(resumed.err);
  CHECK(resumed.exit_code == (keeps_last ? 0 : 2));
  CHECK(resumed.err.find("looking through") == std::string::npos);
  CHECK(slurp(place.run_dir / "decisions.json") == decisions);
  CHECK(summary_of(resumed)["rejected"] == 10);
  CHECK(summary_of(resumed)["added"] == 30);
  CHECK(place.rows() == 30);
  CHECK(query(place.crm, "select count(*) from Leads where Birthday = '2001-01-02'") == (keeps_last ? 29 : 30));
}

TEST_CASE("a run whose decisions are lost or damaged is refused") {
  const Place place(kRepeats);
  REQUIRE(place.load({"--records", "1", "--max-credits", "600"}).exit_code == 5);
  const auto resume = [&] { return run({bulkwrite_program(), "resume", place.run_dir}, place.directory.path()); };
  const std::string repeats = slurp(place.run_dir / "repeats");
  spill(place.run_dir / "repeats", repeats.substr(0, repeats.size() - 1));
  CHECK(resume().exit_code == 65);
  spill(place.run_dir / "repeats", repeats);
  const std::string decisions = slurp(place.run_dir / "decisions.json");
  spill(place.run_dir / "decisions.json", "{}");
  CHECK(resume().exit_code == 65);
  spill(place.run_dir / "decisions.json", decisions);
  CHECK(resume().exit_code == 2);
  CHECK(place.rows() == 4);
}
