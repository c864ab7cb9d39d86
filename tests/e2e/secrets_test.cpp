// What a load leaves behind, and what it says, holds no secret.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <set>

#include "tests/e2e/world.h"

using namespace e2e;

namespace {

const std::string kToken = "1000.0a1b2c3d4e5f.access-token-of-the-user";
const std::string kClientSecret = "sandbox-client-secret";
const std::string kRefreshToken = "1000.sandbox.refresh-token";

std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += std::isalnum(static_cast<unsigned char>(c)) ? std::string(1, c) : fmt::format("%{:02X}", c);
  return out;
}

// Every file below a directory that holds one of the secrets, as a text for the message.
std::string files_with(const std::filesystem::path& directory, const std::set<std::string>& secrets,
                       size_t& looked_at) {
  std::string found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    ++looked_at;
    const std::string bytes = slurp(entry.path());
    for (const std::string& secret : secrets)
      for (const std::string& form : {secret, percent_encoded(secret)})
        if (bytes.find(form) != std::string::npos) found += entry.path().string() + ": " + form + "\n";
  }
  return found;
}

void check_holds_none(const std::filesystem::path& run, const Ended& ended, const std::set<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    CAPTURE(secret);
    REQUIRE(secret.size() >= 8);
    CHECK(ended.out.find(secret) == std::string::npos);
    CHECK(ended.err.find(secret) == std::string::npos);
  }
  size_t looked_at = 0;
  CHECK(files_with(run, secrets, looked_at) == "");
  CHECK(looked_at >= 3);
}

// What the sandbox gave away and was given: its tokens, and the last parts of the callback URLs.
std::set<std::string> secrets_in(const std::filesystem::path& crm) {
  std::set<std::string> secrets{kClientSecret, kRefreshToken};
  for (const auto& row : select(crm, "select token from sandbox_tokens")) secrets.insert(row.front());
  for (const auto& row : select(crm, "select request from sandbox_jobs")) {
    const auto request = nlohmann::json::parse(row.front());
    if (!request.contains("callback")) continue;
    const std::string url = request["callback"]["url"];
    secrets.insert(url.substr(url.rfind('/') + 1));
  }
  return secrets;
}

// The command lines of all processes that name this path.
std::vector<std::string> command_lines_with(const std::string& path) {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string line = slurp(entry.path() / "cmdline");
    if (line.find(path) != std::string::npos) lines.push_back(line);
  }
  return lines;
}

const std::vector<std::string> kCallbacks{"--callback-listen", "127.0.0.1:0", "--callback-url",
                                          "http://127.0.0.1:1/callbacks"};

// Chunks of 10, with a callback each, and with a log of everything.
std::vector<std::string> chatty(std::vector<std::string> more = {}) {
  more.insert(more.end(), kCallbacks.begin(), kCallbacks.end());
  more.insert(more.end(), {"--records", "10"});
  return more;
}

}  // namespace

TEST_CASE("a load that goes well leaves no secret behind") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", leads(30));
  const Ended ended =
      run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", chatty()), directory.path());
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  const auto secrets = secrets_in(sandbox.database());
  REQUIRE(secrets.size() == 2 + 1 + 3);  // a token, and three chunks' callbacks
  check_holds_none(directory / "run", ended, secrets);
}

TEST_CASE("a load that goes wrong in many ways leaves no secret behind either") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {"--set", "token_life_s=2"},
                        R"({"requests": [{"request": "create", "nth": 2, "when": "after", "fault": "reset"},
                                         {"request": "upload", "nth": 3, "fault": "http_500"},
                                         {"request": "details", "nth": 2, "fault": "http_401"},
                                         {"request": "download", "nth": 1, "fault": "truncate"}],
                            "jobs": [{"nth": 4, "outcome": "FAILED"}]})");
  spill(directory / "leads.csv", leads(60));
  const Ended ended =
      run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", chatty({"--callback-wait", "1"})),
          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 4);
  CHECK(sandbox.faults_fired() >= 3);
  check_holds_none(directory / "run", ended, secrets_in(sandbox.database()));
}

TEST_CASE("a load that is killed leaves no secret in its ledger or beside it") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {},
                        R"({"requests": [{"request": "create", "nth": 2, "fault": "delay", "delay_ms": 20000}]})");
  spill(directory / "leads.csv", leads(30));
  Process load(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", chatty()), directory.path());
  REQUIRE(eventually([&] { return sandbox.query("select count(*) from sandbox_jobs") >= 1; }));
  load.signal(SIGKILL);
  const Ended ended = load.wait();
  CHECK(std::filesystem::exists(directory / "run" / "ledger.db-wal"));
  check_holds_none(directory / "run", ended, secrets_in(sandbox.database()));
}

TEST_CASE("a token from the environment is told to nobody, whether it is taken or refused") {
  for (const bool taken : {true, false}) {
    CAPTURE(taken);
    const TemporaryDirectory directory;
    const Sandbox sandbox(directory, {"--token", taken ? kToken : "another"});
    spill(directory / "leads.csv", leads(10));
    Process load(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", chatty()), directory.path(),
                 "/dev/null", {"BULKWRITE_TOKEN=" + kToken});
    const Ended ended = load.wait();
    INFO(ended.err);
    CHECK(ended.exit_code == (taken ? 0 : 77));
    if (taken) check_holds_none(directory / "run", ended, {kToken});
    CHECK(ended.err.find(kToken) == std::string::npos);
    CHECK(ended.out.find(kToken) == std::string::npos);
  }
}

TEST_CASE("no command line holds a secret, neither the loader's nor that of a sandbox of its own") {
  const TemporaryDirectory directory;
  const std::filesystem::path crm = directory / "crm.db";
  CHECK(mkfifo((directory / "pipe").c_str(), 0600) == 0);
  Process load(load_call({directory / "pipe"}, crm, directory / "run", chatty()), directory.path(), "/dev/null",
               {"BULKWRITE_TOKEN=" + kToken});
  REQUIRE(eventually([&] { return command_lines_with(crm).size() == 2; }));
  for (const std::string& line : command_lines_with(crm)) {
    CAPTURE(line);
    for (const std::string& secret : {kToken, kClientSecret, kRefreshToken})
      CHECK(line.find(secret) == std::string::npos);
  }
  spill(directory / "pipe", leads(10));
  const Ended ended = load.wait();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  auto secrets = secrets_in(crm);
  secrets.insert(kToken);
  check_holds_none(directory / "run", ended, secrets);
}

TEST_CASE("a profile's secrets lie in its own two files and nowhere else, also when its load is killed") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {},
                        R"({"requests": [{"request": "create", "nth": 2, "fault": "delay", "delay_ms": 20000}]})");
  const std::string code = "1000.sandbox.grant-code";
  Process login({bulkwrite_program(), "auth", "login", "--dc", "us", "--client-id", "1000.SANDBOXCLIENT",
                 "--accounts-base", sandbox.url(), "--api-base", sandbox.url(), "--upload-base", sandbox.url()},
                directory.path(), "/dev/null",
                {"BULKWRITE_CLIENT_SECRET=" + kClientSecret, "BULKWRITE_GRANT_CODE=" + code});
  const Ended signed_in = login.wait();
  INFO(signed_in.err);
  REQUIRE(signed_in.exit_code == 0);
  auto secrets = secrets_in(sandbox.database());
  secrets.insert(code);
  for (const auto& row : select(sandbox.database(), "select refresh_token from sandbox_grants"))
    secrets.insert(row.front());
  REQUIRE(secrets.size() == 2 + 1 + 1 + 1);  // an access token, the code, a refresh token
  size_t looked_at = 0;
  CHECK(files_with(directory / "config/bulkwrite/profiles", secrets, looked_at) != "");
  CHECK(files_with(directory / "config/bulkwrite/tokens", secrets, looked_at) != "");

  spill(directory / "leads.csv", leads(30));
  Process load({bulkwrite_program(), "load", (directory / "leads.csv").string(), "--module", "Leads", "--records", "10",
                "--run-dir", (directory / "run").string()},
               directory.path());
  REQUIRE(eventually([&] { return sandbox.query("select count(*) from sandbox_jobs") >= 1; }));
  load.signal(SIGKILL);
  const Ended killed = load.wait();
  check_holds_none(directory / "run", killed, secrets);
  check_holds_none(directory / "run", signed_in, secrets);
}
