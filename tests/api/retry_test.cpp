#include "engine/api/retry.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

using namespace bulkwrite;
using namespace bulkwrite::api;

namespace {

std::vector<Milliseconds> waits_of(Backoff backoff) {
  std::vector<Milliseconds> waits;
  while (const auto wait = backoff.next()) waits.push_back(*wait);
  return waits;
}

}  // namespace

TEST_CASE("waits double from the least to the most, each within the upper half of its bound") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  const RetryPolicy policy{.delay_min = Milliseconds(250), .delay_max = Milliseconds(5'000), .attempts_max = 40};
  const auto waits = waits_of(Backoff(policy, seed));
  REQUIRE(waits.size() == 39);
  int64_t bound = 250;
  for (const Milliseconds wait : waits) {
    CHECK(wait.count() >= bound / 2);
    CHECK(wait.count() <= bound);
    bound = std::min<int64_t>(bound * 2, 5'000);
  }
}

TEST_CASE("after the last attempt there is no wait, however often it is asked") {
  for (const unsigned attempts : {0U, 1U, 2U, 8U}) {
    Backoff backoff({.attempts_max = attempts}, 1);
    unsigned waits = 0;
    while (backoff.next()) ++waits;
    CHECK(waits == (attempts == 0 ? 0 : attempts - 1));
    CHECK_FALSE(backoff.next());
    CHECK_FALSE(backoff.next(Milliseconds(1)));
  }
}

TEST_CASE("a success gives all attempts back and starts from the shortest wait again") {
  Backoff backoff({.delay_min = Milliseconds(100), .delay_max = Milliseconds(100'000), .attempts_max = 5}, 1);
  while (backoff.next()) continue;
  backoff.succeeded();
  const auto wait = backoff.next();
  REQUIRE(wait);
  CHECK(*wait <= Milliseconds(100));
  unsigned more = 0;
  while (backoff.next()) ++more;
  CHECK(more == 3);
}

TEST_CASE("a wait is never shorter than what the service asked for, and may pass the longest of our own") {
  Backoff backoff({.delay_min = Milliseconds(100), .delay_max = Milliseconds(1'000), .attempts_max = 10}, 1);
  CHECK(*backoff.next(Milliseconds(60'000)) == Milliseconds(60'000));
  CHECK(*backoff.next(Milliseconds(0)) >= Milliseconds(100));
  CHECK(*backoff.next(Milliseconds(1)) >= Milliseconds(200));
}

TEST_CASE("the same seed waits the same, and different seeds do not wait together") {
  CHECK(waits_of(Backoff({}, 7)) == waits_of(Backoff({}, 7)));
  std::set<int64_t> last;
  for (uint64_t seed = 0; seed < 100; ++seed) last.insert(waits_of(Backoff({}, seed)).back().count());
  CHECK(last.size() > 80);
}

TEST_CASE("bounds that leave no room are kept to") {
  for (const Milliseconds only : {Milliseconds(0), Milliseconds(1)}) {
    Backoff backoff({.delay_min = only, .delay_max = only, .attempts_max = 100}, 3);
    while (const auto wait = backoff.next()) {
      CHECK(*wait >= Milliseconds(0));
      CHECK(*wait <= only);
    }
  }
}
