// Each test sees in the sandbox's own books that its fault fired, and how often each endpoint was called.
#include <array>
#include <catch2/catch.hpp>

#include "tests/e2e/world.h"

using namespace e2e;

namespace {

using Requests = std::array<size_t, 3>;

// Loads `records` leads in chunks of 10 while the sandbox does as it is told.
struct Crooked {
  TemporaryDirectory directory;
  Sandbox sandbox;
  Ended ended;
  nlohmann::json summary;

  Crooked(const std::string& faults, size_t records, const std::vector<std::string>& more = {},
          const std::vector<std::string>& sandbox_arguments = {})
      : sandbox(directory, sandbox_arguments, faults) {
    spill(directory / "leads.csv", leads(records));
    std::vector<std::string> options{"--records", "10"};
    options.insert(options.end(), more.begin(), more.end());
    ended = run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", options), directory.path());
    UNSCOPED_INFO(ended.err);
    summary = summary_of(ended);
  }

  size_t statuses(const std::string& status) {
    return count_rows(rows_of(directory / "run" / "results.csv"), 2, status);
  }
  // Requests for uploads, creations and downloads.
  Requests asked() const {
    return {sandbox.requests_of("upload"), sandbox.requests_of("create"), sandbox.requests_of("download")};
  }
};

// Three of each, and one more of the one kind.
Requests three_and_one_more(const std::string& request) {
  return {request == "upload" ? 4u : 3u, request == "create" ? 4u : 3u, request == "download" ? 4u : 3u};
}

}  // namespace

TEST_CASE("a throttled request (429) is sent again until it is taken") {
  for (const std::string request : {"upload", "create", "details", "download"}) {
    INFO(request);
    Crooked load(R"({"requests": [{"request": ")" + request + R"(", "nth": [1, 2], "fault": "http_429"}]})", 30);
    CHECK(load.ended.exit_code == 0);
    CHECK(load.summary["added"] == 30);
    CHECK(load.sandbox.faults_fired() == 2);
    CHECK(load.sandbox.query("select count(*) from Leads") == 30);
    CHECK(load.sandbox.requests_of("upload") == (request == "upload" ? 5 : 3));
    CHECK(load.sandbox.requests_of("create") == (request == "create" ? 5 : 3));
    CHECK(load.sandbox.requests_of("download") == (request == "download" ? 5 : 3));
  }
}

TEST_CASE("a failing server (500) is asked again, where asking again does no harm") {
  for (const std::string request : {"upload", "details", "download"}) {
    INFO(request);
    Crooked load(R"({"requests": [{"request": ")" + request + R"(", "nth": 2, "fault": "http_500"}]})", 30);
    CHECK(load.ended.exit_code == 0);
    CHECK(load.summary["added"] == 30);
    CHECK(load.sandbox.faults_fired() == 1);
    CHECK(load.asked() == three_and_one_more(request));
  }
}

TEST_CASE("an upload that is reset half way is uploaded again") {
  Crooked load(R"({"requests": [{"request": "upload", "nth": 2, "when": "during", "fault": "reset"}]})", 30);
  CHECK(load.ended.exit_code == 0);
  CHECK(load.summary["added"] == 30);
  CHECK(load.sandbox.faults_fired() == 1);
  CHECK(load.asked() == three_and_one_more("upload"));
}

TEST_CASE("a token that ends in the middle is renewed once, and nothing is lost or doubled") {
  for (const std::string request : {"upload", "create", "details", "download"}) {
    INFO(request);
    Crooked load(R"({"requests": [{"request": ")" + request + R"(", "nth": 2, "fault": "expired_token"}]})", 30);
    CHECK(load.ended.exit_code == 0);
    CHECK(load.summary["added"] == 30);
    CHECK(load.sandbox.faults_fired() == 1);
    CHECK(load.sandbox.requests_of("token") == 2);
    CHECK(load.sandbox.query("select count(*) from sandbox_jobs") == 3);  // who else had the old token asks again too
    CHECK(load.sandbox.query("select count(*) from Leads") == 30);
  }
}

TEST_CASE("a plain insert whose reply is lost is uncertain, is not sent again, and ends with 4") {
  for (const std::string fault : {"reset", "http_500", "truncate"}) {
    INFO(fault);
    Crooked load(R"({"requests": [{"request": "create", "nth": 2, "when": "after", "fault": ")" + fault + R"("}]})",
                 30);
    CHECK(load.ended.exit_code == 4);
    CHECK(load.summary["uncertain"] == 10);
    CHECK(load.summary["added"] == 20);
    CHECK(load.statuses("uncertain") == 10);
    CHECK(load.sandbox.faults_fired() == 1);
    CHECK(load.asked() == Requests{3, 3, 2});
    CHECK(rows_of(load.directory / "run" / "failed.csv").empty());
  }
}

TEST_CASE("an upsert whose reply is lost is sent again") {
  Crooked load(R"({"requests": [{"request": "create", "nth": 2, "when": "after", "fault": "reset"}]})", 30,
               {"--operation", "upsert", "--find-by", "Email"});
  CHECK(load.ended.exit_code == 0);
  CHECK(load.summary["added"].get<int>() + load.summary["updated"].get<int>() == 30);
  CHECK(load.sandbox.faults_fired() == 1);
  CHECK(load.asked() == three_and_one_more("create"));
  CHECK(load.sandbox.query("select count(*) from Leads") == 30);
}

TEST_CASE("a job that FAILED puts its records into failed.csv, and the others are not touched by it") {
  Crooked load(R"({"jobs": [{"nth": 2, "outcome": "FAILED"}]})", 30);
  CHECK(load.ended.exit_code == 2);
  CHECK(load.summary["failed"] == 10);
  CHECK(load.summary["added"] == 20);
  CHECK(load.statuses("failed") == 10);
  CHECK(rows_of(load.directory / "run" / "failed.csv").size() == 10);
  CHECK(load.asked() == Requests{3, 3, 2});
  CHECK(load.sandbox.query("select count(*) from Leads") == 20);
}

TEST_CASE("a job stuck past its deadline is let go of: its records are in flight, and the load ends with 5") {
  Crooked load(R"({"jobs": [{"nth": 2, "outcome": "STUCK"}]})", 100, {"--job-deadline", "1"});
  CHECK(load.ended.exit_code == 5);
  CHECK(load.summary["in_flight"] == 10);
  CHECK(load.summary["added"] == 90);
  CHECK(load.statuses("in_flight") == 10);
  CHECK(load.asked() == Requests{10, 10, 9});
}

TEST_CASE("jobs that skip every record say so for each of them") {
  Crooked load(R"({"jobs": [{"nth": 2, "outcome": "ALL_SKIPPED"}]})", 20);
  CHECK(load.ended.exit_code == 2);
  CHECK(load.summary["skipped"] == 10);
  CHECK(rows_of(load.directory / "run" / "failed-reasons.csv").size() >= 10);
  CHECK(load.asked() == Requests{2, 2, 2});
}

TEST_CASE("results in another order find their records by the columns that they repeat") {
  Crooked load("", 20, {}, {"--set", "result_order=shuffled"});
  CHECK(load.ended.exit_code == 0);
  CHECK(load.summary["added"] == 20);
  const auto rows = rows_of(load.directory / "run" / "results.csv");
  REQUIRE(rows.size() == 20);
  for (size_t i = 0; i < rows.size(); ++i) {
    INFO("record " << i + 1);
    CHECK(load.sandbox.query("select count(*) from Leads where id = " + rows[i][3] + " and Last_Name = 'Name" +
                             std::to_string(i + 1) + "'") == 1);
  }
}

TEST_CASE("results in another order of records that look alike are not guessed at, and a key tells them apart") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {"--set", "result_order=shuffled"});
  std::string text = "Last_Name,Company,City,Secondary_Email\n";
  for (int i = 0; i < 20; ++i)
    text += std::string(i % 2 == 0 ? "Smith" : "Jones") + ",Acme,Rome,person" + std::to_string(i) + "@example.org\n";
  spill(directory / "leads.csv", text);
  const auto load = [&](const std::string& run_dir, const std::vector<std::string>& more) {
    return run(load_call({directory / "leads.csv"}, sandbox.url(), directory / run_dir, more), directory.path());
  };
  const Ended ended = load("run", {});
  CHECK(ended.exit_code == 4);
  CHECK(summary_of(ended)["unattributed"] == 20);
  CHECK(rows_of(directory / "run" / "failed.csv").empty());
  CHECK(sandbox.query("select count(*) from Leads") == 20);
  CHECK(load("keyed", {"--key", "Secondary_Email"}).exit_code == 0);
  CHECK(count_rows(rows_of(directory / "keyed" / "results.csv"), 2, "added") == 20);
}

TEST_CASE("the service's other spellings are understood") {
  Crooked load("", 20, {},
               {"--set", "inprogress_spelling=IN PROGRESS", "--set", "completed_code=SUCCESS", "--set",
                "download_url=relative", "--set", "result_columns=id_first", "--set", "added_dwell_ms=100"});
  CHECK(load.ended.exit_code == 0);
  CHECK(load.summary["added"] == 20);
}

TEST_CASE("a service that refuses every token ends the load with 77, and nothing was sent") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {"--client-secret", "another"});
  spill(directory / "leads.csv", leads(10));
  const Ended ended = run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run"), directory.path());
  CHECK(ended.exit_code == 77);
  CHECK(sandbox.requests_of("upload") == 0);
  CHECK(ended.err.find("sandbox-client-secret") == std::string::npos);
}

TEST_CASE("a service that answers nothing but failures ends the load with 69, and every record is accounted for") {
  Crooked load(R"({"requests": [{"request": "upload", "probability": 1.0, "fault": "http_500"}]})", 30,
               {"--attempts", "2"});
  CHECK(load.ended.exit_code == 69);
  CHECK(load.summary["sent"] == 0);
  CHECK(load.summary["not_sent"] == load.summary["records_read"]);
  CHECK(load.sandbox.faults_fired() == load.sandbox.requests_of("upload"));
  CHECK(load.sandbox.faults_fired() > 0);
  CHECK(load.sandbox.requests_of("create") == 0);
}

TEST_CASE("a service that is not there ends the load with 69") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(10));
  CHECK(
      run(load_call({directory / "leads.csv"}, "http://127.0.0.1:9", directory / "run"), directory.path()).exit_code ==
      69);
}
