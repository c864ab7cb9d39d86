// Loads that must keep to limits, told by the sandbox's own books.
#include <catch2/catch.hpp>

#include "tests/e2e/world.h"

using namespace e2e;
using Catch::Matchers::Contains;

namespace {

// A sandbox and 100 leads, which are loaded in chunks of 10.
struct Limited {
  TemporaryDirectory directory;
  Sandbox sandbox;
  Ended ended;
  nlohmann::json summary;

  explicit Limited(std::vector<std::string> switches = {}, const std::string& faults = "", size_t records = 100)
      : sandbox(directory, arguments(std::move(switches)), faults) {
    spill(directory / "leads.csv", leads(records));
  }

  static std::vector<std::string> arguments(std::vector<std::string> switches) {
    std::vector<std::string> all;
    for (std::string& assignment : switches) all.insert(all.end(), {"--set", std::move(assignment)});
    return all;
  }

  void load(const std::vector<std::string>& more = {}) {
    std::vector<std::string> options{"--records", "10"};
    options.insert(options.end(), more.begin(), more.end());
    take(run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", options), directory.path()));
  }
  void resume(const std::vector<std::string>& more = {}) {
    std::vector<std::string> call{bulkwrite_program(), "resume", (directory / "run").string()};
    call.insert(call.end(), more.begin(), more.end());
    take(run(call, directory.path()));
  }
  void take(Ended now) {
    ended = std::move(now);
    UNSCOPED_INFO(ended.err);
    summary = summary_of(ended);
  }

  uint64_t credits() const {
    uint64_t spent = 0;
    for (const auto& request : sandbox.requests()) {
      const std::string kind = request.value("kind", "");
      if (kind != "token") spent += kind == "create" ? 500 : 1;
    }
    return spent;
  }
};

}  // namespace

TEST_CASE("a first job that takes nothing costs one job: exit 3, and the others are sent when the user says so") {
  Limited limited({"job_outcome=ALL_SKIPPED"});
  limited.load();
  CHECK(limited.ended.exit_code == 3);
  CHECK(limited.sandbox.requests_of("create") == 1);
  CHECK(limited.summary["skipped"] == 10);
  CHECK(limited.summary["not_sent"].get<int>() > 0);
  CHECK_THAT(limited.summary["stopped"].get<std::string>(), Contains("--canary off"));
  CHECK_THAT(limited.ended.err, Contains("stopped: the first job has taken no record"));
  limited.resume({"--canary", "off"});
  CHECK(limited.ended.exit_code == 2);
  CHECK(limited.summary["skipped"] == 100);
  CHECK(limited.sandbox.requests_of("create") == 10);
  CHECK(limited.summary["stopped"] == "");
}

TEST_CASE("a first job that FAILED stops the load as well, and one that is all the load ends as it would") {
  Limited failed({}, R"({"jobs": [{"nth": 1, "outcome": "FAILED"}]})");
  failed.load();
  CHECK(failed.ended.exit_code == 3);
  CHECK(failed.sandbox.requests_of("create") == 1);
  CHECK(failed.summary["failed"] == 10);

  Limited small({"job_outcome=ALL_SKIPPED"}, "", 7);
  small.load();
  CHECK(small.ended.exit_code == 2);
  CHECK(small.summary["stopped"] == "");
  CHECK(small.summary["not_sent"] == 0);
}

TEST_CASE("a first job that is stuck holds the others back, and the next session lets another go ahead") {
  Limited limited({}, R"({"jobs": [{"nth": 1, "outcome": "STUCK"}]})");
  limited.load({"--job-deadline", "0.5"});
  CHECK(limited.ended.exit_code == 5);
  CHECK(limited.sandbox.requests_of("create") == 1);
  CHECK(limited.summary["in_flight"] == 10);
  CHECK(limited.summary["exit_codes"] == nlohmann::json::array({5}));
}

TEST_CASE("a first job with verdicts in it lets the others go, and its load remembers that") {
  Limited limited({}, R"({"requests": [{"request": "create", "nth": 3, "fault": "http_403"}]})");
  limited.load();
  CHECK(limited.ended.exit_code == 77);
  const auto first = limited.sandbox.requests();
  // The second create comes after the first download.
  size_t creates = 0, downloads_before_second = 0;
  for (const auto& request : first) {
    creates += request["kind"] == "create";
    downloads_before_second += creates < 2 && request["kind"] == "download";
  }
  CHECK(downloads_before_second == 1);
  limited.resume();
  CHECK(limited.ended.exit_code == 0);
  CHECK(limited.summary["added"] == 100);
}

TEST_CASE("more records that are not taken than --max-failed allows create no more jobs: exit 3") {
  for (const std::string most : {"15", "40%"}) {
    INFO(most);
    Limited limited({}, R"({"jobs": [{"nth": [2, 3, 4, 5, 6, 7, 8, 9, 10], "outcome": "ALL_SKIPPED"}]})");
    limited.load({"--max-failed", most, "--jobs", "1"});
    CHECK(limited.ended.exit_code == 3);
    CHECK(limited.sandbox.requests_of("create") < 10);
    CHECK(limited.summary["not_sent"].get<int>() > 0);
    CHECK_THAT(limited.summary["stopped"].get<std::string>(), Contains("--max-failed"));
  }
  Limited wide({}, R"({"jobs": [{"nth": [2, 3, 4, 5, 6, 7, 8, 9, 10], "outcome": "ALL_SKIPPED"}]})");
  wide.load({"--max-failed", "90"});
  CHECK(wide.ended.exit_code == 2);
  CHECK(wide.summary["skipped"] == 90);
}

TEST_CASE("a bound of --max-credits is never passed: exit 5, and the run goes on with more") {
  Limited limited;
  limited.load({"--max-credits", "2000"});
  CHECK(limited.ended.exit_code == 5);
  CHECK(limited.credits() <= 2000);
  CHECK(limited.summary["credits_spent"] == limited.credits());
  CHECK(limited.sandbox.requests_of("create") == 3);
  CHECK(limited.summary["added"] == 30);
  CHECK_THAT(limited.summary["stopped"].get<std::string>(), Contains("--max-credits 2000"));
  limited.resume({"--max-credits", "100"});
  CHECK(limited.ended.exit_code == 5);
  CHECK(limited.sandbox.requests_of("create") == 3);
  limited.resume({"--max-credits", "100000"});
  CHECK(limited.ended.exit_code == 0);
  CHECK(limited.summary["added"] == 100);
  CHECK(limited.sandbox.query("select count(*) from Leads") == 100);
}

TEST_CASE("credits that do not pay for the beginning are a wrong call, and those that pay for all end nothing") {
  Limited limited;
  limited.load({"--max-credits", "2"});
  CHECK(limited.ended.exit_code == 64);
  CHECK(limited.sandbox.requests_of("create") == 0);
  limited.load({"--max-credits", "6000"});
  CHECK(limited.ended.exit_code == 0);
  CHECK(limited.summary["added"] == 100);
}

TEST_CASE("credits that the organisation has used up end the load with 75, without one create more than was paid for") {
  Limited limited({"credits=2600"});
  limited.load();
  CHECK(limited.ended.exit_code == 75);
  CHECK_THAT(limited.ended.err,
             Contains("credits are used up") && Contains("24 hours") && Contains("bulkwrite resume"));
  CHECK(limited.summary["added"].get<int>() >= 30);
  CHECK(limited.summary["not_sent"].get<int>() + limited.summary["added"].get<int>() ==
        limited.summary["records_read"].get<int>());
  for (const auto& request : limited.sandbox.requests()) CHECK(request["status"] != 429);
}

TEST_CASE("no more calls are under way than the edition grants, and where it is not known the load finds out") {
  Limited free({"edition=free", "credits=1000000", "record_time_us=100"});
  free.load({"--uploads", "20", "--jobs", "40"});
  CHECK(free.ended.exit_code == 0);
  for (const auto& request : free.sandbox.requests()) CHECK(request["status"] != 429);

  Limited two({"concurrency=2"});
  two.load({"--uploads", "20", "--jobs", "40", "--concurrency", "20", "--attempts", "30"});
  CHECK(two.ended.exit_code == 0);
  CHECK(two.summary["added"] == 100);
}

TEST_CASE("a compressed file that is looked through has its plan then, before anything is sent") {
  Limited limited({"edition=standard", "users=10"});
  spill(limited.directory / "leads.csv", leads(100) + "only one field\nOkafor,,none,x\n");
  CHECK(run({"/usr/bin/gzip", limited.directory / "leads.csv"}, limited.directory.path()).exit_code == 0);
  const std::string file = limited.directory / "leads.csv.gz";
  const auto load = [&](const std::string& on_repeat) {
    return run(load_call({file}, limited.sandbox.url(), limited.directory / on_repeat,
                         {"--records", "10", "--on-repeat", on_repeat}),
               limited.directory.path());
  };
  const std::string_view plan = "plan: 102 records in 11 chunks: at most 11 jobs, 5,500 credits";
  const Ended looked = load("reject");
  CHECK(looked.exit_code == 2);
  CHECK_THAT(looked.err, Contains("size is not known") && Contains(std::string(plan)) && Contains("52,500 a day"));
  CHECK_THAT(load("off").err, Contains("size is not known") && !Contains(std::string(plan)));
}

TEST_CASE("a load begins with its plan, and a dry run says it to the record and sends nothing") {
  Limited limited({"edition=standard", "users=10"});
  spill(limited.directory / "leads.csv", leads(100) + "only one field\nOkafor,,none,x\n");
  limited.load({"--dry-run"});
  CHECK(limited.ended.exit_code == 2);
  CHECK_THAT(limited.ended.err, Contains("plan: 102 records in 11 chunks: 10 jobs, 5,000 credits (500 each"));
  CHECK_THAT(limited.ended.err, Contains("52,500 a day (standard, 10 users)"));
  CHECK(limited.summary["records_read"] == 102);
  CHECK(limited.summary["not_sent"] == 100);
  CHECK(limited.summary["rejected"] == 2);
  CHECK(limited.summary["jobs"] == 10);
  CHECK(limited.summary["credits_spent"] == 3);
  CHECK(limited.sandbox.requests_of("upload") == 0);
  CHECK(limited.sandbox.requests_of("create") == 0);
  CHECK_FALSE(std::filesystem::exists(limited.directory / "run"));

  limited.load();
  CHECK_THAT(limited.ended.err, Contains("plan: about 10") && Contains("52,500 a day"));
  CHECK(limited.sandbox.requests_of("create") == 10);
}

TEST_CASE("every wording of states, URLs and results is understood") {
  for (const std::vector<std::string>& wording : std::vector<std::vector<std::string>>{
           {"inprogress_spelling=IN PROGRESS", "completed_code=SUCCESS", "download_url=relative",
            "download_org=org_zgid", "result_columns=id_first", "result_names=prose"},
           {"inprogress_spelling=In_Progress", "download_url=relative_slash", "result_columns=in_front"},
           {"inprogress_spelling=INPROGRESS", "download_url=absolute", "result_columns=in_front", "result_names=prose",
            "result_order=shuffled"}}) {
    INFO(wording.front());
    std::vector<std::string> switches = wording;
    switches.push_back("record_time_us=10000");
    Limited limited(switches, "", 20);
    limited.load();
    CHECK(limited.ended.exit_code == 0);
    CHECK(limited.summary["added"] == 20);
    const auto rows = rows_of(limited.directory / "run" / "results.csv");
    REQUIRE(rows.size() == 20);
    for (size_t i = 0; i < rows.size(); ++i)
      CHECK(limited.sandbox.query("select count(*) from Leads where id = " + rows[i][3] + " and Last_Name = 'Name" +
                                  std::to_string(i + 1) + "'") == 1);
  }
}
