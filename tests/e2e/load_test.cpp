// Loads into a real sandbox process, straight and crooked.
#include <signal.h>

#include <catch2/catch.hpp>

#include "tests/e2e/world.h"

using namespace e2e;

TEST_CASE("the sample loads: what is rejected, and why, is what was written by hand, and the CRM has what was added") {
  const TemporaryDirectory directory;
  const std::filesystem::path crm = directory / "crm.db", run_dir = directory / "run";
  const Ended ended = run(load_call({data_file("leads-sample.csv")}, crm, run_dir), directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  const auto summary = summary_of(ended);
  CHECK(summary["records_read"] == 97);
  CHECK(summary["rejected"] == 48);
  CHECK(summary["sent"] == 49);
  CHECK(summary["added"] == 49);
  CHECK(summary["skipped"] == 0);
  CHECK(summary["jobs"] == 1);
  CHECK(query(crm, "select count(*) from Leads") == 49);
  CHECK(nlohmann::json::parse(slurp(run_dir / "summary.json")) == summary);

  const auto results = rows_of(run_dir / "results.csv");
  CHECK(results.size() == 97);
  CHECK(count_rows(results, 2, "added") == 49);
  CHECK(count_rows(results, 2, "rejected") == 48);
  std::vector<std::vector<std::string>> reasons;
  for (const auto& row : rows_of(run_dir / "rejected-reasons.csv"))
    reasons.push_back({row.at(1), row.at(4), row.at(5)});
  CHECK(reasons.size() == 54);
  CHECK(reasons == rows_of(data_file("leads-sample.expected-rejects.csv")));
  CHECK(std::filesystem::exists(run_dir / "ledger.db"));
  CHECK(std::filesystem::exists(run_dir / "results" / "chunk-00000.zip"));
}

TEST_CASE("a value that its picklist does not have is told of, and added; strictly, its record is rejected") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", "Last_Name,Company,Lead_Source\nA,B,Fair\nC,D,Fair\nE,F,Partner\nG,H,\n");
  const auto call = [&](const std::string& name, const std::vector<std::string>& more) {
    return load_call({directory / "leads.csv"}, directory / (name + ".db"), directory / name, more);
  };
  const Ended told = run(call("told", {}), directory.path());
  CHECK(told.exit_code == 0);
  CHECK(told.err.find("warning: Lead_Source: 2 records hold a value that its picklist does not have, such as "
                      "\"Fair\"") != std::string::npos);
  CHECK(query(directory / "told.db", "select count(*) from Leads where Lead_Source = 'Fair'") == 2);

  const Ended strict = run(call("strict", {"--picklist", "strict"}), directory.path());
  CHECK(strict.exit_code == 2);
  CHECK(count_rows(rows_of(directory / "strict" / "rejected-reasons.csv"), 5, "picklist") == 2);
  CHECK(query(directory / "strict.db", "select count(*) from Leads") == 2);
  const Ended tried = run(call("tried", {"--picklist", "strict", "--dry-run"}), directory.path());
  CHECK(summary_of(tried)["rejected"] == 2);
}

TEST_CASE("modules that take no bulk writes are refused before anything is asked of the service") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "notes.csv", "Note_Title\nA\n");
  for (const std::string module : {"Notes", "Events", "Users"}) {
    const Ended ended = run({bulkwrite_program(), "load", directory / "notes.csv", "--module", module, "--sandbox",
                             sandbox.url(), "--run-dir", directory / "run"},
                            directory.path());
    CHECK(ended.exit_code == 78);
    CHECK(ended.err.find("takes no bulk writes into " + module) != std::string::npos);
  }
  CHECK(sandbox.requests_of("fields") == 0);
}

TEST_CASE("failed.csv loads again as it is, once its cause is mended") {
  const TemporaryDirectory directory;
  const std::filesystem::path crm = directory / "crm.db";
  spill(directory / "first.csv", leads(5));
  CHECK(run(load_call({directory / "first.csv"}, crm, directory / "run1"), directory.path()).exit_code == 0);
  spill(directory / "second.csv", leads(10));
  CHECK(run(load_call({directory / "second.csv"}, crm, directory / "run2"), directory.path()).exit_code == 2);
  CHECK(slurp(directory / "run2" / "failed.csv") == leads(5));

  const std::filesystem::path other_crm = directory / "other.db";
  const Ended again =
      run(load_call({directory / "run2" / "failed.csv"}, other_crm, directory / "run3"), directory.path());
  CHECK(again.exit_code == 0);
  CHECK(query(other_crm, "select count(*) from Leads") == 5);
}

TEST_CASE("an export with a header only is nothing to do: no job, exit 0") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "empty.csv", leads(0));
  const Ended ended = run(load_call({directory / "empty.csv"}, sandbox.url(), directory / "run"), directory.path());
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["jobs"] == 0);
  CHECK(sandbox.requests_of("create") == 0);
  CHECK(sandbox.requests_of("upload") == 0);
}

TEST_CASE("many chunks are one upload, one job and one download each") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", leads(1000));
  const Ended ended = run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", {"--records", "40"}),
                          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["added"] == 1000);
  CHECK(summary_of(ended)["chunks"] == 25);
  CHECK(sandbox.requests_of("upload") == 25);
  CHECK(sandbox.requests_of("create") == 25);
  CHECK(sandbox.requests_of("download") == 25);
  CHECK(sandbox.query("select count(*) from Leads") == 1000);
  CHECK(sandbox.query("select count(distinct Email) from Leads") == 1000);
}

TEST_CASE("update finds records by a field, and what is not there is skipped") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", leads(10));
  CHECK(run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run1"), directory.path()).exit_code == 0);
  spill(directory / "changes.csv",
        "Email,City\nperson1@example.org,Graz\nperson2@example.org,Linz\nnobody@example.org,Wien\n");
  const Ended ended = run(load_call({directory / "changes.csv"}, sandbox.url(), directory / "run2",
                                    {"--operation", "update", "--find-by", "Email"}),
                          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(summary_of(ended)["updated"] == 2);
  CHECK(summary_of(ended)["skipped"] == 1);
  CHECK(sandbox.query("select count(*) from Leads where City in ('Graz', 'Linz')") == 2);
  CHECK(sandbox.query("select count(*) from Leads") == 10);
}

TEST_CASE("upsert updates what is there and adds the rest") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", leads(5));
  CHECK(run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run1"), directory.path()).exit_code == 0);
  spill(directory / "more.csv", leads(8));
  const Ended ended = run(load_call({directory / "more.csv"}, sandbox.url(), directory / "run2",
                                    {"--operation", "upsert", "--find-by", "Email"}),
                          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["updated"] == 5);
  CHECK(summary_of(ended)["added"] == 3);
  CHECK(sandbox.query("select count(*) from Leads") == 8);
}

TEST_CASE("insert with find_by leaves records alone that are there: present, and exit 0") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", leads(5));
  CHECK(run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run1"), directory.path()).exit_code == 0);
  spill(directory / "more.csv", leads(8));
  const Ended ended = run(
      load_call({directory / "more.csv"}, sandbox.url(), directory / "run2", {"--find-by", "Email"}), directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["present"] == 5);
  CHECK(summary_of(ended)["added"] == 3);
}

TEST_CASE("a load that cannot go well is refused before anything is sent") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  const auto load = [&](const std::string& csv, const std::vector<std::string>& more) {
    spill(directory / "leads.csv", csv);
    return run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", more), directory.path());
  };
  CHECK(load("Last_Name,Last_Name,Company\na,b,c\n", {}).exit_code == 65);
  CHECK(load("Last_Name,,Company\na,b,c\n", {}).exit_code == 65);
  CHECK(load("First_Name,Company\na,b\n", {}).exit_code == 65);
  CHECK(load("nothing,known\na,b\n", {}).exit_code == 65);
  CHECK(load(leads(1), {"--operation", "update"}).exit_code == 78);
  CHECK(load(leads(1), {"--operation", "upsert", "--find-by", "Company"}).exit_code == 78);
  CHECK(load(leads(1), {"--module", "Nonsense"}).exit_code == 78);
  CHECK(sandbox.requests_of("upload") == 0);
  CHECK(sandbox.requests_of("create") == 0);
}

TEST_CASE("without a target the program says how to name one") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(1));
  const Ended ended =
      run({bulkwrite_program(), "load", directory / "leads.csv", "--module", "Leads"}, directory.path());
  CHECK(ended.exit_code == 64);
  CHECK(ended.err.find("--sandbox") != std::string::npos);
}

TEST_CASE("stdin and several sources load, and results name their source") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "a.csv", leads(3, 1));
  spill(directory / "b.csv", leads(4, 100));
  spill(directory / "in.csv", leads(5, 200));
  const Ended ended = run(load_call({directory / "[ab].csv", "-"}, sandbox.url(), directory / "run"), directory.path(),
                          directory / "in.csv");
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["added"] == 12);
  CHECK(summary_of(ended)["jobs"] == 1);
  const auto results = rows_of(directory / "run" / "results.csv");
  CHECK(count_rows(results, 0, (directory / "a.csv").string()) == 3);
  CHECK(count_rows(results, 0, (directory / "b.csv").string()) == 4);
  CHECK(count_rows(results, 0, "-") == 5);
  CHECK(results.back()[1] == "5");
}

TEST_CASE("a module without unique fields takes the same records as often as they come") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  CHECK(run({gen_program(), "--module", "Events_Log", "--records", "500", "-o", directory / "events.csv"},
            directory.path())
            .exit_code == 0);
  for (const std::string name : {"run1", "run2"}) {
    const Ended ended =
        run(load_call({directory / "events.csv"}, sandbox.url(), directory / name, {"--module", "Events_Log"}),
            directory.path());
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
  }
  CHECK(sandbox.query("select count(*) from Events_Log") == 1000);
}

TEST_CASE("too many rejects stop the load with 3, and everything is accounted for") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  std::string bad = leads(100);
  for (int i = 0; i < 50; ++i) bad += "only,two\n";
  spill(directory / "leads.csv", bad + leads(2000, 500).substr(leads(0).size()));
  const Ended ended = run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run",
                                    {"--records", "50", "--max-rejects", "10"}),
                          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 3);
  const auto summary = summary_of(ended);
  CHECK(summary["rejected"] >= 11);
  CHECK(summary["records_read"] ==
        summary["rejected"].get<int>() + summary["not_sent"].get<int>() + summary["sent"].get<int>());
  CHECK(sandbox.query("select count(*) from Leads") == summary["added"]);
}

TEST_CASE("while jobs run one by one, auto makes smaller archives of the same members, and fast does not") {
  const TemporaryDirectory directory;
  const std::string level = GENERATE("auto", "fast");
  CAPTURE(level);
  // Twelve chunks with the same bytes.
  CHECK(run({gen_program(), "--records", "500", "-o", directory / "once.csv"}, directory.path()).exit_code == 0);
  const std::string once = slurp(directory / "once.csv");
  const size_t records = once.find('\n') + 1;
  std::string text = once.substr(0, records);
  for (int i = 0; i < 12; ++i) text += once.substr(records);
  spill(directory / "leads.csv", text);

  const Sandbox sandbox(directory);
  const Ended ended = run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run",
                                    {"--records", "500", "--workers", "1", "--jobs", "1", "--uploads", "1", "--level",
                                     level, "--on-repeat", "off"}),
                          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 2);  // all but the first have an e-mail that is there already
  const auto chunks =
      select(directory / "run" / "ledger.db", "select zip_bytes, crc_member from chunks order by chunk_index");
  REQUIRE(chunks.size() == 12);
  for (const auto& chunk : chunks) CHECK(chunk[1] == chunks[0][1]);
  if (level == "auto")
    CHECK(std::stoul(chunks.back()[0]) < std::stoul(chunks.front()[0]));
  else
    CHECK(chunks.back()[0] == chunks.front()[0]);
}

TEST_CASE("a sandbox of one's own lets one sign in as often as one likes, one that runs has the service's limit") {
  const TemporaryDirectory directory;
  const auto ask = [&](const std::string& target) {
    return run({bulkwrite_program(), "fields", "Leads", "--sandbox", target}, directory.path()).exit_code;
  };
  constexpr int kTokensMax = 10;  // contract 1.6
  for (int i = 0; i < kTokensMax + 2; ++i) CHECK(ask(directory / "own.db") == 0);
  const Sandbox sandbox(directory);
  for (int i = 0; i < kTokensMax; ++i) CHECK(ask(sandbox.url()) == 0);
  CHECK(ask(sandbox.url()) == 75);
}

TEST_CASE("a load takes less than 200 MB, from a file and from a pipe, also with a job that is stuck to the end") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr long kKilobytesMax = 1'000'000;  // mostly the sanitizer's
#else
  constexpr long kKilobytesMax = 200 * 1024;
#endif
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {}, R"({"jobs": [{"nth": 2, "outcome": "STUCK"}]})");
  const std::filesystem::path file = directory / "leads.csv";
  CHECK(run({gen_program(), "--records", "60000", "-o", file}, directory.path()).exit_code == 0);
  const bool is_pipe = GENERATE(false, true);
  Process load(load_call({is_pipe ? "-" : file.string()}, sandbox.url(), directory / "run",
                         {"--records", "3000", "--job-deadline", "3"}),
               directory.path(), is_pipe ? file : "/dev/null");
  const Ended ended = load.wait();
  INFO(ended.err);
  CHECK(ended.exit_code == 5);
  CHECK(summary_of(ended)["in_flight"] == 3000);
  CHECK(summary_of(ended)["added"] == 57000);
  CHECK(load.peak_kilobytes() < kKilobytesMax);
}
