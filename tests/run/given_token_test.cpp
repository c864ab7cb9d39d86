#include "engine/run/given_token.h"

#include <catch2/catch.hpp>

#include "tests/base/temporary_directory.h"
#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

using Kind = api::TokenStore::Answer::Kind;
using Catch::Matchers::Contains;

// What a command comes to in the end.
Result<api::TokenStore::Answer> outcome_of(TokenFromCommand& command, std::string_view spent = "") {
  auto answer = command.want(spent);
  (void)e2e::eventually([&] {
    if (answer && answer->kind == Kind::wait) answer = command.want(spent);
    return !answer || answer->kind != Kind::wait;
  });
  return answer;
}

void fails(Result<api::TokenStore::Answer> answer, const std::string& why) {
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ErrorKind::not_allowed);
  CHECK_THAT(answer.error().message, Contains(why));
}

}  // namespace

TEST_CASE("a token file gives its first line, as long as that is a token and not the one that is spent") {
  const TemporaryDirectory directory;
  TokenFromFile file(directory / "token");
  REQUIRE_FALSE(file.want(""));
  CHECK(file.want("").error().kind == ErrorKind::no_input);
  for (const char* const text : {"1000.a", "1000.a\n", "  1000.a \r\nmore\n"}) {
    REQUIRE(write_file(directory / "token", text));
    const auto answer = file.want("1000.b");
    REQUIRE(answer);
    CHECK(answer->kind == Kind::token);
    CHECK(answer->token.text == "1000.a");
    CHECK_FALSE(answer->is_renewal);
    CHECK_FALSE(answer->token.renew_in);
    fails(file.want("1000.a"), "same token again");
  }
  for (const char* const text : {"", "\n", "\n1000.a", "two words", "1000.a\x01"}) {
    CAPTURE(text);
    REQUIRE(write_file(directory / "token", text));
    fails(file.want(""), "no access token");
  }
}

TEST_CASE("a token command is run, and again for the next token") {
  const TemporaryDirectory directory;
  const std::string count = (directory / "count").string();
  TokenFromCommand command("echo x >> " + count + "; echo \"1000.$(wc -l < " + count + " | tr -d ' ')\"; echo more");
  for (const char* const token : {"1000.1", "1000.2"}) {
    const auto answer = outcome_of(command, "1000.0");
    REQUIRE(answer);
    CHECK(answer->token.text == token);
    CHECK(answer->is_renewal);
  }
}

TEST_CASE("a token command that fails, says nothing or repeats itself is told, without what it wrote") {
  TokenFromCommand failing("echo 1000.secret; exit 7"), killed("kill -9 $$"), silent("true"),
      missing("/no/such/program"), repeating("echo 1000.secret");
  const auto failed = outcome_of(failing);
  fails(failed, "exit code 7");
  CHECK_THAT(failed.error().message, !Contains("secret"));
  fails(outcome_of(killed), "signal 9");
  fails(outcome_of(silent), "no access token");
  fails(outcome_of(missing), "exit code 127");
  fails(outcome_of(repeating, "1000.secret"), "same token again");
}

TEST_CASE("a token command runs ten times in ten minutes at most") {
  const TemporaryDirectory directory;
  const std::string count = (directory / "count").string();
  TokenFromCommand command("echo x >> " + count + "; echo 1000.a");
  for (int i = 0; i < 10; ++i) REQUIRE(outcome_of(command));
  fails(outcome_of(command), "ten times");
  CHECK(e2e::slurp(count).size() == 20);
}

TEST_CASE("a token command does not outlive who asked for it, nor wait for what it left behind") {
  const TemporaryDirectory directory;
  const std::string pid_file = (directory / "pid").string();
  pid_t child = 0;
  {
    TokenFromCommand command("sleep 600 & echo $! > " + pid_file + "; wait");
    REQUIRE(command.want(""));
    REQUIRE(e2e::eventually([&] { return e2e::slurp(pid_file).ends_with('\n'); }));
    child = std::stoi(e2e::slurp(pid_file));
  }
  CHECK(e2e::eventually([&] {
    const std::string state = e2e::slurp("/proc/" + std::to_string(child) + "/stat");
    return state.empty() || state.find(") Z") != std::string::npos;
  }));
  TokenFromCommand leaving("sleep 5 & echo 1000.a");
  const auto answer = outcome_of(leaving);
  REQUIRE(answer);
  CHECK(answer->token.text == "1000.a");
}

}  // namespace bulkwrite::run
