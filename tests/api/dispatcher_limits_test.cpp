// The dispatcher keeps to its limits, whatever the service and the network do.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "tests/api/service_words.h"
#include "tests/api/world.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using namespace service_words;
using namespace twin;
using Catch::Matchers::Contains;
using Creating = Dispatcher::Creating;

namespace {

DispatcherOptions with_canary(DispatcherOptions options = plain_insert()) {
  options.canary = true;
  return options;
}

// What a load does when the dispatcher takes no more.
void obey(World& world) {
  if (world.dispatcher.is_out_of_credits()) {
    world.stop();
    world.step();
  }
  if (world.dispatcher.creating() == Creating::open) return;
  if (world.dispatcher.creating() != Creating::credits_kept && world.dispatcher.wants_jobs())
    world.dispatcher.create_no_more();
  if (!world.stopped) world.step();
  world.stopped = true;
}

// As the service may count it, whatever it made of each call.
uint64_t credits_at_most(const ServiceTwin& service) {
  uint64_t credits = 0;
  for (const Arrival& arrival : service.arrivals()) {
    if (arrival.kind == Kind::token) continue;
    credits += arrival.kind == Kind::create ? 500 : 1;
  }
  return credits;
}

Reply throttled_with(std::vector<std::pair<std::string, std::string>> headers) {
  Reply reply = throttled();
  reply.headers = std::move(headers);
  return reply;
}

}  // namespace

TEST_CASE("no second job is created before the first one's verdicts are in, and then all are") {
  World world(with_canary());
  world.sign_in();
  size_t creates_before = 0;
  world.between_steps = [&](World& now) {
    if (now.outcomes.empty()) creates_before = now.transport.started(Kind::create);
  };
  world.load(20);
  CHECK(creates_before == 1);
  CHECK(world.ended_as(OutcomeKind::finished) == 20);
  CHECK(world.transport.started(Kind::create) == 20);
  CHECK(world.transport.waits() < 2'000);  // it waited, and did not spin
}

TEST_CASE("where the first job takes nothing the others are not created") {
  World world(with_canary());
  world.verdicts = [](const Outcome&) { return FirstVerdicts::not_taken; };
  world.sign_in();
  world.between_steps = obey;
  world.load(20);
  CHECK_FALSE(world.error);
  CHECK(world.transport.started(Kind::create) == 1);
  CHECK(world.ended_as(OutcomeKind::finished) == 1);
  CHECK(world.ended_as(OutcomeKind::not_sent) == world.outcomes.size() - 1);
  CHECK(world.outcomes.size() > 1);
  CHECK(world.dispatcher.held_back() == world.outcomes.size() - 1);
  CHECK(world.dispatcher.creating() == Creating::ended);
}

TEST_CASE("the job that goes ahead is asked for again where it surely does not exist") {
  World world(with_canary());
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t nth, const Request&) {
    return kind == Kind::create && nth <= 3 ? Fate::no_connection() : Fate{};
  };
  world.load(6);
  CHECK(world.ended_as(OutcomeKind::finished) == 6);
  CHECK(world.service.jobs().size() == 6);
}

TEST_CASE("a lost reply makes the next job go ahead, and three of them end it") {
  for (const size_t lost_replies : {1U, 2U, 3U}) {
    CAPTURE(lost_replies);
    World world(with_canary());
    world.sign_in();
    world.transport.fate = [&](Kind kind, size_t nth, const Request&) {
      return kind == Kind::create && nth <= lost_replies ? Fate::reply_lost() : Fate{};
    };
    world.between_steps = obey;
    world.load(10);
    CHECK(world.ended_as(OutcomeKind::uncertain) == lost_replies);
    CHECK(world.ended_as(OutcomeKind::finished) == (lost_replies < 3 ? 10 - lost_replies : 0));
    CHECK(world.transport.started(Kind::create) == (lost_replies < 3 ? 10 : 3));
  }
}

TEST_CASE("a job of an earlier session goes ahead of the new ones") {
  World world(with_canary());
  world.service.plan = [](const Job&) { return JobPlan{.takes = std::chrono::minutes(10)}; };
  world.sign_in();
  world.load(1);
  const std::string job_id = world.outcomes.at(0).job_id;
  World next(with_canary());
  next.service = world.service;
  next.sign_in();
  next.journal.knows_job(0, job_id);
  next.dispatcher.track({.chunk_index = 0, .records = 10}, job_id);
  next.dispatcher.submit(next.work(1));
  bool was_first = false;
  while (next.dispatcher.unfinished() > 0) {
    next.step();
    if (next.outcomes.empty()) CHECK(next.transport.started(Kind::create) == 0);
    was_first |= next.outcomes.size() == 1 && next.outcomes.contains(0);
  }
  CHECK(was_first);
  CHECK(next.ended_as(OutcomeKind::finished) == 2);
}

TEST_CASE("a load spends no more credits than it may, whatever happens to its calls") {
  const unsigned first_seed = std::random_device{}();
  for (unsigned seed = first_seed; seed != first_seed + 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    DispatcherOptions options = seed % 2 == 0 ? upsert() : plain_insert();
    options.canary = random() % 2 == 0;
    const uint64_t max = random() % 6'000;
    World world(options);
    world.session.limit_credits(max);
    world.sign_in();
    world.service.plan = [&](const Job&) {
      return JobPlan{.takes = std::chrono::seconds(random() % (random() % 4 == 0 ? 20'000 : 60))};
    };
    const uint64_t faults_in_100 = random() % 50;
    world.transport.fate = [&](Kind kind, size_t, const Request&) {
      Fate fate{.takes = Milliseconds(random() % 3'000)};
      if (kind == Kind::token || random() % 100 >= faults_in_100) return fate;
      switch (random() % 5) {
        case 0:
          return Fate::reply_lost();
        case 1:
          return Fate::no_connection();
        case 2:
          return Fate::answered_with(throttled());
        case 3:
          return Fate{.instead = complete(502, "<html>")};
        default:
          return Fate::lost_on_the_way();
      }
    };
    world.between_steps = [&](World& now) {
      obey(now);
      CHECK(now.session.credits().spent() <= max);
    };
    world.load(15);
    CHECK_FALSE(world.error);
    CHECK(credits_at_most(world.service) <= max);
    if (max < kJobCredits) CHECK(world.service.count(Kind::create) == 0);
    // What could have been paid for is there, where nothing went wrong.
    if (faults_in_100 == 0 && max >= 15 * kJobCredits + 15 * 400) CHECK(world.outcomes.size() == 15);
  }
}

TEST_CASE("a limit that pays for the whole load does not end it") {
  World world;
  world.service.plan = [](const Job&) { return JobPlan{.takes = std::chrono::seconds(1)}; };
  world.session.limit_credits(5 * kJobCredits);
  world.sign_in();
  world.load(5);
  CHECK(world.ended_as(OutcomeKind::finished) == 5);
  CHECK(world.session.credits().spent() == credits_at_most(world.service));
  CHECK(world.session.credits().spent() == 5 * (500 + 3));
}

TEST_CASE("a job that cannot be looked at any more for want of credits is let go of, and is not failed") {
  World world;
  world.service.plan = [](const Job&) { return JobPlan{.takes = std::chrono::hours(5)}; };
  world.session.limit_credits(kJobCredits);
  world.sign_in();
  world.between_steps = obey;
  world.load(1);
  CHECK(world.session.credits().spent() == kJobCredits);
  CHECK(world.ended_as(OutcomeKind::in_flight) == 1);
  CHECK(world.service.count(Kind::details) == kLooksReserved + 1);
}

TEST_CASE(
    "a service that says that its credits are used up is asked for no more jobs, and those that run are tracked") {
  World world;
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t nth, const Request&) {
    return kind == Kind::create && nth > 3 ? Fate::answered_with(throttled_with({{"x-api-credits-remaining", "499"}}))
                                           : Fate{};
  };
  world.between_steps = obey;
  world.load(20);
  CHECK(world.dispatcher.creating() == Creating::credits_used_up);
  CHECK(world.ended_as(OutcomeKind::finished) == 3);
  CHECK(world.ended_as(OutcomeKind::not_sent) == world.outcomes.size() - 3);
  // Those that had left together may have been told together.
  CHECK(world.transport.started(Kind::create) <= 3 + 4);
}

TEST_CASE("what is throttled for good without a word of credits has been tried for a minute, and the message says so") {
  for (const unsigned attempts : {2U, 8U}) {
    for (const uint64_t chunks : {1, 5}) {
      CAPTURE(attempts, chunks);
      DispatcherOptions options = plain_insert();
      options.submission.retry.attempts_max = attempts;
      World world(options);
      world.sign_in();
      const Instant begun = world.clock.now();
      world.transport.fate = [](Kind kind, size_t, const Request&) {
        return kind == Kind::create ? Fate::answered_with(throttled()) : Fate{};
      };
      world.load(chunks);
      CHECK(world.clock.now() - begun >= std::chrono::minutes(1));
      REQUIRE(world.ended_as(OutcomeKind::not_sent) == chunks);
      for (const auto& [chunk, outcome] : world.outcomes) {
        CHECK(outcome.error->kind == ErrorKind::transient);
        CHECK_THAT(outcome.error->message,
                   Contains("TOO_MANY_REQUESTS") && Contains("most likely") && Contains("bulkwrite resume"));
      }
    }
  }
}

TEST_CASE("what is throttled while other calls are answered may be for either cause, and the message names both") {
  World world;
  world.service.plan = [](const Job&) { return JobPlan{.takes = std::chrono::hours(1)}; };
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t nth, const Request&) {
    return kind == Kind::create && nth > 1 ? Fate::answered_with(throttled()) : Fate{};
  };
  world.load(2);
  REQUIRE(world.outcomes.at(1).kind == OutcomeKind::not_sent);
  CHECK_THAT(world.outcomes.at(1).error->message,
             Contains("does not say") && Contains("credits") && Contains("--concurrency"));
}

TEST_CASE("a service that says that it will not have enough for a job is not asked for one") {
  World world;
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t, const Request&) {
    Fate fate;
    if (kind == Kind::upload) fate.instead = complete(200, upload_body("77"), {{"x-api-credits-remaining", "100"}});
    return fate;
  };
  world.between_steps = obey;
  world.load(5);
  CHECK(world.transport.started(Kind::create) == 0);
  CHECK(world.ended_as(OutcomeKind::not_sent) == world.outcomes.size());
}

TEST_CASE("without any credits left the jobs that run are let go of") {
  World world;
  world.service.plan = [](const Job&) { return JobPlan{.takes = std::chrono::hours(1)}; };
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t nth, const Request&) {
    return kind == Kind::details && nth > 12 ? Fate::answered_with(throttled_with({{"x-api-credits-remaining", "0"}}))
                                             : Fate{};
  };
  world.between_steps = obey;
  world.load(4);
  CHECK(world.ended_as(OutcomeKind::in_flight) == 4);
}

TEST_CASE("where the service takes few calls at once the load finds out, keeps below, and ends") {
  for (const unsigned granted : {1U, 2U, 5U}) {
    CAPTURE(granted);
    DispatcherOptions options = plain_insert();
    options.requests_in_flight_max = 25;
    options.archives_held_max = 10;
    options.jobs_in_flight_max = 40;
    options.submission.retry.attempts_max = 20;
    World world(options);
    world.sign_in();
    size_t refused = 0;
    world.transport.fate = [&](Kind kind, size_t, const Request&) {
      if (kind == Kind::token || world.transport.in_flight() < granted) return Fate{};
      ++refused;
      return Fate::answered_with(throttled());
    };
    world.load(60);
    CHECK_FALSE(world.error);
    CHECK(world.ended_as(OutcomeKind::finished) == 60);
    const size_t taken = world.service.arrivals().size();
    CAPTURE(refused, taken);
    CHECK(refused * 2 < taken);
  }
}

TEST_CASE("a Retry-After holds every call back") {
  World world;
  world.sign_in();
  std::optional<Instant> told;
  Instant until{};
  world.transport.fate = [&](Kind kind, size_t nth, const Request&) {
    const Instant now = world.clock.now();
    if (kind != Kind::token && told && now > *told + Milliseconds(100)) CHECK(now >= until);
    if (kind != Kind::details || nth != 5) return Fate{};
    told = now;
    until = now + Milliseconds(100) + std::chrono::seconds(300);  // the reply is there after 100 ms
    return Fate::answered_with(throttled_with({{"retry-after", "300"}}));
  };
  world.load(12);
  CHECK(told);
  CHECK(world.ended_as(OutcomeKind::finished) == 12);
}

TEST_CASE("in no minute are more results fetched than may be, and nothing else waits for that") {
  DispatcherOptions options = plain_insert();
  options.downloads_a_minute_max = 10;
  options.jobs_in_flight_max = 100;
  World world(options);
  world.sign_in();
  const Instant begun = world.clock.now();
  std::vector<Instant> downloads;
  Instant last_create{};
  world.transport.fate = [&](Kind kind, size_t, const Request&) {
    if (kind == Kind::download) downloads.push_back(world.clock.now());
    if (kind == Kind::create) last_create = world.clock.now();
    return Fate{};
  };
  world.load(45);
  CHECK(world.ended_as(OutcomeKind::finished) == 45);
  for (size_t i = 10; i < downloads.size(); ++i) CHECK(downloads[i] - downloads[i - 10] > std::chrono::minutes(1));
  CHECK(last_create - begun < std::chrono::minutes(1));
  CHECK(world.clock.now() - begun < std::chrono::minutes(6));
}

TEST_CASE("jobs are looked at in turn, however few calls may be under way") {
  DispatcherOptions options = plain_insert();
  options.requests_in_flight_max = 1;
  options.jobs_in_flight_max = 40;
  World world(options);
  world.service.plan = [](const Job&) { return JobPlan{.takes = std::chrono::minutes(30)}; };
  world.sign_in();
  std::map<std::string, Instant> looked_at;
  Milliseconds longest{0};
  world.transport.fate = [&](Kind kind, size_t, const Request& request) {
    const Instant now = world.clock.now();
    if (kind == Kind::details) {
      const auto [entry, is_first] = looked_at.emplace(request.url, now);
      if (!is_first) longest = std::max(longest, now - entry->second);
      entry->second = now;
    }
    return Fate{.takes = std::chrono::seconds(1)};
  };
  world.load(40);
  CHECK(world.ended_as(OutcomeKind::finished) == 40);
  CHECK(looked_at.size() == 40);
  // A minute between looks, and each of the others once in between.
  CHECK(longest <= std::chrono::seconds(60 + 41));
}
