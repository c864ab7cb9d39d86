// Signals, kills, and inputs that end badly.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/e2e/world.h"

using namespace e2e;

namespace {

void check_adds_up(const nlohmann::json& s) {
  const auto n = [&](const char* key) { return s[key].get<int64_t>(); };
  CHECK(n("records_read") == n("rejected") + n("not_sent") + n("sent"));
  CHECK(n("sent") == n("added") + n("updated") + n("present") + n("skipped") + n("unprocessed") + n("failed") +
                         n("in_flight") + n("uncertain") + n("unattributed"));
}

size_t sandboxes_on(const std::filesystem::path& database) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string call = slurp(entry.path() / "cmdline");
    if (call.find("bulkwrite-sandbox") != std::string::npos && call.find(database.string()) != std::string::npos)
      ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("the first SIGINT or SIGTERM stops softly: 130 or 143, and everything is accounted for") {
  for (const int number : {SIGINT, SIGTERM}) {
    const TemporaryDirectory directory;
    const Sandbox sandbox(directory, {"--set", "record_time_us=20000"});
    spill(directory / "leads.csv", leads(400));
    Process load(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", {"--records", "10"}),
                 directory.path());
    REQUIRE(eventually([&] { return sandbox.requests_of("download") > 0; }));
    load.signal(number);
    const Ended ended = load.wait();
    INFO(ended.err);
    CHECK((ended.exit_code == 128 + number || ended.exit_code == 4));
    const auto summary = summary_of(ended);
    check_adds_up(summary);
    CHECK(summary["added"] >= 10);
    CHECK(summary["added"] < 400);
    CHECK(rows_of(directory / "run" / "results.csv").size() == summary["records_read"]);
    CHECK(nlohmann::json::parse(slurp(directory / "run" / "summary.json"))["exit_code"] == ended.exit_code);
  }
}

TEST_CASE("a stop while signing in leaves at once, with nothing sent and no run begun") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(
      directory, {}, R"({"requests": [{"request": "token", "probability": 1, "fault": "delay", "delay_ms": 60000}]})");
  spill(directory / "leads.csv", leads(10));
  Process load(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run"), directory.path());
  REQUIRE(eventually([&] { return load.err().find("delimiter") != std::string::npos; }));
  load.signal(SIGTERM);
  const Ended ended = load.wait();
  CHECK(ended.exit_code == 143);
  CHECK(summary_of(ended)["records_read"] == 0);
  CHECK_FALSE(std::filesystem::exists(directory / "run"));
}

// A pipe that its writer keeps open and says nothing more to.
class SilentPipe {
 public:
  SilentPipe(const std::filesystem::path& path, const std::string& text) : path_(path) {
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    end_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(write(end_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  ~SilentPipe() { close(end_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
  int end_ = -1;
};

TEST_CASE("a pipe that says nothing more does not keep a stop from being heard") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  const bool has_dates = GENERATE(true, false);  // so that it is waited for the first chunk, before a run has begun
  const SilentPipe pipe(directory / "pipe",
                        has_dates ? "Last_Name,Company,Birthday\nA,C,\n" : "Last_Name,Company\nA,C\n");
  Process load(load_call({"-"}, sandbox.url(), directory / "run"), directory.path(), pipe.path());
  const char* const begun = has_dates ? "disk:" : "run directory:";
  REQUIRE(eventually([&] { return load.err().find(begun) != std::string::npos; }));
  load.signal(SIGTERM);
  const Ended ended = load.wait();
  INFO(ended.err);
  CHECK(ended.exit_code == 143);
  check_adds_up(summary_of(ended));
}

TEST_CASE("a pipe that says nothing more does not keep --max-duration from ending the load") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  const SilentPipe pipe(directory / "pipe", "Last_Name,Company\nA,C\n");
  Process load(load_call({"-"}, sandbox.url(), directory / "run", {"--max-duration", "1"}), directory.path(),
               pipe.path());
  const Ended ended = load.wait();
  INFO(ended.err);
  CHECK(ended.exit_code == 5);
}

TEST_CASE("the second signal ends the program at once") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {},
                        R"({"requests": [{"request": "create", "nth": 1, "fault": "delay", "delay_ms": 20000}]})");
  spill(directory / "leads.csv", leads(10));
  Process load(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run"), directory.path());
  REQUIRE(eventually([&] { return sandbox.requests_of("upload") > 0; }));
  load.signal(SIGINT);
  REQUIRE(eventually([&] { return load.err().find("stopping") != std::string::npos; }));
  load.signal(SIGINT);
  CHECK(load.wait().exit_code == 130);
}

TEST_CASE("a sandbox of our own does not outlive a loader that is killed") {
  const TemporaryDirectory directory;
  const std::filesystem::path crm = directory / "crm.db";
  CHECK(mkfifo((directory / "pipe").c_str(), 0600) == 0);
  Process load(load_call({directory / "pipe"}, crm, directory / "run"), directory.path());
  REQUIRE(eventually([&] { return sandboxes_on(crm) == 1; }));
  load.signal(SIGKILL);
  CHECK(load.wait().exit_code == 128 + SIGKILL);
  CHECK(eventually([&] { return sandboxes_on(crm) == 0; }));
}

TEST_CASE("a compressed file that is cut off is an error that names the place, and what was sent stays accounted for") {
  const TemporaryDirectory directory;
  const std::string text = leads(5000);
  std::string packed(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);

  const Sandbox sandbox(directory);
  spill(directory / "whole.csv.gz", packed);
  const Ended whole = run(load_call({directory / "whole.csv.gz"}, sandbox.url(), directory / "run1"), directory.path());
  CHECK(whole.exit_code == 0);
  CHECK(summary_of(whole)["added"] == 5000);

  spill(directory / "cut.csv.gz", packed.substr(0, packed.size() / 2));
  const Ended cut = run(load_call({directory / "cut.csv.gz"}, sandbox.url(), directory / "run2",
                                  {"--records", "100", "--find-by", "Email"}),
                        directory.path());
  INFO(cut.err);
  CHECK(cut.exit_code == 65);
  CHECK(cut.err.find("cut off") != std::string::npos);
  check_adds_up(summary_of(cut));
  CHECK(summary_of(cut)["present"] > 0);
}

TEST_CASE("a source that changes while it is loaded is an error, never a wrong record") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {"--set", "queue_delay_ms=1500"});
  spill(directory / "leads.csv", leads(20));
  Process load(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run"), directory.path());
  REQUIRE(eventually([&] { return sandbox.requests_of("create") > 0; }));
  std::string other = leads(20);
  other[other.find("Name7")] = 'X';
  spill(directory / "leads.csv", other);
  const Ended ended = load.wait();
  INFO(ended.err);
  CHECK(ended.exit_code != 0);
  CHECK(ended.err.find("has changed since it was read") != std::string::npos);
}

TEST_CASE("an unclosed quote stops the input with 65, and what came before it is loaded") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", leads(25) + "Open,\"never closed,x\nmore,and,more,y\n");
  const Ended ended = run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", {"--records", "10"}),
                          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 65);
  CHECK(ended.err.find("record 26") != std::string::npos);
  CHECK(summary_of(ended)["added"] == 25);
  CHECK(sandbox.query("select count(*) from Leads") == 25);
}

TEST_CASE("a database that a sandbox serves is served by no second one") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", leads(1));
  const Ended refused =
      run(load_call({directory / "leads.csv"}, directory / "crm.db", directory / "run"), directory.path());
  INFO(refused.err);
  CHECK(refused.exit_code != 0);
  CHECK_THAT(refused.err, Catch::Contains("another sandbox serves it"));
  CHECK(sandbox.query("select count(*) from Leads") == 0);
}
