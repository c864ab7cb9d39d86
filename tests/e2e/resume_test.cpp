// Runs that go on: what a second call does with what a first has left.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/e2e/world.h"
#include "tests/json_schema.h"

using namespace e2e;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kSecondCreateLost =
    R"({"requests": [{"request": "create", "nth": 2, "when": "after", "fault": "reset"}]})";
constexpr const char* kSecondJobStuck = R"({"jobs": [{"nth": 2, "outcome": "STUCK"}]})";

std::string events(size_t records) {
  std::string text = "Name,Event_Key,Message\n";
  for (size_t i = 1; i <= records; ++i) {
    const std::string n = std::to_string(i);
    text += "event " + n + ",key-" + n + ",\"line one\nline two of " + n + "\"\n";
  }
  return text;
}

// A sandbox, a file of events, and calls about them. Chunks have 10 records.
struct Place {
  TemporaryDirectory directory;
  Sandbox sandbox;
  std::filesystem::path file = directory / "events.csv";
  std::filesystem::path run_dir = directory / "run";

  explicit Place(size_t records, const std::string& faults = "", const std::vector<std::string>& settings = {})
      : sandbox(directory, settings, faults) {
    spill(file, events(records));
  }

  std::vector<std::string> call(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> options{"--module", "Events_Log"};
    if (std::find(more.begin(), more.end(), "--records") == more.end())
      options.insert(options.end(), {"--records", "10"});
    options.insert(options.end(), more.begin(), more.end());
    return load_call({file}, sandbox.url(), run_dir, options);
  }
  // Without --run-dir: under the runs root of the working directory.
  Ended load_at_root(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"/usr/bin/env",
                                       "--chdir=" + directory.path().string(),
                                       bulkwrite_program(),
                                       "load",
                                       file,
                                       "--sandbox",
                                       sandbox.url(),
                                       "--module",
                                       "Events_Log",
                                       "--records",
                                       "10"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments, directory.path());
  }
  Ended load(const std::vector<std::string>& more = {}) const { return run(call(more), directory.path()); }
  Ended command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), bulkwrite_program());
    return run(arguments, directory.path());
  }
  Ended resume(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"resume", run_dir.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return command(arguments);
  }
  nlohmann::json status() const {
    const Ended ended = command({"status", run_dir.string(), "--json"});
    REQUIRE(ended.exit_code == 0);
    auto status = nlohmann::json::parse(ended.out);
    CHECK(schema_violations(status, "status.schema.json") == "");
    return status;
  }
  int64_t rows() const { return sandbox.query("select count(*) from Events_Log"); }
  int64_t distinct() const { return sandbox.query("select count(distinct Event_Key) from Events_Log"); }
  int64_t jobs() const { return sandbox.query("select count(*) from sandbox_jobs"); }
};

}  // namespace

TEST_CASE("a run of a glob goes on with the files that it stands for") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "part-1.csv", leads(30));
  spill(directory / "part-2.csv", leads(30, 31));
  const Ended stopped = run(load_call({directory / "part-*.csv"}, sandbox.url(), directory / "run",
                                      {"--records", "5", "--max-duration", "0.001"}),
                            directory.path());
  CHECK(stopped.exit_code == 5);
  const Ended ended = run({bulkwrite_program(), "resume", directory / "run"}, directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(sandbox.query("select count(distinct Email) from Leads") == 60);
}

TEST_CASE("a load that is killed goes on with resume, and nothing is lost or doubled") {
  Place place(200, "", {"--set", "record_time_us=2000"});
  Process load(place.call(), place.directory.path());
  REQUIRE(eventually([&] { return place.sandbox.requests_of("download") >= 3; }));
  load.signal(SIGKILL);
  CHECK(load.wait().exit_code == 128 + SIGKILL);

  Ended ended = place.resume();
  INFO(ended.err);
  nlohmann::json status = place.status();
  // A create whose reply had not been written down may be uncertain: the books tell.
  for (const auto& chunk : status["uncertain"]) {
    const std::string index = std::to_string(chunk["chunk_index"].get<int>());
    const int64_t first = chunk["parts"][0]["first_record"];
    const std::string key = "key-" + std::to_string(first);
    const bool is_there = place.sandbox.query("select count(*) from Events_Log where Event_Key = '" + key + "'") > 0;
    const Ended settled =
        place.command({"resolve", place.run_dir, index, is_there ? "--abandon" : "--resubmit", "--yes"});
    CHECK(settled.exit_code == 0);
  }
  if (!status["uncertain"].empty()) ended = place.resume();
  CHECK(place.rows() == 200);
  CHECK(place.distinct() == 200);
  CHECK(place.jobs() == 20);
  CHECK(place.status()["finished"] == true);

  const size_t creates = place.sandbox.requests_of("create");
  const Ended again = place.resume();
  CHECK(again.exit_code == ended.exit_code);
  CHECK_THAT(again.err, Contains("nothing to do"));
  CHECK(place.sandbox.requests_of("create") == creates);
}

TEST_CASE("the same load again says that there is nothing to do, with the same exit code, and --again loads twice") {
  const Place place(20);
  CHECK(place.load_at_root().exit_code == 0);
  const Ended second = place.load_at_root();
  CHECK(second.exit_code == 0);
  CHECK_THAT(second.err, Contains("nothing to do"));
  CHECK(summary_of(second)["added"] == 20);
  CHECK(place.rows() == 20);
  CHECK(place.load_at_root({"--again"}).exit_code == 0);
  CHECK(place.rows() == 40);
  CHECK(place.jobs() == 4);
}

TEST_CASE("a finished run with records that were not taken is told with its exit code") {
  Place place(20);
  spill(place.file, events(20) + ",no name,x\n");
  CHECK(place.load_at_root().exit_code == 2);
  const Ended second = place.load_at_root();
  CHECK(second.exit_code == 2);
  CHECK(summary_of(second)["rejected"] == 1);
  CHECK(place.rows() == 20);
}

TEST_CASE("an unfinished run is refused by load, which names resume, and goes on with --run-dir") {
  const Place place(50, kSecondJobStuck);
  const Ended first = place.load_at_root({"--job-deadline", "1"});
  CHECK(first.exit_code == 5);
  const std::string run_dir = summary_of(first)["run_dir"];
  const Ended second = place.load_at_root();
  CHECK(second.exit_code == 78);
  CHECK_THAT(second.err, Contains("bulkwrite resume " + run_dir));
  CHECK(place.jobs() == 5);
  const Ended third = place.load_at_root({"--run-dir", run_dir, "--job-deadline", "1"});
  CHECK(third.exit_code == 5);
  CHECK(summary_of(third)["in_flight"] == 10);
  CHECK(place.jobs() == 5);
}

TEST_CASE("a run does not go on with another input or target, and says what has changed") {
  Place place(50, kSecondJobStuck);
  CHECK(place.load({"--job-deadline", "1"}).exit_code == 5);
  const auto refused = [&](const Ended& ended, const char* what) {
    INFO(ended.err);
    CHECK(ended.exit_code == 78);
    CHECK_THAT(ended.err, Contains(what));
    CHECK(place.jobs() == 5);
  };
  refused(place.load({"--records", "20"}), "cut chunks");
  refused(place.load({"--operation", "upsert", "--find-by", "Event_Key"}), "operation");
  const TemporaryDirectory elsewhere;
  const Sandbox other(elsewhere, {"--org", "1"});
  refused(place.resume({"--sandbox", other.url()}), "target");
  spill(place.file, events(51));
  refused(place.load(), "bytes");
  spill(place.file, events(50));
  timespec times[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  REQUIRE(utimensat(AT_FDCWD, place.file.c_str(), times, 0) == 0);
  refused(place.load(), "written since");
}

TEST_CASE("a changed file of an unfinished run is named when it is loaded anew") {
  Place place(50, kSecondJobStuck);
  CHECK(place.load_at_root({"--job-deadline", "1"}).exit_code == 5);
  spill(place.file, events(60));
  const Ended ended = place.load_at_root();
  CHECK(ended.exit_code == 0);
  CHECK_THAT(ended.err, Contains("is not finished, but"));
}

TEST_CASE("an uncertain chunk is settled by the id of its job") {
  const Place place(30, kSecondCreateLost);
  CHECK(place.load().exit_code == 4);
  const auto uncertain = place.status()["uncertain"];
  REQUIRE(uncertain.size() == 1);
  const std::string chunk = std::to_string(uncertain[0]["chunk_index"].get<int>());
  // The archive of a job is named by its chunk.
  const std::string job =
      std::to_string(place.sandbox.query("select id from sandbox_jobs where file_name like '%-0000" + chunk + ".%'"));
  const Ended unasked = place.command({"resolve", place.run_dir, chunk, "--job-id", job});
  CHECK(unasked.exit_code == 64);
  CHECK_THAT(unasked.err, Contains("nothing was done"));
  CHECK(place.command({"resolve", place.run_dir, chunk, "--job-id", job, "--yes"}).exit_code == 0);
  CHECK(place.status()["finished"] == false);
  const Ended resumed = place.resume();
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK(summary_of(resumed)["added"] == 30);
  CHECK(place.jobs() == 3);
  CHECK(place.rows() == 30);
}

TEST_CASE("an uncertain chunk is settled by sending it again") {
  // The connection ends before the sandbox has read the request, but a part of it had left.
  const Place place(30, R"({"requests": [{"request": "create", "nth": 2, "when": "before", "fault": "reset"}]})");
  CHECK(place.load().exit_code == 4);
  CHECK(place.rows() == 20);
  const std::string chunk = std::to_string(place.status()["uncertain"][0]["chunk_index"].get<int>());
  CHECK(place.command({"resolve", place.run_dir, chunk, "--resubmit", "--yes"}).exit_code == 0);
  const Ended resumed = place.resume();
  CHECK(resumed.exit_code == 0);
  CHECK(summary_of(resumed)["added"] == 30);
  CHECK(summary_of(resumed)["resent"] == 10);
  CHECK(place.rows() == 30);
}

TEST_CASE("an uncertain chunk that is abandoned is not sent, and the run ends with 2") {
  const Place place(30, kSecondCreateLost);
  CHECK(place.load().exit_code == 4);
  const std::string chunk = std::to_string(place.status()["uncertain"][0]["chunk_index"].get<int>());
  CHECK(place.command({"resolve", place.run_dir, chunk, "--abandon", "--yes"}).exit_code == 0);
  const Ended resumed = place.resume();
  CHECK(resumed.exit_code == 2);
  CHECK(summary_of(resumed)["not_sent"] == 10);
  CHECK(place.jobs() == 3);
  CHECK(place.status()["states"]["abandoned"]["records"] == 10);
  CHECK(place.resume().exit_code == 2);
}

TEST_CASE("a job id that the service does not know leaves the chunk uncertain, to be settled once more") {
  const Place place(30, kSecondCreateLost);
  CHECK(place.load().exit_code == 4);
  const std::string chunk = std::to_string(place.status()["uncertain"][0]["chunk_index"].get<int>());
  CHECK(place.command({"resolve", place.run_dir, chunk, "--job-id", "123", "--yes"}).exit_code == 0);
  CHECK(place.resume({"--attempts", "1"}).exit_code == 4);
  CHECK(place.status()["uncertain"].size() == 1);
}

TEST_CASE("a chunk that is not uncertain cannot be resolved") {
  const Place place(20);
  CHECK(place.load().exit_code == 0);
  CHECK(place.command({"resolve", place.run_dir, "0", "--resubmit", "--yes"}).exit_code == 64);
  CHECK(place.command({"resolve", place.run_dir, "7", "--resubmit", "--yes"}).exit_code == 64);
  CHECK(place.command({"resolve", place.directory / "nowhere", "0", "--abandon", "--yes"}).exit_code == 66);
  CHECK(place.rows() == 20);
}

TEST_CASE("a load that has lasted for --max-duration stops softly with 5, and resume finishes") {
  const Place place(200, "", {"--set", "record_time_us=5000"});
  const Ended ended = place.load({"--max-duration", "0.5"});
  INFO(ended.err);
  CHECK(ended.exit_code == 5);
  const Ended resumed = place.resume();
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK(summary_of(resumed)["added"] == 200);
  CHECK(place.rows() == 200);
  CHECK(place.jobs() == 20);
}

TEST_CASE("a run goes on with another level than it began with, and is the same run") {
  const Place place(200, "", {"--set", "record_time_us=5000"});
  CHECK(place.load({"--max-duration", "0.5", "--level", "small"}).exit_code == 5);
  const Ended resumed = place.resume({"--level", "fast"});
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK(summary_of(resumed)["added"] == 200);
  CHECK(place.rows() == 200);
  CHECK(place.jobs() == 20);
}

TEST_CASE("a callback names the job of a lost reply: nothing is uncertain") {
  Place place(30, kSecondCreateLost);
  // A port that was free a moment ago: the listener must know it before the service does.
  const std::string port = std::to_string(free_port());
  const std::vector<std::string> listening{"--callback-listen", "127.0.0.1:" + port,
                                           "--callback-url",    "http://127.0.0.1:" + port + "/cb",
                                           "--callback-wait",   "30"};
  const Ended ended = place.load(listening);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["added"] == 30);
  CHECK(place.sandbox.faults_fired() == 1);
  CHECK(place.jobs() == 3);
  CHECK(place.rows() == 30);
}

TEST_CASE("a record whose find_by value exists already is present: exit 0, unless --strict") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "first.csv", leads(10));
  spill(directory / "second.csv", leads(20));
  const auto call = [&](const char* file, const char* run_dir, std::vector<std::string> more) {
    more.insert(more.end(), {"--find-by", "Email"});
    return run(load_call({directory / file}, sandbox.url(), directory / run_dir, more), directory.path());
  };
  CHECK(call("first.csv", "run1", {}).exit_code == 0);
  const Ended second = call("second.csv", "run2", {});
  CHECK(second.exit_code == 0);
  CHECK(summary_of(second)["present"] == 10);
  CHECK(rows_of(directory / "run2" / "failed.csv").empty());
  spill(directory / "mapping.csv", "column,field\nExport_Id,\n");
  CHECK(call("second.csv", "run3", {"--strict", "--mapping", directory / "mapping.csv"}).exit_code == 2);
}

TEST_CASE("runs lists the runs under a directory, for people and as JSON") {
  const Place place(30, kSecondCreateLost);
  CHECK(place.load().exit_code == 4);
  const Ended people = place.command({"runs", place.directory.path()});
  CHECK(people.exit_code == 0);
  CHECK_THAT(people.out, Contains("insert Events_Log") && Contains("uncertain: 1"));
  const Ended json = place.command({"runs", place.directory.path(), "--json"});
  const auto run = nlohmann::json::parse(json.out);
  CHECK(schema_violations(run, "status.schema.json") == "");
  CHECK(run["run_dir"] == place.run_dir.string());
  CHECK(run["exit_code"] == 4);
  const Ended status = place.command({"status", place.run_dir});
  CHECK_THAT(status.out, Contains("uncertain") && Contains("/events.csv:") && Contains("bulkwrite resolve"));
  CHECK(place.command({"status", place.directory / "nowhere"}).exit_code == 66);
}
