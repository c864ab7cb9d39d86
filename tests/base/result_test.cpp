#include "engine/base/result.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "engine/base/clock.h"

using bulkwrite::Error;
using bulkwrite::ErrorKind;
using bulkwrite::in_context;
using bulkwrite::Result;

TEST_CASE("a result is its value or its error") {
  Result<std::string> taken = std::string("abc");
  REQUIRE(taken);
  CHECK(taken.has_value());
  CHECK(*taken == "abc");
  CHECK(taken->size() == 3);
  *taken += "d";
  CHECK(taken.value() == "abcd");

  const Result<std::string> refused = Error{ErrorKind::no_input, "a.csv is not there"};
  REQUIRE_FALSE(refused);
  CHECK_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::no_input);
  CHECK(refused.error().message == "a.csv is not there");
}

TEST_CASE("a result may hold what false and nothing look like") {
  CHECK(Result<bool>(false).has_value());
  CHECK(Result<int>(0).has_value());
  CHECK(Result<std::string>(std::string()).has_value());
  CHECK(Result<std::unique_ptr<int>>(nullptr).has_value());
}

TEST_CASE("what can only be moved goes in and comes out") {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  REQUIRE(made);
  const std::unique_ptr<int> out = *std::move(made);
  REQUIRE(out);
  CHECK(*out == 7);
}

TEST_CASE("an error moves from one type of result to another") {
  Result<int> inner = Error{ErrorKind::not_allowed, "signed out"};
  const Result<std::string> outer = std::move(inner).error();
  REQUIRE_FALSE(outer);
  CHECK(outer.error().kind == ErrorKind::not_allowed);
  CHECK(outer.error().message == "signed out");
}

TEST_CASE("a result without a value is good unless it has an error") {
  CHECK(Result<void>());
  Result<void> refused = Error{ErrorKind::cannot_write, "disk full"};
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "disk full");
  CHECK(std::move(refused).error().kind == ErrorKind::cannot_write);
}

TEST_CASE("context goes before the message, outermost first, and leaves the kind alone") {
  const Error error = in_context("loading leads.csv", in_context("chunk 3", {ErrorKind::transient, "timed out"}));
  CHECK(error.message == "loading leads.csv: chunk 3: timed out");
  CHECK(error.kind == ErrorKind::transient);
}

TEST_CASE("a manual clock moves only when it is told to, and a steady one never back") {
  bulkwrite::ManualClock manual;
  const auto start = manual.now();
  CHECK(manual.now() == start);
  manual.advance(bulkwrite::Milliseconds(250));
  CHECK(manual.now() - start == bulkwrite::Milliseconds(250));

  const bulkwrite::SteadyClock steady;
  auto last = steady.now();
  bool back = false;
  for (int i = 0; i < 1000; ++i) {
    const auto now = steady.now();
    back = back || now < last;
    last = now;
  }
  CHECK_FALSE(back);
}
