#include "engine/api/dispatcher.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "tests/api/service_words.h"
#include "tests/api/world.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using namespace service_words;
using namespace twin;
using Catch::Matchers::Contains;
using State = MemoryJournal::State;

namespace {

std::string_view header_of(const Request& request, std::string_view name) {
  for (const auto& [known, value] : request.headers)
    if (known == name) return value;
  return {};
}

void check_all_finished(const World& world, uint64_t chunks) {
  CHECK_FALSE(world.error);
  CHECK(world.outcomes.size() == chunks);
  CHECK(world.journal.faults().empty());
  for (const auto& [chunk, outcome] : world.outcomes) {
    CAPTURE(chunk, outcome.error ? outcome.error->message : "");
    CHECK(outcome.kind == OutcomeKind::finished);
    CHECK(outcome.records == 10);
    CHECK(outcome.result_zip == "PK\x03\x04 the verdicts of " + World::csv_name(chunk));
    CHECK(world.journal.of(chunk).state == State::ended);
    CHECK(world.journal.of(chunk).job_id == outcome.job_id);
  }
}

}  // namespace

TEST_CASE("every chunk ends, with its own result, and no bound is passed") {
  World world;
  world.service.plan = [](const Job&) { return JobPlan{.added = 8, .skipped = 2}; };
  world.sign_in();
  const Instant begun = world.clock.now();
  world.between_steps = [](World& now) {
    CHECK(now.dispatcher.unfinished() <= 10);
    CHECK(now.transport.in_flight() <= 8);
    const auto gauges = now.dispatcher.gauges();
    CHECK(gauges.uploading + gauges.creating <= 4);
    CHECK(gauges.uploading + gauges.creating + gauges.tracking + gauges.fetching == now.dispatcher.unfinished());
  };
  world.load(60);
  check_all_finished(world, 60);
  CHECK(world.service.count(Kind::upload) == 60);
  CHECK(world.service.count(Kind::create) == 60);
  CHECK(world.service.count(Kind::download) == 60);
  CHECK(world.service.count(Kind::token) == 1);
  CHECK(world.outcomes.at(7).counts.added == 8U);
  CHECK(world.outcomes.at(7).counts.total == 10U);
  CHECK(world.clock.now() - begun < std::chrono::minutes(10));
  CHECK(world.transport.in_flight() == 0);
}

TEST_CASE("each request is what the contract asks for, and only a creation needs a connection of its own") {
  World world;
  world.sign_in();
  world.load(1);
  check_all_finished(world, 1);
  const std::string token = world.session.authorization();
  for (const Arrival& arrival : world.service.arrivals()) {
    const Request& request = arrival.request;
    CAPTURE(request.url);
    CHECK(request.fresh_connection == (arrival.kind == Kind::create));
    CHECK(request.timeout > Milliseconds(0));
    if (arrival.kind == Kind::token) continue;
    CHECK(header_of(request, "Authorization") == token);
    if (arrival.kind == Kind::upload) {
      CHECK(request.url == std::string(ServiceTwin::kUpload) + "/crm/v8/upload");
      CHECK(request.file_name == "leads-00000.zip");
      CHECK(arrival.file_bytes == world.work(0).archive.size());
    }
    if (arrival.kind == Kind::create) {
      CHECK(request.body == create_body(plain_insert().job, world.journal.of(0).file_id, "leads-00000.csv"));
    }
  }
}

TEST_CASE("a full house takes no more, and takes again when a job exists") {
  World world;
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t, const Request&) {
    return kind == Kind::upload ? Fate{.takes = std::chrono::minutes(1)} : Fate{};
  };
  uint64_t taken = 0;
  while (world.dispatcher.has_room()) world.dispatcher.submit(world.work(taken++));
  CHECK(taken == 4);
  world.step_at_most = std::chrono::seconds(50);
  world.step();
  CHECK_FALSE(world.dispatcher.has_room());
  while (world.dispatcher.gauges().tracking == 0) world.step();
  CHECK(world.dispatcher.has_room());
}

TEST_CASE("a plain insert whose reply is lost in any way is never sent again") {
  const std::vector<std::pair<std::string, Fate>> ways = {
      {"the reply is lost", Fate::reply_lost()},
      {"the request is lost", Fate::lost_on_the_way()},
      {"nobody answers", Fate::silence()},
      {"500", {.instead = complete(500, error_body("INTERNAL_ERROR", "x"))}},
      {"504", {.instead = complete(504, "<html>")}},
      {"429 from something between", {.instead = complete(429, "<html>")}},
      {"401 from something between", {.instead = complete(401, "<html>")}},
      {"a body cut short", {.instead = complete(201, R"({"status":"success","details":{"i)")}}};
  for (const auto& [name, way] : ways) {
    CAPTURE(name);
    World world;
    world.sign_in();
    world.transport.fate = [fate = way](Kind kind, size_t nth, const Request&) {
      return kind == Kind::create && nth % 2 == 1 ? fate : Fate{};
    };
    world.load(12);
    CHECK_FALSE(world.error);
    CHECK(world.transport.started(Kind::create) == 12);
    CHECK(world.ended_as(OutcomeKind::uncertain) == 6);
    CHECK(world.ended_as(OutcomeKind::finished) == 6);
    for (uint64_t chunk = 0; chunk < 12; ++chunk) {
      CHECK(world.journal.of(chunk).creating == 1);
      CHECK(world.service.jobs_of(World::csv_name(chunk)) <= 1);
    }
    CHECK(world.journal.faults().empty());
  }
}

TEST_CASE("an upsert whose reply is lost is sent again, and says so") {
  World world(upsert());
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t nth, const Request&) {
    return kind == Kind::create && nth <= 3 ? Fate::reply_lost() : Fate{};
  };
  world.load(3);
  check_all_finished(world, 3);
  CHECK(world.service.count(Kind::create, 201) == 6);
  for (const auto& [chunk, outcome] : world.outcomes) CHECK(outcome.resent);
}

TEST_CASE("a lost reply's job is learned from its callback, and nothing is sent twice") {
  DispatcherOptions options = plain_insert();
  options.submission.callback_wait = std::chrono::minutes(10);
  World world(options);
  world.listens = true;
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t, const Request&) {
    return kind == Kind::create ? Fate::reply_lost() : Fate{};
  };
  world.load(5);
  check_all_finished(world, 5);
  CHECK(world.transport.started(Kind::create) == 5);
  CHECK(world.service.jobs().size() == 5);
}

TEST_CASE("a callback of a chunk that is not under way is nothing") {
  World world;
  world.sign_in();
  CHECK(world.dispatcher.on_callback(99, "77", "https://loader.twin/cb/99"));
  CHECK(world.dispatcher.unfinished() == 0);
}

TEST_CASE("before the job exists, what fails for the moment is tried again") {
  for (const Reply& fault : {throttled(), complete(429, "<html>"), complete(500, error_body("INTERNAL_ERROR", "x")),
                             complete(503, ""), not_sent(), lost()}) {
    CAPTURE(describe(fault));
    World world;
    world.sign_in();
    world.transport.fate = [&](Kind kind, size_t nth, const Request&) {
      return kind == Kind::upload && nth <= 12 ? Fate::answered_with(fault) : Fate{};
    };
    world.load(4);
    check_all_finished(world, 4);
    CHECK(world.transport.started(Kind::upload) == 16);
    CHECK(world.service.count(Kind::create) == 4);
  }
  for (const Reply& fault : {throttled(), not_sent()}) {
    CAPTURE(describe(fault));
    World world;
    world.sign_in();
    world.transport.fate = [&](Kind kind, size_t nth, const Request&) {
      return kind == Kind::create && nth <= 12 ? Fate::answered_with(fault) : Fate{};
    };
    world.load(4);
    check_all_finished(world, 4);
    CHECK(world.service.jobs().size() == 4);
    CHECK(world.journal.of(0).creating > 1);
  }
}

TEST_CASE("faults while looking and fetching are tried again") {
  World world;
  world.sign_in();
  std::map<std::string, unsigned> asked;
  world.transport.fate = [&](Kind kind, size_t, const Request& request) {
    if (kind != Kind::details && kind != Kind::download) return Fate{};
    const unsigned nth = ++asked[request.url] % 3;
    if (nth == 0) return Fate{};
    return nth == 1 ? Fate::answered_with(complete(502, "<html>")) : Fate::reply_lost();
  };
  world.load(6);
  check_all_finished(world, 6);
}

TEST_CASE("a Retry-After of the service is kept to") {
  World world;
  world.sign_in();
  const Instant begun = world.clock.now();
  world.transport.fate = [](Kind kind, size_t nth, const Request&) {
    if (kind != Kind::upload || nth > 1) return Fate{};
    Reply reply = throttled();
    reply.headers = {{"retry-after", "1800"}};
    return Fate::answered_with(reply);
  };
  world.load(1);
  check_all_finished(world, 1);
  CHECK(world.clock.now() - begun >= std::chrono::minutes(30));
  CHECK(world.clock.now() - begun < std::chrono::minutes(35));
}

TEST_CASE("a token that dies is renewed once, however many requests find out") {
  for (const Kind when : {Kind::upload, Kind::create, Kind::details, Kind::download}) {
    CAPTURE(static_cast<int>(when));
    World world;
    world.sign_in();
    bool done = false;
    world.transport.fate = [&](Kind kind, size_t nth, const Request&) {
      if (kind == when && nth == 4 && !std::exchange(done, true)) world.service.forget_tokens();
      return Fate{.takes = std::chrono::milliseconds(500 + 37 * nth % 400)};
    };
    world.load(20);
    CHECK(done);
    check_all_finished(world, 20);
    CHECK(world.service.count(Kind::token) == 2);
    CHECK(world.service.jobs().size() == 20);
    CHECK(world.session.generation() == 2);
  }
}

TEST_CASE("a token is renewed ahead of its end, and no request meets it") {
  World world;
  world.service.plan = [](const Job&) { return JobPlan{.takes = std::chrono::hours(5)}; };
  world.sign_in();
  world.load(10);
  check_all_finished(world, 10);
  for (const Arrival& arrival : world.service.arrivals()) CHECK(arrival.status != 401);
  CHECK(world.service.count(Kind::token) == 6);
}

TEST_CASE("a token that cannot be renewed ends the load where it is refused") {
  World world(plain_insert(), {.access_token = "given-secret"});
  world.sign_in();
  world.load(5);
  REQUIRE(world.error);
  CHECK(world.error->kind == ErrorKind::not_allowed);
  CHECK_THAT(world.error->message, Contains("INVALID_TOKEN") && !Contains("given-secret"));
  CHECK(world.transport.started(Kind::token) == 0);
  CHECK(world.transport.started(Kind::create) == 0);
}

TEST_CASE("a renewed token that is refused too ends the load: no request is worth a second renewal") {
  for (const Kind refused : {Kind::upload, Kind::create, Kind::details, Kind::download}) {
    for (const uint64_t chunks : {1, 8}) {
      CAPTURE(static_cast<int>(refused), chunks);
      World world;
      world.sign_in();
      world.transport.fate = [&](Kind kind, size_t nth, const Request&) {
        return kind == refused ? Fate::answered_with(unauthorised())
                               : Fate{.takes = std::chrono::milliseconds(500 + 37 * nth % 400)};
      };
      world.load(chunks);
      REQUIRE(world.error);
      CHECK(world.error->kind == ErrorKind::not_allowed);
      CHECK_THAT(world.error->message, Contains("neither the token nor the one that it was renewed with") &&
                                           Contains("INVALID_TOKEN") && Contains("--dc"));
      CHECK(world.transport.started(Kind::token) == 2);
      if (refused < Kind::details) CHECK(world.service.jobs().empty());
    }
  }
}

TEST_CASE("a token that dies again later is renewed again") {
  World world;
  world.sign_in();
  world.transport.fate = [&](Kind kind, size_t nth, const Request&) {
    if ((kind == Kind::upload || kind == Kind::download) && nth == 1) world.service.forget_tokens();
    return Fate{};
  };
  world.load(6);
  check_all_finished(world, 6);
  CHECK(world.service.count(Kind::token) == 3);
}

TEST_CASE("an accounts host that stumbles while a load runs is waited for") {
  for (const Reply& fault : {complete(503, ""), throttled(), not_sent(), lost()}) {
    for (const bool token_is_dead : {false, true}) {
      CAPTURE(describe(fault), token_is_dead);
      World world;
      world.service.plan = [](const Job&) { return JobPlan{.takes = std::chrono::minutes(70)}; };
      world.sign_in();
      const Instant down_from = world.clock.now() + std::chrono::minutes(54);
      const Instant down_until = down_from + std::chrono::minutes(3);
      world.transport.fate = [&](Kind kind, size_t, const Request&) {
        const bool is_down = world.clock.now() >= down_from && world.clock.now() < down_until;
        if (token_is_dead && is_down && kind == Kind::details && world.session.generation() == 1)
          world.service.forget_tokens();
        return kind == Kind::token && is_down ? Fate::answered_with(fault) : Fate{};
      };
      world.load(4);
      check_all_finished(world, 4);
      CHECK(world.session.generation() == 2);
      CHECK(world.transport.started(Kind::token) > 2);
      CHECK(world.transport.started(Kind::token) <= 11);
      CHECK(world.transport.started(Kind::details) < 600);
    }
  }
}

TEST_CASE("a renewal that is refused ends the load after one question") {
  for (const int status : {200, 400}) {
    CAPTURE(status);
    World world;
    world.sign_in();
    world.service.forget_tokens();
    world.transport.fate = [&](Kind kind, size_t, const Request&) {
      return kind == Kind::token ? Fate::answered_with(complete(status, R"({"error":"invalid_code"})")) : Fate{};
    };
    world.load(4);
    REQUIRE(world.error);
    CHECK(world.error->kind == ErrorKind::not_allowed);
    CHECK_THAT(world.error->message, Contains("invalid_code") && !Contains("secret"));
    CHECK(world.transport.started(Kind::token) == 2);
  }
}

TEST_CASE("Access Denied is met with quarters of an hour of quiet, and three of them are enough") {
  for (const bool passes : {true, false}) {
    CAPTURE(passes);
    World world;
    world.sign_in();
    world.service.forget_tokens();
    std::vector<Instant> asked;
    world.transport.fate = [&](Kind kind, size_t, const Request&) {
      if (kind != Kind::token) return Fate{};
      asked.push_back(world.clock.now());
      if (passes && asked.size() == 3) return Fate{};
      return Fate::answered_with(complete(400, R"({"error":"Access Denied","status":"failure"})"));
    };
    world.load(4);
    CHECK(asked.size() == (passes ? 3 : 4));
    for (size_t i = 1; i < asked.size(); ++i) CHECK(asked[i] - asked[i - 1] >= kTokenQuiet);
    CHECK(world.error.has_value() != passes);
    if (passes) CHECK(world.outcomes.size() == 4);
    if (world.error) CHECK(world.error->kind == ErrorKind::transient);
  }
}

TEST_CASE("a job that is stuck is left at its deadline, and the others are not held up") {
  DispatcherOptions options = plain_insert();
  options.submission.job_deadline = std::chrono::hours(2);
  World world(options);
  world.service.plan = [](const Job& job) {
    return JobPlan{.takes = job.csv_name == World::csv_name(0) ? std::chrono::hours(1'000) : std::chrono::seconds(20)};
  };
  world.sign_in();
  const Instant begun = world.clock.now();
  std::optional<Milliseconds> others_done;
  world.between_steps = [&](World& now) {
    if (!others_done && now.outcomes.size() == 29) others_done = now.clock.now() - begun;
  };
  world.load(30);
  CHECK_FALSE(world.error);
  CHECK(world.ended_as(OutcomeKind::finished) == 29);
  CHECK(world.outcomes.at(0).kind == OutcomeKind::in_flight);
  CHECK(world.outcomes.at(0).job_id == world.journal.of(0).job_id);
  CHECK(world.journal.of(0).state == State::created);
  REQUIRE(others_done);
  CHECK(*others_done < std::chrono::minutes(10));
  CHECK(world.clock.now() - begun >= std::chrono::hours(2));
  CHECK(world.clock.now() - begun < std::chrono::hours(2) + std::chrono::minutes(1));
  // It waited, and did not spin.
  CHECK(world.transport.waits() < 3'000);
}

TEST_CASE("a job of an earlier session is tracked and its result fetched") {
  World world;
  world.sign_in();
  world.load(1);
  const std::string job_id = world.outcomes.at(0).job_id;
  world.outcomes.clear();
  world.journal.knows_job(0, job_id);
  REQUIRE(world.dispatcher.can_track());
  world.dispatcher.track({.chunk_index = 0, .records = 10}, job_id);
  while (world.dispatcher.unfinished() > 0) world.step();
  check_all_finished(world, 1);
  CHECK(world.service.count(Kind::create) == 1);
}

TEST_CASE("after a stop nothing is created, and all ends within the grace") {
  const unsigned seed = std::random_device{}();
  for (unsigned steps = 1; steps < 80; steps += 3) {
    CAPTURE(seed, steps);
    std::mt19937 random(seed + steps);
    World world;
    world.sign_in();
    world.transport.fate = [&](Kind kind, size_t, const Request&) {
      if (kind != Kind::token && random() % 10 == 0) return Fate::silence();
      return Fate{.takes = Milliseconds(random() % 3'000)};
    };
    unsigned left = steps;
    Instant stopped_at{};
    size_t creates = 0;
    world.between_steps = [&](World& now) {
      if (--left != 0) return;
      now.stop();
      stopped_at = now.clock.now();
      creates = now.transport.started(Kind::create);
      CHECK_FALSE(now.dispatcher.has_room());
      CHECK_FALSE(now.dispatcher.can_track());
    };
    world.load(1'000);
    REQUIRE(world.stopped);
    CHECK_FALSE(world.error);
    CHECK(world.dispatcher.unfinished() == 0);
    CHECK(world.clock.now() - stopped_at <= Milliseconds(30'000) + world.step_at_most);
    CHECK(world.transport.started(Kind::create) == creates);
    CHECK(world.journal.faults().empty());
    for (const auto& [chunk, outcome] : world.outcomes) {
      CAPTURE(chunk, static_cast<int>(outcome.kind));
      if (outcome.kind == OutcomeKind::not_sent) CHECK(world.service.jobs_of(World::csv_name(chunk)) == 0);
      if (outcome.kind == OutcomeKind::in_flight) CHECK(world.journal.of(chunk).job_id == outcome.job_id);
    }
    CHECK(world.transport.in_flight() == 0);
  }
}

TEST_CASE("a stop takes the reply that comes within the grace") {
  World world;
  world.sign_in();
  world.transport.fate = [](Kind kind, size_t, const Request&) {
    return kind == Kind::create ? Fate{.takes = std::chrono::seconds(20)} : Fate{};
  };
  world.between_steps = [](World& now) {
    if (now.transport.started(Kind::create) == 4 && !now.stopped) now.stop();
  };
  world.load(100);
  CHECK(world.outcomes.size() == 4);
  CHECK(world.ended_as(OutcomeKind::in_flight) == 4);
  for (uint64_t chunk = 0; chunk < 4; ++chunk) CHECK(world.journal.of(chunk).state == State::created);
}

TEST_CASE("a job that exists, but cannot be written down, is named in the error") {
  World world;
  world.sign_in();
  world.journal.fails_at = 3;  // uploaded, creating, created
  world.load(1);
  REQUIRE(world.error);
  CHECK(world.error->kind == ErrorKind::cannot_write);
  REQUIRE(world.service.jobs().size() == 1);
  CHECK_THAT(world.error->message, Catch::Contains(world.service.jobs().begin()->first) && Catch::Contains("chunk 0"));
}

TEST_CASE("a journal that cannot be written ends the load, and no creation leaves without its intent") {
  for (size_t call = 1;; ++call) {
    CAPTURE(call);
    World world;
    world.sign_in();
    world.journal.fails_at = call;
    world.load(4);
    if (!world.error) {
      CHECK(world.journal.calls() == call - 1);
      CHECK(call == 4 * 4 + 1);
      break;
    }
    CHECK(world.error->kind == ErrorKind::cannot_write);
    size_t intents = 0;
    for (uint64_t chunk = 0; chunk < 4; ++chunk)
      if (world.transport.started(Kind::upload) > chunk && world.service.jobs_of(World::csv_name(chunk)) > 0)
        intents += world.journal.of(chunk).creating;
    CHECK(intents >= world.service.jobs().size());
    REQUIRE(call < 100);
  }
}

TEST_CASE("the token goes to hosts of the service alone") {
  const auto fetched_from = [](const std::string& base) {
    World world;
    world.service.download_base = base;
    std::string url;
    world.transport.fate = [&](Kind kind, size_t, const Request& request) {
      if (kind != Kind::token && kind != Kind::upload && kind != Kind::create && kind != Kind::details)
        url = request.url;
      return Fate{};
    };
    world.sign_in();
    world.load(1);
    const bool finished = world.outcomes.at(0).kind == OutcomeKind::finished;
    CHECK(finished == !url.empty());
    if (!finished) {
      CHECK(world.outcomes.at(0).kind == OutcomeKind::unfetched);
      CHECK(world.outcomes.at(0).error->kind == ErrorKind::not_allowed);
    }
    return url;
  };
  for (const char* const base :
       {"", "https://api.twin", "https://upload.twin", "https://download-accl.zoho.com", "https://download.zoho.in",
        "https://download.zoho.eu:443", "https://download.zoho.com.au"}) {
    CAPTURE(base);
    const std::string url = fetched_from(base);
    CHECK(url.starts_with(*base == '\0' ? "https://api.twin/v8/crm/" : std::string(base) + "/v8/crm/"));
  }
  for (const char* const base :
       {"https://evil.example", "http://download.zoho.com", "http://api.twin", "https://evilzoho.com",
        "https://download.zoho.com.evil.example", "https://download.zoho.com@evil.example",
        "https://user:x@download.zoho.com", "https://evil.example?.zoho.com", "https://evil.example#.zoho.com",
        "https://evil.example\\.zoho.com", "https://evil.example%2f.zoho.com", "https://api.twin.evil.example",
        "https://api.twin:444", "https://", "https:/", "httpx://download.zoho.com"}) {
    CAPTURE(base);
    CHECK(fetched_from(base).empty());
  }
}

// The small brother of a simulator: any fault at any request, and what is told must be what is true.
TEST_CASE("whatever befalls the requests, each chunk ends, no plain insert has two jobs, and no outcome lies") {
  const unsigned first_seed = std::random_device{}();
  for (unsigned seed = first_seed; seed != first_seed + 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    DispatcherOptions options = seed % 3 == 0 ? upsert() : plain_insert();
    if (seed % 3 == 1) options.submission.callback_wait = std::chrono::minutes(20);
    const uint64_t faults_in_100 = random() % 40;
    World world(options);
    world.listens = seed % 3 == 1;
    world.sign_in();
    world.service.plan = [&](const Job&) {
      JobPlan plan{.takes = std::chrono::seconds(random() % 600), .added = random() % 10};
      if (random() % 10 == 0) plan.status = random() % 2 == 0 ? "FAILED" : "SKIPPED";
      plan.has_result = plan.status == "COMPLETED" || random() % 2 == 0;
      return plan;
    };
    world.transport.fate = [&](Kind kind, size_t, const Request&) {
      Fate fate{.takes = Milliseconds(random() % 5'000)};
      if (kind == Kind::token || random() % 100 >= faults_in_100) return fate;
      switch (random() % 9) {
        case 0:
          return Fate::lost_on_the_way();
        case 1:
          return Fate::reply_lost();
        case 2:
          return Fate::no_connection();
        case 3:
          return Fate::silence();
        case 4:
          return Fate::answered_with(throttled());
        case 5:
          return Fate::answered_with(complete(503, "<html>"));
        case 6:
          return Fate{.instead = complete(502, "<html>")};
        case 7:
          world.service.forget_files();
          return fate;
        default:
          // Once: a request whose renewed token dies as well ends the load.
          if (world.session.generation() < 2) world.service.forget_tokens();
          return fate;
      }
    };
    if (random() % 4 == 0) {
      const size_t stop_at = random() % 100;
      world.between_steps = [stop_at](World& now) {
        if (now.transport.waits() > stop_at && !now.stopped) now.stop();
      };
    }
    world.load(15);
    INFO((world.error ? world.error->message : "no error"));
    REQUIRE_FALSE(world.error);
    if (!world.stopped) CHECK(world.outcomes.size() == 15);
    CHECK(world.journal.faults().empty());
    CHECK(world.transport.most_in_flight() <= 9);  // and the token's
    for (const auto& [chunk, outcome] : world.outcomes) {
      CAPTURE(chunk, static_cast<int>(outcome.kind), outcome.error ? outcome.error->message : "");
      const size_t jobs = world.service.jobs_of(World::csv_name(chunk));
      if (!options.submission.resend_is_safe) CHECK(jobs <= 1);
      if (!outcome.resent) CHECK(jobs <= 1);
      switch (outcome.kind) {
        case OutcomeKind::finished:
          CHECK(outcome.result_zip == ServiceTwin::result_of(world.service.jobs().at(outcome.job_id)));
          CHECK(world.service.jobs().at(outcome.job_id).csv_name == World::csv_name(chunk));
          break;
        case OutcomeKind::in_flight:
        case OutcomeKind::unfetched:
        case OutcomeKind::failed:
          CHECK(world.service.jobs().at(outcome.job_id).csv_name == World::csv_name(chunk));
          CHECK(world.journal.of(chunk).job_id == outcome.job_id);
          break;
        case OutcomeKind::not_sent:
        case OutcomeKind::refused:
          CHECK(jobs == 0);
          break;
        case OutcomeKind::uncertain:
          break;
      }
    }
  }
}
