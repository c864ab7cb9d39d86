// Signing in, profiles and tokens, with real processes against a sandbox.
#include <fmt/format.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/e2e/world.h"

using namespace e2e;
using Catch::Matchers::Contains;

namespace {

const std::string kSecret = "sandbox-client-secret";
const std::string kCode = "1000.sandbox.grant-code";

std::vector<std::string> hosts(const std::string& url, const std::string& client_id = "1000.SANDBOXCLIENT") {
  return {"--dc", "us", "--client-id", client_id, "--accounts-base", url, "--api-base", url, "--upload-base", url};
}

// A home of its own, in which profiles and tokens are.
struct Home {
  TemporaryDirectory directory;

  std::filesystem::path file(const std::string& below) const { return directory / "config/bulkwrite" / below; }
  std::filesystem::path profile(const std::string& name = "default") const {
    return file("profiles/" + name + ".json");
  }

  Ended call(const std::vector<std::string>& words, const std::vector<std::string>& environment = {}) const {
    return start(words, environment)->wait();
  }
  std::unique_ptr<Process> start(const std::vector<std::string>& words,
                                 const std::vector<std::string>& environment = {}) const {
    std::vector<std::string> all{bulkwrite_program()};
    all.insert(all.end(), words.begin(), words.end());
    return std::make_unique<Process>(all, directory.path(), "/dev/null", environment);
  }
  Ended log_in(const std::string& url, std::vector<std::string> more = {}, const std::string& secret = kSecret,
               const std::string& code = kCode) const {
    std::vector<std::string> words{"auth", "login"};
    for (const std::string& word : hosts(url)) words.push_back(word);
    words.insert(words.end(), more.begin(), more.end());
    return call(words, {"BULKWRITE_CLIENT_SECRET=" + secret, "BULKWRITE_GRANT_CODE=" + code});
  }
  std::vector<std::string> load(const std::string& name, std::vector<std::string> more = {}) const {
    if (!std::filesystem::exists(directory / (name + ".csv")))
      spill(directory / (name + ".csv"), leads(10, 1 + 10 * std::hash<std::string>()(name) % 1'000'000));
    std::vector<std::string> words{
        "load", (directory / (name + ".csv")).string(), "--module", "Leads", "--run-dir", (directory / name).string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  void forget_token() const { std::filesystem::remove(file("tokens/default.json")); }
};

// A program at a terminal of its own.
class Terminal {
 public:
  Terminal(const std::vector<std::string>& words, const std::filesystem::path& config) {
    pid_ = forkpty(&end_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    setenv("XDG_CONFIG_HOME", config.c_str(), 1);
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  ~Terminal() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    wait();
    close(end_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& text) const { REQUIRE(write(end_, text.data(), text.size()) > 0); }
  const std::string& shown() {
    char bytes[1024];
    pollfd ready{end_, POLLIN, 0};
    ssize_t got = 0;
    while (poll(&ready, 1, 0) > 0 && (got = read(end_, bytes, sizeof bytes)) > 0)
      shown_.append(bytes, static_cast<size_t>(got));
    return shown_;
  }
  bool echoes() const {
    termios state{};
    REQUIRE(tcgetattr(end_, &state) == 0);
    return (state.c_lflag & ECHO) != 0;
  }
  int wait() {
    int status = 0;
    if (pid_ > 0) waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  int end_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

// Whatever the sandbox gave away, and what it was given.
void check_tells_no_secret(const Sandbox& sandbox, const Home& home, const Ended& ended) {
  std::set<std::string> secrets{kSecret, kCode};
  for (const auto& row : select(sandbox.database(), "select token from sandbox_tokens")) secrets.insert(row.front());
  for (const auto& row : select(sandbox.database(), "select refresh_token from sandbox_grants"))
    secrets.insert(row.front());
  for (const std::string& secret : secrets) {
    CHECK(ended.out.find(secret) == std::string::npos);
    CHECK(ended.err.find(secret) == std::string::npos);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home.directory.path())) {
      if (!entry.is_regular_file() || entry.path().string().find("/config/") != std::string::npos) continue;
      if (entry.path().string().find("crm.db") != std::string::npos) continue;  // the sandbox's own
      INFO(entry.path());
      CHECK(slurp(entry.path()).find(secret) == std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("from a grant code to a load and out again, with one token for all of it") {
  const Home home;
  const Sandbox sandbox(home.directory);
  const Ended login = home.log_in(sandbox.url());
  INFO(login.err);
  REQUIRE(login.exit_code == 0);
  CHECK_THAT(login.err, Contains("808232144") && Contains("ZohoFiles.files.ALL"));
  CHECK(mode_of(home.profile()) == 0600);
  CHECK(mode_of(home.file("tokens/default.json")) == 0600);
  const auto profile = nlohmann::json::parse(slurp(home.profile()));
  CHECK(profile.at("org") == "808232144");
  CHECK(profile.at("dc") == "us");

  const Ended status = home.call({"auth", "status", "--check", "--json"});
  INFO(status.err);
  REQUIRE(status.exit_code == 0);
  const auto known = last_line_of(status);
  CHECK(known.at("org") == "808232144");
  CHECK(known.at("api_base") == sandbox.url());
  CHECK(known.at("token_good_for_s") > 3000);

  const Ended load = home.call(home.load("first"));
  INFO(load.err);
  REQUIRE(load.exit_code == 0);
  CHECK(summary_of(load).at("added") == 10);
  CHECK(sandbox.requests_of("token") == 1);
  for (const Ended& ended : {login, status, load}) check_tells_no_secret(sandbox, home, ended);

  const Ended revoked = home.call({"auth", "revoke"});
  INFO(revoked.err);
  CHECK(revoked.exit_code == 0);
  CHECK(sandbox.requests_of("revoke") == 1);
  CHECK_FALSE(std::filesystem::exists(home.profile()));
  CHECK_FALSE(std::filesystem::exists(home.file("tokens/default.json")));
  const Ended later = home.call(home.load("later"));
  CHECK(later.exit_code == 64);
  CHECK_THAT(later.err, Contains("auth login"));
}

TEST_CASE("secret and code are asked for at a terminal, which shows neither and has its echo back in the end") {
  const Home home;
  const Sandbox sandbox(home.directory);
  std::vector<std::string> words{bulkwrite_program(), "auth", "login"};
  for (const std::string& word : hosts(sandbox.url())) words.push_back(word);
  Terminal terminal(words, home.directory / "config");
  REQUIRE(eventually([&] { return terminal.shown().find("client secret: ") != std::string::npos; }));
  terminal.type(kSecret + "\n");
  REQUIRE(eventually([&] { return terminal.shown().find("grant code: ") != std::string::npos; }));
  CHECK_FALSE(terminal.echoes());
  terminal.type(kCode + "\n");
  CHECK(eventually([&] { return terminal.shown().find("signed in") != std::string::npos; }));
  CHECK(terminal.wait() == 0);
  CHECK_THAT(terminal.shown(), !Contains(kSecret) && !Contains(kCode));

  Terminal stopped(words, home.directory / "config");
  REQUIRE(eventually([&] { return stopped.shown().find("client secret: ") != std::string::npos; }));
  stopped.type("\x03");
  CHECK(stopped.wait() == 130);
  CHECK(stopped.echoes());
}

TEST_CASE("two loads at once share one token: the second takes what the first has fetched") {
  const Home home;
  const Sandbox sandbox(home.directory, {},
                        R"({"requests": [{"request": "token", "nth": 2, "fault": "delay", "delay_ms": 700}]})");
  REQUIRE(home.log_in(sandbox.url()).exit_code == 0);
  home.forget_token();
  const auto one = home.start(home.load("one")), two = home.start(home.load("two"));
  for (const auto& load : {&one, &two}) {
    const Ended ended = (*load)->wait();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    check_tells_no_secret(sandbox, home, ended);
  }
  CHECK(sandbox.requests_of("token") == 2);  // the login's, and one
}

TEST_CASE("a token that dies during two loads is renewed once for both of them") {
  const Home home;
  const Sandbox sandbox(home.directory, {"--set", "record_time_us=100000"},
                        R"({"requests": [{"request": "details", "nth": 4, "fault": "expired_token"}]})");
  REQUIRE(home.log_in(sandbox.url()).exit_code == 0);
  const auto one = home.start(home.load("one")), two = home.start(home.load("two"));
  for (const auto& load : {&one, &two}) {
    const Ended ended = (*load)->wait();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
  }
  CHECK(sandbox.requests_of("token") == 2);  // the login's, and one
}

TEST_CASE("whoever kills a load that asks for a token keeps nobody else from asking") {
  const Home home;
  const Sandbox sandbox(home.directory, {},
                        R"({"requests": [{"request": "token", "nth": 2, "fault": "delay", "delay_ms": 20000}]})");
  REQUIRE(home.log_in(sandbox.url()).exit_code == 0);
  home.forget_token();
  const auto first = home.start(home.load("first"));
  REQUIRE(eventually([&] { return std::filesystem::exists(home.file("tokens/default.json")); }));
  first->signal(SIGKILL);
  first->wait();
  const Ended second = home.call(home.load("second"));
  INFO(second.err);
  CHECK(second.exit_code == 0);
}

TEST_CASE("every refusal of the token endpoint is told with what to do, after one question") {
  struct Refusal {
    std::string error, advice;
    int exit_code;
  };
  for (const Refusal& refusal :
       {Refusal{"invalid_code", "auth login", 77}, Refusal{"invalid_client", "--client-id", 77},
        Refusal{"invalid_client_secret", "client secret", 77}, Refusal{"invalid_redirect_uri", "self client", 77},
        Refusal{"throttle", "quarter of an hour", 75}}) {
    for (const bool at_login : {true, false}) {
      CAPTURE(refusal.error, at_login);
      const Home home;
      const Sandbox sandbox(home.directory, {},
                            fmt::format(R"({{"requests": [{{"request": "token", "nth": {}, "fault": "{}"}}]}})",
                                        at_login ? 1 : 2, refusal.error));
      Ended ended = home.log_in(sandbox.url());
      if (!at_login) {
        REQUIRE(ended.exit_code == 0);
        home.forget_token();
        ended = home.call(home.load("load"));
      }
      INFO(ended.err);
      CHECK(ended.exit_code == refusal.exit_code);
      CHECK_THAT(ended.err,
                 Contains(refusal.error == "throttle" ? "Access Denied" : refusal.error) && Contains(refusal.advice));
      CHECK(sandbox.requests_of("token") == (at_login ? 1 : 2));
      CHECK(sandbox.requests_of("upload") == 0);
      check_tells_no_secret(sandbox, home, ended);
    }
  }
}

TEST_CASE("what is wrong with a client is told by the accounts host itself") {
  const Home home;
  const Sandbox sandbox(home.directory);
  const Ended wrong_secret = home.log_in(sandbox.url(), {}, "another-secret");
  CHECK(wrong_secret.exit_code == 77);
  CHECK_THAT(wrong_secret.err, Contains("invalid_client_secret") && !Contains("another-secret"));
  std::vector<std::string> words{"auth", "login"};
  for (const std::string& word : hosts(sandbox.url(), "1000.OTHER")) words.push_back(word);
  const Ended wrong_client = home.call(words, {"BULKWRITE_CLIENT_SECRET=" + kSecret, "BULKWRITE_GRANT_CODE=" + kCode});
  CHECK(wrong_client.exit_code == 77);
  CHECK_THAT(wrong_client.err, Contains("invalid_client") && Contains("--dc"));
  const Ended wrong_code = home.log_in(sandbox.url(), {}, kSecret, "1000.spent-code");
  CHECK(wrong_code.exit_code == 77);
  CHECK_THAT(wrong_code.err, Contains("invalid_code") && !Contains("spent-code"));
  CHECK_FALSE(std::filesystem::exists(home.profile()));
}

TEST_CASE("after Access Denied nobody asks for a while, not even another process") {
  for (const std::string http : {"400", "200"}) {
    CAPTURE(http);
    const Home home;
    const Sandbox sandbox(home.directory, {"--set", "token_rate_max=1", "--set", "token_throttle_http=" + http});
    REQUIRE(home.log_in(sandbox.url()).exit_code == 0);
    home.forget_token();
    const Ended denied = home.call(home.load("first"));
    CHECK(denied.exit_code == 75);
    CHECK_THAT(denied.err, Contains("Access Denied"));
    const Ended quiet = home.call(home.load("second"));
    CHECK(quiet.exit_code == 75);
    CHECK_THAT(quiet.err, Contains("no token before"));
    CHECK(sandbox.requests_of("token") == 2);
  }
}

TEST_CASE("ten tokens in ten minutes is the most for all processes of a profile together") {
  const Home home;
  const Sandbox sandbox(home.directory, {"--set", "token_rate_max=100", "--set", "token_life_s=0"});
  REQUIRE(home.log_in(sandbox.url(), {"--org", "808232144"}).exit_code == 0);
  Ended last;
  for (int i = 0; i < 10; ++i) {
    last = home.call({"auth", "status", "--check"});
    if (last.exit_code == 75) break;
    CHECK(last.exit_code == 77);
  }
  CHECK(last.exit_code == 75);
  CHECK(sandbox.requests_of("token") == 10);
}

TEST_CASE("a token is a success whatever the status of its reply, and however its life is counted") {
  const Home home;
  const Sandbox sandbox(home.directory, {"--set", "token_success_http=400", "--set", "token_expiry=milliseconds"});
  const Ended login = home.log_in(sandbox.url());
  INFO(login.err);
  REQUIRE(login.exit_code == 0);
  const auto known = last_line_of(home.call({"auth", "status", "--json"}));
  CHECK(known.at("token_good_for_s") > 3000);
  CHECK(known.at("token_good_for_s") <= 3600);
  CHECK(home.call(home.load("load")).exit_code == 0);
}

TEST_CASE("a token does not follow its reply to a host that is not the service's") {
  const Home home;
  const Sandbox sandbox(home.directory, {"--set", "api_domain=foreign"});
  const Ended refused =
      home.call({"auth", "login", "--dc", "us", "--client-id", "1000.SANDBOXCLIENT", "--accounts-base", sandbox.url()},
                {"BULKWRITE_CLIENT_SECRET=" + kSecret, "BULKWRITE_GRANT_CODE=" + kCode});
  CHECK(refused.exit_code == 78);
  CHECK_THAT(refused.err, Contains("www.zohoapis.evil.example") && Contains("--api-base"));
  // A host that was configured counts for more than what the reply says.
  const Home other;
  const Sandbox configured(other.directory, {"--set", "api_domain=foreign"});
  CHECK(other.log_in(configured.url()).exit_code == 0);
  CHECK(other.call(other.load("load")).exit_code == 0);
}

TEST_CASE("a token from a file is used, and read again when it is refused") {
  const Home home;
  const Sandbox sandbox(home.directory, {"--token", "1000.good-token"});
  spill(home.directory / "token", "1000.good-token\r\nand a remark\n");
  const std::vector<std::string> environment{"BULKWRITE_TOKEN_FILE=" + (home.directory / "token").string()};
  std::vector<std::string> words = home.load("load");
  for (const std::string& word : hosts(sandbox.url())) words.push_back(word);
  const Ended load = home.call(words, environment);
  INFO(load.err);
  CHECK(load.exit_code == 0);
  CHECK(sandbox.requests_of("token") == 0);

  spill(home.directory / "token", "1000.dead-token\n");
  words = home.load("dead");
  for (const std::string& word : hosts(sandbox.url())) words.push_back(word);
  const Ended dead = home.call(words, environment);
  CHECK(dead.exit_code == 77);
  CHECK_THAT(dead.err, Contains((home.directory / "token").string()) && !Contains("dead-token"));
  std::filesystem::remove(home.directory / "token");
  CHECK(home.call(words, environment).exit_code == 66);
}

TEST_CASE("a token command runs again when its token is refused, and never reads the input") {
  const Home home;
  const Sandbox sandbox(home.directory, {"--token", "1000.good-token"});
  const std::string counter = (home.directory / "count").string();
  const std::string command = fmt::format(
      "cat; echo x >> {0}; if [ $(wc -l < {0}) -gt 1 ]; then echo 1000.good-token; else echo 1000.dead; fi", counter);
  spill(home.directory / "stdin.csv", leads(10));
  std::vector<std::string> words{
      bulkwrite_program(), "load", "-", "--module", "Leads", "--run-dir", (home.directory / "load").string()};
  for (const std::string& word : hosts(sandbox.url())) words.push_back(word);
  const Ended load =
      Process(words, home.directory.path(), home.directory / "stdin.csv", {"BULKWRITE_TOKEN_COMMAND=" + command})
          .wait();
  INFO(load.err);
  CHECK(load.exit_code == 0);
  CHECK(slurp(counter) == "x\nx\n");
  CHECK(summary_of(load).at("added") == 10);
  CHECK(sandbox.requests_of("token") == 0);

  words = home.load("failing");
  for (const std::string& word : hosts(sandbox.url())) words.push_back(word);
  const Ended failing = home.call(words, {"BULKWRITE_TOKEN_COMMAND=echo 1000.hidden; exit 3"});
  CHECK(failing.exit_code == 77);
  CHECK_THAT(failing.err, Contains("exit code 3") && !Contains("hidden"));
}

TEST_CASE("plain http goes to this machine only, before anything is sent") {
  const Home home;
  const Ended refused = home.log_in("http://192.0.2.1:8080");
  CHECK(refused.exit_code == 78);
  CHECK_THAT(refused.err, Contains("192.0.2.1") && Contains("--allow-plain-http"));
  for (const char* const url : {"http://127.0.0.1.evil.example", "http://localhost@evil.example", "ftp://127.0.0.1",
                                "https://www.zohoapis.com/path", "https://"}) {
    CAPTURE(url);
    CHECK(home.log_in(url).exit_code == 78);
  }
}

TEST_CASE("a profile that others may read is not used") {
  const Home home;
  const Sandbox sandbox(home.directory);
  REQUIRE(home.log_in(sandbox.url()).exit_code == 0);
  std::filesystem::permissions(home.profile(), std::filesystem::perms(0644));
  const Ended refused = home.call(home.load("load"));
  CHECK(refused.exit_code == 78);
  CHECK_THAT(refused.err, Contains("chmod 600"));
  CHECK(sandbox.requests_of("upload") == 0);
}

TEST_CASE("a run goes on with the profile that it was begun with, and with no other organisation") {
  const Home home;
  const Sandbox sandbox(home.directory, {}, R"({"jobs": [{"nth": 1, "outcome": "STUCK"}]})");
  REQUIRE(home.log_in(sandbox.url(), {"--profile", "work"}).exit_code == 0);
  const Ended stuck = home.call(home.load("load", {"--profile", "work", "--job-deadline", "1"}));
  INFO(stuck.err);
  REQUIRE(stuck.exit_code == 5);
  const size_t before = sandbox.requests_of("details");
  const Ended resumed = home.call({"resume", (home.directory / "load").string(), "--job-deadline", "1"});
  INFO(resumed.err);
  CHECK(resumed.exit_code == 5);
  CHECK(sandbox.requests_of("details") > before);
  CHECK(sandbox.requests_of("token") == 1);
  const Ended other = home.call({"resume", (home.directory / "load").string(), "--org", "1"});
  CHECK(other.exit_code == 78);
  CHECK_THAT(other.err, Contains("organisation"));

  const Ended unknown = home.call(home.load("other", {"--profile", "wrok"}));
  CHECK(unknown.exit_code == 78);
  CHECK_THAT(unknown.err, Contains("wrok") && Contains("work"));
}

TEST_CASE("a run goes on by the options of the profile that it was begun with, as a load does") {
  const Home home;
  const Sandbox sandbox(home.directory);
  REQUIRE(home.log_in(sandbox.url(), {"--profile", "work"}).exit_code == 0);
  std::filesystem::copy_file(home.profile("work"), home.profile("default"));  // a grant code is good for one
  spill(home.file("config.json"), R"({"profile": "default", "max_credits": 3000, "canary": "off"})");
  const auto add = [&](const std::string& profile, const std::string& name, const std::string& value) {
    auto values = nlohmann::json::parse(slurp(home.profile(profile)));
    values[name] = value;
    spill(home.profile(profile), values.dump());
  };
  add("work", "max_credits", "600");
  add("default", "max_credits", "900");
  const Ended load = home.call(home.load("load", {"--profile", "work", "--records", "1"}));
  INFO(load.err);
  REQUIRE(load.exit_code == 5);
  CHECK_THAT(load.out, Contains("--max-credits 600"));
  const std::vector<std::string> resume{"resume", (home.directory / "load").string()};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = resume;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  // Its own profile counts for more than the config file, and for more than the profile that the config file names.
  CHECK_THAT(home.call(resume).out, Contains("--max-credits 600"));
  add("work", "max_credits", "700");
  CHECK_THAT(home.call(resume).out, Contains("--max-credits 700"));
  CHECK_THAT(home.call(resume, {"BULKWRITE_MAX_CREDITS=800"}).out, Contains("--max-credits 800"));
  CHECK_THAT(home.call(with({"--max-credits", "650"}), {"BULKWRITE_MAX_CREDITS=800"}).out,
             Contains("--max-credits 650"));
  CHECK_THAT(home.call(resume, {"BULKWRITE_PROFILE=default"}).out, Contains("--max-credits 900"));
  CHECK_THAT(home.call(with({"--profile", "default"})).out, Contains("--max-credits 900"));

  add("work", "max_credits", "many");
  const Ended refused = home.call(resume);
  CHECK(refused.exit_code == 78);
  CHECK_THAT(refused.err, Contains("work.json") && Contains("max_credits"));
  CHECK(home.call(with({"--max-credits", "100000"})).exit_code == 0);
}

TEST_CASE("config show says what is set and where, the nearest first, and masks secrets") {
  const Home home;
  std::filesystem::create_directories(home.file("profiles"));
  spill(home.file("config.json"), R"({"dc": "in", "jobs": 3, "uploads": 2, "org": "77"})");
  spill(home.profile(), R"({"dc": "eu", "org": "88", "refresh_token": "1000.hidden-refresh"})");
  std::filesystem::permissions(home.profile(), std::filesystem::perms(0600));
  const auto from = [&](const std::string& out, const std::string& name) {
    std::istringstream lines(out);
    for (std::string line, word; std::getline(lines, line);)
      if (std::istringstream words(line); words >> word && word == name) return line;
    return std::string();
  };
  const Ended shown =
      home.call({"config", "show", "--org", "99"}, {"BULKWRITE_JOBS=5", "BULKWRITE_TOKEN=1000.hidden-token"});
  INFO(shown.err);
  REQUIRE(shown.exit_code == 0);
  CHECK_THAT(from(shown.out, "org"), Contains("99") && Contains("--org"));
  CHECK_THAT(from(shown.out, "jobs"), Contains("5") && Contains("BULKWRITE_JOBS"));
  CHECK_THAT(from(shown.out, "dc"), Contains("eu") && Contains("default.json"));
  CHECK_THAT(from(shown.out, "uploads"), Contains("2") && Contains("config.json"));
  CHECK_THAT(from(shown.out, "attempts"), Contains("8") && Contains("default"));
  CHECK_THAT(from(shown.out, "token"), Contains("****") && Contains("BULKWRITE_TOKEN"));
  CHECK_THAT(from(shown.out, "accounts_base"), Contains("https://accounts.zoho.eu") && Contains("data centre eu"));
  CHECK_THAT(from(shown.out, "canary"), Contains("on") && Contains("default"));
  CHECK_THAT(from(shown.out, "downloads_per_minute"), Contains(" 10 ") && Contains("default"));
  CHECK_THAT(from(shown.out, "max_failed"), Contains("- ") && Contains("not set"));
  CHECK_THAT(shown.out, !Contains("hidden"));

  spill(home.file("config.json"), R"({"client_secret": "1000.hidden"})");
  const Ended misplaced = home.call({"config", "show"});
  CHECK(misplaced.exit_code == 78);
  CHECK_THAT(misplaced.err, Contains("client_secret") && !Contains("hidden"));
  spill(home.file("config.json"), R"({"jbos": 1})");
  CHECK_THAT(home.call({"config", "show"}).err, Contains("jbos"));
}

TEST_CASE("a setting from the environment limits a load as its flag would, and one that does not fit is named") {
  const Home home;
  const Sandbox sandbox(home.directory);
  REQUIRE(home.log_in(sandbox.url()).exit_code == 0);
  const Ended refused = home.call(home.load("load"), {"BULKWRITE_JOBS=many"});
  CHECK(refused.exit_code == 78);
  CHECK_THAT(refused.err, Contains("BULKWRITE_JOBS"));
  CHECK(home.call(home.load("load"), {"BULKWRITE_JOBS=1"}).exit_code == 0);
  CHECK(home.call(home.load("second", {"--jobs", "2"}), {"BULKWRITE_JOBS=many"}).exit_code == 0);
}

TEST_CASE("limits and checks of a load can be set as their flags can, and are held to the same") {
  const Home home;
  const Sandbox sandbox(home.directory);
  std::filesystem::create_directories(home.file(""));
  const auto load = [&](const std::string& name, const std::vector<std::string>& environment,
                        std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--sandbox", sandbox.url()});
    return home.call(home.load(name, more), environment);
  };
  const std::vector<std::pair<std::string, std::string>> unfit{{"max_credits", "-1"},
                                                               {"max_failed", "101%"},
                                                               {"max_failed", "few"},
                                                               {"max_rejects", "many"},
                                                               {"max_rejects", "-1"},
                                                               {"max_duration", "-3"},
                                                               {"canary", "perhaps"},
                                                               {"concurrency", "101"},
                                                               {"concurrency", "0"},
                                                               {"picklist", "loose"},
                                                               {"downloads_per_minute", "10001"},
                                                               {"on_repeat", "never"}};
  for (const auto& [name, value] : unfit) {
    CAPTURE(name, value);
    std::string variable = "BULKWRITE_" + name;
    for (char& c : variable) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const Ended of_environment = load("unfit", {variable + "=" + value});
    CHECK(of_environment.exit_code == 78);
    CHECK_THAT(of_environment.err, Contains(variable + " does not fit"));
    spill(home.file("config.json"), nlohmann::json{{name, value}}.dump());
    const Ended of_file = load("unfit", {});
    CHECK(of_file.exit_code == 78);
    CHECK_THAT(of_file.err, Contains("config.json: \"" + name + "\" does not fit"));
    std::filesystem::remove(home.file("config.json"));
    std::string flag = "--" + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    CHECK(load("unfit", {}, {flag + "=" + value}).exit_code == 64);
  }
  CHECK(sandbox.requests_of("token") == 0);

  spill(home.directory / "picky.csv", "Last_Name,Company,Lead_Source\nA,B,Fair\nC,D,\n");
  spill(home.file("config.json"), R"({"picklist": "strict", "max_rejects": 0})");
  CHECK(load("picky", {}).exit_code == 3);
  std::filesystem::remove_all(home.directory / "picky");
  CHECK(load("picky", {"BULKWRITE_MAX_REJECTS=1"}).exit_code == 2);
  std::filesystem::remove_all(home.directory / "picky");
  CHECK(load("picky", {"BULKWRITE_MAX_REJECTS=0"}, {"--picklist", "add"}).exit_code == 0);
}

TEST_CASE("a check goes by the settings that it has, and refuses those that do not fit, offline too") {
  const Home home;
  spill(home.directory / "picky.csv", "Last_Name,Company,Lead_Source\nA,B,Fair\nC,D,\n");
  const std::vector<std::string> words{"check", home.directory / "picky.csv", "--schema",
                                       data_file("leads.schema.json")};
  CHECK(home.call(words).exit_code == 0);
  CHECK(home.call(words, {"BULKWRITE_PICKLIST=strict"}).exit_code == 2);
  const Ended unfit = home.call(words, {"BULKWRITE_PICKLIST=loose"});
  CHECK(unfit.exit_code == 78);
  CHECK_THAT(unfit.err, Contains("BULKWRITE_PICKLIST"));
}
