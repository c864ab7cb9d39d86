#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/sandbox/sandbox_client.h"
#include "tests/sandbox/sandbox_process.h"

namespace bulkwrite::test {
namespace {

using nlohmann::json;

std::string events_csv(int records) {
  std::string csv = "n,k\n";
  for (int i = 0; i < records; ++i) csv += fmt::format("Event,{}\n", i);
  return csv;
}

// A module without any unique field: only the sandbox itself can keep a record from being added twice.
json events_job() {
  return job_of("insert", "Events_Log", {"Name", "Event_Key"});
}

const std::string kCount = "select count(*) || ':' || count(distinct Event_Key) from Events_Log";

TEST_CASE("a job cut down half applied leaves nothing, and runs once after the start") {
  const TemporaryDirectory directory;
  SandboxProcess sandbox(SandboxProcess::with_faults(directory, {{"jobs", {{{"nth", 1}, {"crash", "during"}}}}}));
  const SandboxClient client(sandbox.port());
  const Answer created = client.create(with_file(events_job(), client.upload_csv(events_csv(2'000))));
  CHECK(sandbox.wait_for_end() == 128 + SIGKILL);
  CHECK(sandbox.query(kCount) == "0:0");
  sandbox.start();
  REQUIRE(created.status == 201);
  const SandboxClient again(sandbox.port());
  const json details = again.wait(created.json.at("details").at("id").get<std::string>());
  CHECK(details.at("status") == "COMPLETED");
  CHECK(again.result(details).size() == 2'001);
  CHECK(sandbox.query(kCount) == "2000:2000");
}

TEST_CASE("a job committed just before the end is there, with its result, and not run again") {
  const TemporaryDirectory directory;
  SandboxProcess sandbox(SandboxProcess::with_faults(directory, {{"jobs", {{{"nth", 1}, {"crash", "after"}}}}}));
  const SandboxClient client(sandbox.port());
  client.create(with_file(events_job(), client.upload_csv(events_csv(500))));
  CHECK(sandbox.wait_for_end() == 128 + SIGKILL);
  CHECK(sandbox.query("select status from sandbox_jobs") == "COMPLETED");
  sandbox.start();
  const SandboxClient again(sandbox.port());
  const json details = again.wait(sandbox.query("select id from sandbox_jobs"));
  CHECK(again.result(details).size() == 501);
  CHECK(sandbox.query(kCount) == "500:500");
}

TEST_CASE("killed at any moment of many jobs, every record is there once") {
  SandboxProcess sandbox;
  std::vector<std::string> jobs;
  for (const int delay_ms : {0, 3, 10, 30, 100}) {
    const SandboxClient client(sandbox.port());
    for (int i = 0; i < 2; ++i) {
      const Answer created = client.create(with_file(events_job(), client.upload_csv(events_csv(5'000))));
      REQUIRE(created.status == 201);
      jobs.push_back(created.json.at("details").at("id").get<std::string>());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));  // only says where the blow falls
    sandbox.kill_hard();
    sandbox.start();
  }
  for (const auto& job : jobs) CHECK(SandboxClient(sandbox.port()).wait(job).at("status") == "COMPLETED");
  CHECK(sandbox.query(kCount) == "50000:5000");
  CHECK(sandbox.query("select count(*) from sandbox_results") == "10");
}

TEST_CASE("SIGTERM ends it cleanly, with jobs waiting, and they run after the next start") {
  SandboxProcess sandbox({"--set", "record_time_us=1000000"});
  const SandboxClient client(sandbox.port());
  const Answer created = client.create(with_file(events_job(), client.upload_csv(events_csv(600))));
  REQUIRE(created.status == 201);
  CHECK(sandbox.terminate() == 0);
  sandbox.start();
  SandboxClient(sandbox.port()).wait(created.json.at("details").at("id").get<std::string>());
  CHECK(sandbox.query(kCount) == "600:600");
}

// A process that starts the sandbox and ends as soon as it listens.
pid_t start_and_leave(const std::string& database, int output) {
  const pid_t starter = fork();
  if (starter != 0) return starter;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) _exit(1);
  if (fork() == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(output, STDERR_FILENO);  // open for as long as the sandbox lives
    execl(BULKWRITE_SANDBOX, BULKWRITE_SANDBOX, "--db", database.c_str(), "--die-with-parent", nullptr);
    _exit(127);
  }
  char byte = 0;
  _exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
}

TEST_CASE("it ends when the process that started it ends, if it is to") {
  const TemporaryDirectory directory;
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t starter = start_and_leave((directory.path() / "crm.db").string(), ends[1]);
  close(ends[1]);
  int status = 0;
  REQUIRE(waitpid(starter, &status, 0) == starter);
  CHECK(WEXITSTATUS(status) == 0);
  pollfd ended{ends[0], POLLIN, 0};
  REQUIRE(poll(&ended, 1, 30'000) == 1);
  char byte = 0;
  CHECK(read(ends[0], &byte, 1) == 0);
  close(ends[0]);
}

}  // namespace
}  // namespace bulkwrite::test
