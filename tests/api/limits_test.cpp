// The limits one by one, as values: credits, calls at once, downloads a minute, the canary, editions.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>

#include "engine/api/canary.h"
#include "engine/api/credit_budget.h"
#include "engine/api/edition.h"
#include "engine/api/rate.h"
#include "engine/api/throttle.h"
#include "tests/api/service_words.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using namespace service_words;
using Catch::Matchers::Contains;

namespace {

constexpr Instant kStart{std::chrono::hours(1'000)};

Reply with_remaining(const std::string& credits) {
  return complete(200, "{}", {{"x-api-credits-remaining", credits}});
}

std::string org(const std::string& licence) {
  return R"({"org":[{"zgid":"808232144","license_details":)" + licence + "}]}";
}

}  // namespace

TEST_CASE("without a limit of our own everything can be paid for, and is counted") {
  CreditBudget credits;
  credits.spend(kCreateCredits);
  CHECK(credits.can_afford(1'000'000'000));
  CHECK(credits.spent() == 500);
  CHECK_FALSE(credits.is_used_up(1'000'000));
}

TEST_CASE("a limit is reached to the credit, and never passed") {
  CreditBudget credits(1'000);
  credits.spend(500);
  CHECK(credits.can_afford(500));
  CHECK_FALSE(credits.can_afford(501));
  credits.spend(500);
  CHECK_FALSE(credits.can_afford(1));
  CHECK(credits.can_afford(0));
  credits.give_back(500);
  CHECK(credits.can_afford(500));
}

TEST_CASE("what the service says is left counts down with what leaves, until it says more") {
  CreditBudget credits;
  CHECK_FALSE(credits.remaining());
  credits.spend(100);
  credits.hear(with_remaining("1200"));
  CHECK(credits.remaining() == 1'200U);
  credits.spend(500);
  credits.spend(300);
  CHECK(credits.remaining() == 400U);
  CHECK(credits.is_used_up(500));
  CHECK_FALSE(credits.is_used_up(400));
  credits.spend(10'000);
  CHECK(credits.remaining() == 0U);
  credits.hear(with_remaining("7000"));
  CHECK_FALSE(credits.is_used_up(500));
}

TEST_CASE("a header that is no number says nothing") {
  for (const char* const text : {"", "-1", "12x", "1.5", " 7", "99999999999999999999999"}) {
    CAPTURE(text);
    CreditBudget credits;
    credits.hear(with_remaining(text));
    CHECK_FALSE(credits.remaining());
  }
}

TEST_CASE("a 429 halves the calls at once, once for all that were under way together") {
  Rate rate(20);
  CHECK(rate.calls_at_once() == 20);
  for (int i = 0; i < 7; ++i) rate.throttled(kStart, kStart + Milliseconds(100 + i), std::nullopt);
  CHECK(rate.calls_at_once() == 10);
  rate.throttled(kStart + Milliseconds(101), kStart + Milliseconds(300), std::nullopt);
  CHECK(rate.calls_at_once() == 5);
  for (int i = 1; i < 20; ++i)
    rate.throttled(kStart + std::chrono::seconds(i), kStart + std::chrono::seconds(i), std::nullopt);
  CHECK(rate.calls_at_once() == 1);
}

TEST_CASE("what is answered gives one call more for every four rounds, up to what is granted") {
  Rate rate(8);
  rate.throttled(kStart, kStart, std::nullopt);
  rate.throttled(kStart + Milliseconds(1), kStart + Milliseconds(1), std::nullopt);
  REQUIRE(rate.calls_at_once() == 2);
  int answers = 0;
  while (rate.calls_at_once() == 2 && answers < 100) {
    rate.answered();
    ++answers;
  }
  CHECK(rate.calls_at_once() == 3);
  CHECK(answers >= 4 * 2);
  CHECK(answers <= 4 * 3);
  for (int i = 0; i < 1'000; ++i) rate.answered();
  CHECK(rate.calls_at_once() == 8);
}

TEST_CASE("while nothing but 429 comes the waits between calls double, to half a minute at most") {
  Rate rate(5);
  CHECK(rate.not_before() <= kStart);
  Instant now = kStart;
  Milliseconds expected(250);
  for (int i = 0; i < 40; ++i) {
    rate.throttled(now, now, std::nullopt);
    CHECK(rate.not_before() == now + expected);
    now = rate.not_before();
    expected = std::min(expected * 2, Milliseconds(30'000));
  }
  rate.answered();
  rate.throttled(now, now, std::nullopt);
  CHECK(rate.not_before() == now + Milliseconds(250));
}

TEST_CASE("what the service asks for holds every call back, whichever call was told") {
  Rate rate(5);
  rate.throttled(kStart, kStart + Milliseconds(10), std::chrono::seconds(5));
  // It left before the first 429 was there, and says more than that.
  rate.throttled(kStart, kStart + Milliseconds(20), std::chrono::seconds(60));
  CHECK(rate.not_before() == kStart + Milliseconds(20) + std::chrono::seconds(60));
  rate.throttled(kStart + Milliseconds(30), kStart + Milliseconds(40), std::chrono::seconds(1));
  CHECK(rate.not_before() == kStart + Milliseconds(20) + std::chrono::seconds(60));
}

TEST_CASE("in no minute do more downloads start than may") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  Pace pace(10, std::chrono::minutes(1));
  std::vector<Instant> starts;
  Instant now = kStart;
  for (int i = 0; i < 500; ++i) {
    now = pace.next_start(now + Milliseconds(random() % 9'000));
    pace.started(now);
    starts.push_back(now);
    if (starts.size() > 10) CHECK(now - starts[starts.size() - 11] >= std::chrono::minutes(1));
  }
}

TEST_CASE("a pace of nought is none") {
  Pace pace(0, std::chrono::minutes(1));
  for (int i = 0; i < 100; ++i) {
    CHECK(pace.next_start(kStart) == kStart);
    pace.started(kStart);
  }
}

TEST_CASE("one job goes ahead, may be asked for again, and its verdicts let the others go") {
  Canary canary(true);
  CHECK(canary.lets_create(7));
  canary.goes_ahead(7);
  CHECK(canary.lets_create(7));
  CHECK_FALSE(canary.lets_create(8));
  canary.hear(7, FirstVerdicts::taken);
  CHECK(canary.lets_create(8));
  canary.goes_ahead(8);
  CHECK(canary.lets_create(9));
  canary.hear(8, FirstVerdicts::not_taken);
  CHECK_FALSE(canary.is_dead());
}

TEST_CASE("where the first job takes nothing no other goes") {
  Canary canary(true);
  canary.goes_ahead(0);
  canary.hear(0, FirstVerdicts::not_taken);
  CHECK(canary.is_dead());
  for (uint64_t chunk = 0; chunk < 5; ++chunk) CHECK_FALSE(canary.lets_create(chunk));
}

TEST_CASE("where nobody knows what became of it another one goes ahead, three in all") {
  Canary canary(true);
  for (uint64_t chunk = 0; chunk < 3; ++chunk) {
    CHECK(canary.lets_create(chunk));
    canary.goes_ahead(chunk);
    CHECK_FALSE(canary.lets_create(chunk + 1));
    CHECK_FALSE(canary.is_dead());
    canary.hear(chunk, FirstVerdicts::unknown);
  }
  CHECK(canary.is_dead());
}

TEST_CASE("jobs of an earlier session go ahead together, and any of them may say that all is well") {
  Canary canary(true);
  canary.goes_ahead(3);
  canary.goes_ahead(4);
  CHECK_FALSE(canary.lets_create(5));
  canary.hear(3, FirstVerdicts::unknown);
  CHECK_FALSE(canary.lets_create(5));
  canary.hear(4, FirstVerdicts::taken);
  CHECK(canary.lets_create(5));
}

TEST_CASE("a chunk that was never sent says nothing") {
  Canary canary(true);
  canary.goes_ahead(0);
  for (uint64_t chunk = 1; chunk < 9; ++chunk) canary.hear(chunk, FirstVerdicts::unknown);
  CHECK_FALSE(canary.is_dead());
  CHECK_FALSE(canary.lets_create(1));
}

TEST_CASE("a load without a canary waits for nobody") {
  Canary canary(false);
  for (uint64_t chunk = 0; chunk < 5; ++chunk) {
    CHECK(canary.lets_create(chunk));
    canary.goes_ahead(chunk);
    canary.hear(chunk, FirstVerdicts::not_taken);
  }
  CHECK_FALSE(canary.is_dead());
}

TEST_CASE("each edition grants what its table says") {
  struct Row {
    const char* name;
    uint64_t users, credits;
    unsigned calls;
  };
  for (const auto& [name, users, credits, calls] :
       {Row{"free", 3, 5'000, 5}, Row{"Standard", 10, 52'500, 10}, Row{"STARTER", 1'000, 100'000, 10},
        Row{"professional", 10, 55'000, 15}, Row{"professional", 1'000'000, 3'000'000, 15},
        Row{"Enterprise", 40, 90'000, 20}, Row{"Zoho One", 10'000, 5'000'000, 20}, Row{"zoho_one", 1, 51'000, 20},
        Row{"ultimate", 100'000, 200'050'000, 25}, Row{"CRM Plus", 10, 70'000, 25}}) {
    CAPTURE(name, users);
    const auto edition = edition_named(name, users);
    REQUIRE(edition);
    CHECK(edition->daily_credits == credits);
    CHECK(edition->calls_at_once == calls);
  }
  CHECK_FALSE(edition_named("", 5));
  CHECK_FALSE(edition_named("unlimited", 5));
}

TEST_CASE("an edition is read where the organisation tells it, and not guessed at") {
  const auto paid = parse_edition(org(R"({"paid":true,"paid_type":"enterprise","users_license_purchased":12})"));
  REQUIRE(paid);
  CHECK(paid->name == "enterprise");
  CHECK(paid->users == 12);
  CHECK(paid->daily_credits == 62'000);
  const auto free = parse_edition(org(R"({"paid":false,"paid_type":"free","trial_type":null})"));
  REQUIRE(free);
  CHECK(free->daily_credits == 5'000);
  const auto no_users = parse_edition(org(R"({"paid":true,"paid_type":"standard","users_license_purchased":"x"})"));
  REQUIRE(no_users);
  CHECK(no_users->daily_credits == 50'000);
  for (const char* const licence : {"{}", "null", "[]", R"({"paid":true})", R"({"paid":true,"paid_type":"galactic"})",
                                    R"({"paid":false,"trial_type":"enterprise"})", R"({"paid":true,"paid_type":7})"}) {
    CAPTURE(licence);
    CHECK_FALSE(parse_edition(org(licence)));
  }
  CHECK_FALSE(parse_edition(""));
  CHECK_FALSE(parse_edition(R"({"org":[]})"));
  CHECK_FALSE(parse_edition(R"({"org":{}})"));
}

TEST_CASE(
    "a 429 is for want of credits where the service has said so, and for too many calls where it says the contrary") {
  const Reply silent = throttled();
  const Reply telling = complete(429, silent.body, {{"x-api-credits-remaining", "700"}});
  CreditBudget credits;
  credits.hear(telling);
  CHECK(throttle_cause(telling, credits, 1'000, {}) == ThrottleCause::credits);
  CHECK(throttle_cause(silent, credits, 1'000, {}) == ThrottleCause::credits);
  CHECK(throttle_cause(telling, credits, kCreateCredits, std::chrono::hours(1)) == ThrottleCause::calls);
  // What was told before, others may have spent since.
  CHECK(throttle_cause(silent, credits, kCreateCredits, {}) == ThrottleCause::unknown);
}

TEST_CASE("a 429 that says nothing of credits is told by how long it lasts, as far as it can be told") {
  const CreditBudget credits;
  const auto just_before = kTooManyCallsPass - Milliseconds(1);
  CHECK(throttle_cause(throttled(), credits, 1, just_before) == ThrottleCause::unknown);
  CHECK(throttle_cause(throttled(), credits, 1, kTooManyCallsPass) == ThrottleCause::credits_likely);
  for (const ThrottleCause cause : {ThrottleCause::unknown, ThrottleCause::credits_likely}) {
    const std::string text = throttle_text(cause, credits, kTooManyCallsPass);
    CHECK_THAT(text, Contains("credits are used up") && Contains("24 hours") && Contains("bulkwrite resume") &&
                         Contains("too many calls"));
  }
  CHECK_THAT(throttle_text(ThrottleCause::unknown, credits, {}), Contains("--concurrency"));
  CHECK_THAT(throttle_text(ThrottleCause::calls, credits, {}), Contains("--concurrency") && !Contains("24 hours"));
  CHECK_THAT(throttle_text(ThrottleCause::credits, credits, {}), Contains("24 hours") && !Contains("--concurrency"));
}
