#include "engine/run/token_cache.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "engine/api/replies.h"
#include "tests/base/temporary_directory.h"

namespace bulkwrite::run {
namespace {

using Kind = api::TokenStore::Answer::Kind;
using std::chrono::minutes;

struct Shelf {
  TemporaryDirectory directory;
  int64_t now = 1'800'000'000'000;

  std::filesystem::path path() const { return directory / "tokens/default.json"; }
  TokenCache open(const std::string& grant = "refresh-secret") {
    return TokenCache(path(), grant, [this] { return now; });
  }
  void pass(Milliseconds time) { now += time.count(); }
};

api::Token hour(const std::string& text) {
  return {.text = text, .api_domain = "https://www.zohoapis.eu", .ends_in = minutes(60), .renew_in = minutes(55)};
}

Kind kind_of(const Result<api::TokenStore::Answer>& answer) {
  REQUIRE(answer);
  return answer->kind;
}

}  // namespace

TEST_CASE("who finds no token asks, and whoever comes later takes what has come, until it nears its end") {
  Shelf shelf;
  auto first = shelf.open(), second = shelf.open();
  REQUIRE(kind_of(first.want("")) == Kind::ask);
  REQUIRE(kind_of(second.want("")) == Kind::wait);
  REQUIRE(first.keep(hour("one")));
  const auto taken = second.want("");
  REQUIRE(kind_of(taken) == Kind::token);
  CHECK(taken->token.text == "one");
  CHECK(taken->token.api_domain == "https://www.zohoapis.eu");
  CHECK(taken->token.renew_in == minutes(55));
  shelf.pass(minutes(54));
  CHECK(kind_of(second.want("")) == Kind::token);
  shelf.pass(minutes(1));
  CHECK(shelf.open().good_for() == minutes(5));
  CHECK(kind_of(second.want("")) == Kind::ask);
}

TEST_CASE("of a token that is refused another is taken where there is one, and asked for where there is none") {
  Shelf shelf;
  auto first = shelf.open(), second = shelf.open();
  REQUIRE(kind_of(first.want("")) == Kind::ask);
  REQUIRE(first.keep(hour("one")));
  REQUIRE(kind_of(first.want("one")) == Kind::ask);
  CHECK(kind_of(second.want("one")) == Kind::wait);
  REQUIRE(first.keep(hour("two")));
  const auto taken = second.want("one");
  REQUIRE(kind_of(taken) == Kind::token);
  CHECK(taken->token.text == "two");
}

TEST_CASE("who asks in vain, or ends, lets the next one ask") {
  Shelf shelf;
  auto next = shelf.open();
  auto first = shelf.open();
  REQUIRE(kind_of(first.want("")) == Kind::ask);
  first.nothing_came();
  REQUIRE(kind_of(next.want("")) == Kind::ask);
  next.nothing_came();
  {
    auto gone = shelf.open();
    REQUIRE(kind_of(gone.want("")) == Kind::ask);
    CHECK(kind_of(next.want("")) == Kind::wait);
  }
  CHECK(kind_of(next.want("")) == Kind::ask);
}

TEST_CASE("ten are asked for in ten minutes by all together, and the eleventh is told how long to wait") {
  Shelf shelf;
  for (int i = 0; i < 10; ++i) {
    auto one = shelf.open();
    REQUIRE(kind_of(one.want("")) == Kind::ask);
    shelf.pass(std::chrono::seconds(30));
  }
  auto late = shelf.open();
  const auto answer = late.want("");
  REQUIRE(kind_of(answer) == Kind::wait);
  CHECK(answer->wait == minutes(5));
  shelf.pass(minutes(5) - Milliseconds(1));
  CHECK(kind_of(late.want("")) == Kind::wait);
  shelf.pass(Milliseconds(1));
  CHECK(kind_of(late.want("")) == Kind::ask);
}

TEST_CASE("after Access Denied there is quiet for all, but a token that is good still serves") {
  Shelf shelf;
  auto first = shelf.open(), second = shelf.open();
  REQUIRE(kind_of(first.want("")) == Kind::ask);
  REQUIRE(first.keep(hour("one")));
  REQUIRE(kind_of(first.want("one")) == Kind::ask);
  first.denied();
  CHECK(kind_of(second.want("")) == Kind::token);
  const auto answer = second.want("one");
  REQUIRE(kind_of(answer) == Kind::wait);
  CHECK(answer->wait == api::kTokenQuiet);
  shelf.pass(api::kTokenQuiet);
  CHECK(kind_of(second.want("one")) == Kind::ask);
}

TEST_CASE("a clock that was set back keeps nobody waiting longer than the rules do") {
  Shelf shelf;
  auto one = shelf.open();
  REQUIRE(kind_of(one.want("")) == Kind::ask);
  one.denied();
  shelf.now -= 1'000'000'000;
  CHECK(kind_of(one.want("")) == Kind::ask);
}

TEST_CASE("what was kept of another grant, or is damaged, counts as nothing") {
  Shelf shelf;
  auto one = shelf.open();
  REQUIRE(kind_of(one.want("")) == Kind::ask);
  REQUIRE(one.keep(hour("one")));
  CHECK(kind_of(shelf.open("another-secret").want("")) == Kind::ask);
  for (const char* const text : {"", "{", "[]", R"({"grant": 1})", R"({"access_token": "one"})"}) {
    CAPTURE(text);
    REQUIRE(write_private_file(shelf.path(), text));
    CHECK(kind_of(shelf.open().want("")) == Kind::ask);
  }
}

TEST_CASE("the file is for its owner alone, holds no refresh token, and can be forgotten") {
  Shelf shelf;
  auto one = shelf.open();
  REQUIRE(kind_of(one.want("")) == Kind::ask);
  REQUIRE(one.keep(hour("one")));
  for (const auto& path : {shelf.path(), std::filesystem::path(shelf.path()).replace_extension(".lock")}) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  const auto text = read_file(shelf.path());
  REQUIRE(text);
  CHECK(text->find("refresh-secret") == std::string::npos);
  REQUIRE(one.remove());
  CHECK_FALSE(one.good_for());
  CHECK(kind_of(one.want("")) == Kind::ask);
}

TEST_CASE("where nothing can be written, that is the error") {
  Shelf shelf;
  REQUIRE(write_file(shelf.directory / "tokens", "a file where the directory should be"));
  auto one = shelf.open();
  const auto answer = one.want("");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == ErrorKind::cannot_write);
}

}  // namespace bulkwrite::run
