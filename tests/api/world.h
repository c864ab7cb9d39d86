// A load against the ServiceTwin in virtual time: feeds chunks, turns the dispatcher until all has ended, and keeps
// what became of them. Everything that may go wrong is set before or between: service, transport.fate,
// journal.fails_at.
#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/api/dispatcher.h"
#include "engine/api/session.h"
#include "tests/api/fake_transport.h"
#include "tests/api/memory_journal.h"
#include "tests/api/service_twin.h"

namespace twin {

namespace api = bulkwrite::api;

using bulkwrite::api::Credentials;
using bulkwrite::api::Dispatcher;
using bulkwrite::api::DispatcherOptions;
using bulkwrite::api::Outcome;
using bulkwrite::api::OutcomeKind;
using bulkwrite::api::Session;
using bulkwrite::api::Target;
using bulkwrite::api::Work;

// Without the limits that tests of their own are about.
inline DispatcherOptions plain_insert() {
  return {.job = {.operation = "insert", .module = "Leads", .mappings = {{"Last_Name", 0}}},
          .requests_in_flight_max = 8,
          .downloads_a_minute_max = 0,
          .canary = false};
}
inline DispatcherOptions upsert() {
  DispatcherOptions options = plain_insert();
  options.job.operation = "upsert";
  options.job.find_by = "Email";
  options.submission.resend_is_safe = true;
  return options;
}
inline Credentials renewable() {
  return {.client_id = "client", .client_secret = "client-secret", .refresh_token = "refresh-secret"};
}

class World {
 public:
  static constexpr size_t kStepsMax = 200'000;
  static constexpr const char* kCallbackBase = "https://loader.twin/cb/";

  explicit World(DispatcherOptions options = plain_insert(), Credentials credentials = renewable())
      : transport(service, clock),
        session(transport, clock, {ServiceTwin::kApi, ServiceTwin::kAccounts, ServiceTwin::kUpload, ServiceTwin::kOrg},
                std::move(credentials)),
        dispatcher(transport, clock, journal, session, std::move(options)) {
    clock.advance(std::chrono::hours(1'000));  // of a machine that has been up for a while
  }

  bulkwrite::ManualClock clock;
  ServiceTwin service;
  FakeTransport transport;
  MemoryJournal journal;
  Session session;
  Dispatcher dispatcher;

  std::map<uint64_t, Outcome> outcomes;
  std::optional<Error> error;
  // What the verdicts of a chunk come to.
  std::function<api::FirstVerdicts(const Outcome&)> verdicts = [](const Outcome& outcome) {
    return outcome.kind == OutcomeKind::finished ? api::FirstVerdicts::taken : api::FirstVerdicts::unknown;
  };
  bool listens = false;                       // the chunks have callback URLs, and callbacks come
  std::function<void(World&)> between_steps;  // may stop, break or mend things
  Milliseconds step_at_most = std::chrono::seconds(10);

  static std::string csv_name(uint64_t chunk) { return fmt::format("leads-{:05}.csv", chunk); }
  Work work(uint64_t chunk) const {
    return {.chunk_index = chunk,
            .records = 10,
            .archive_name = fmt::format("leads-{:05}.zip", chunk),
            .csv_name = csv_name(chunk),
            .archive = fmt::format("PK archive of chunk {}", chunk),
            .callback_url = listens ? kCallbackBase + std::to_string(chunk) : ""};
  }

  void sign_in() {
    const auto signed_in = session.sign_in();
    REQUIRE(signed_in);
  }

  // Loads the chunks until all that were taken have ended, or an error ends it.
  void load(uint64_t chunks) {
    uint64_t next = 0;
    for (size_t steps = 0; !error; ++steps) {
      REQUIRE(steps < kStepsMax);
      while (next < chunks && dispatcher.has_room()) dispatcher.submit(work(next++));
      if (dispatcher.unfinished() == 0 && (next == chunks || stopped)) return;
      step();
      if (between_steps) between_steps(*this);
    }
  }

  void step() {
    if (listens) hand_on_callbacks();
    if (error) return;
    if (auto ok = dispatcher.step(step_at_most); !ok) error = std::move(ok).error();
    for (Outcome& outcome : dispatcher.take_outcomes()) {
      const uint64_t chunk = outcome.chunk_index;
      dispatcher.hear_verdicts(chunk, verdicts(outcome));
      const bool fresh = outcomes.emplace(chunk, std::move(outcome)).second;
      INFO("chunk " << chunk << " ends once");
      REQUIRE(fresh);
    }
  }

  void stop() {
    dispatcher.stop();
    stopped = true;
  }

  size_t ended_as(OutcomeKind kind) const {
    size_t count = 0;
    for (const auto& [chunk, outcome] : outcomes) count += outcome.kind == kind;
    return count;
  }

  bool stopped = false;

 private:
  void hand_on_callbacks() {
    while (const auto job = service.take_callback(clock.now())) {
      const std::string chunk = job->callback_url.substr(std::string_view(kCallbackBase).size());
      if (auto ok = dispatcher.on_callback(std::stoull(chunk), job->id, job->callback_url); !ok)
        error = std::move(ok).error();
    }
  }
};

}  // namespace twin
