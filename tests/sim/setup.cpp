#include "tests/sim/setup.h"

#include <array>

#include "engine/run/run_catalog.h"
#include "tests/sim/source.h"

namespace sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bulkwrite::api::SubmissionPolicy draw_policy(Random& random, const Setup& setup) {
  bulkwrite::api::SubmissionPolicy policy;
  policy.retry.attempts_max = random.small(2, 8);
  policy.retry.delay_min = random.between(Milliseconds(100), seconds(2));
  policy.retry.delay_max = random.between(seconds(10), minutes(2));
  policy.resend_is_safe = bulkwrite::run::is_safe_to_resend(setup.facts);
  policy.poll_min = random.between(seconds(1), seconds(10));
  policy.poll_max = random.between(seconds(20), minutes(2));
  policy.job_deadline = random.between(minutes(5), hours(2));
  if (setup.listens) policy.callback_wait = random.between(minutes(1), minutes(20));
  return policy;
}

}  // namespace

Setup draw_setup(Random& random) {
  Setup setup;
  setup.chunks = random.between(3, 20);
  setup.records_max = random.between(1, 6);
  setup.listens = random.chance(0.5);
  setup.echo_is_unique = random.chance(0.7);
  setup.mapped_columns = setup.echo_is_unique ? std::vector<size_t>{0, 1, 2, 3, 4} : std::vector<size_t>{1, 2, 3, 0, 4};
  const uint64_t operation = random.below(6);  // the dangerous one as often as the others together
  setup.facts.operation = operation == 3 ? "upsert" : operation == 4 ? "update" : "insert";
  setup.facts.find_by = operation >= 3 ? kKeyColumn : "";
  setup.facts.module = "Leads";
  setup.facts.header = kHeader;

  auto& options = setup.dispatcher;
  options.job = {.operation = setup.facts.operation, .module = setup.facts.module, .find_by = setup.facts.find_by};
  for (const size_t column : setup.mapped_columns)
    options.job.mappings.push_back({.api_name = std::string(kColumns[column]), .column = column});
  options.submission = draw_policy(random, setup);
  options.archives_held_max = random.small(1, 4);
  options.jobs_in_flight_max = random.small(1, 10);
  options.requests_in_flight_max = random.small(1, 8);
  options.downloads_a_minute_max = random.chance(0.5) ? 0 : random.small(1, 10);
  options.canary = random.chance(0.5);
  if (random.chance(0.4)) setup.credits_max = random.between(0, random.chance(0.7) ? 3'000 : 10'000);
  if (random.chance(0.1)) setup.failed_max = {random.between(0, 20), std::nullopt};
  if (random.chance(0.1)) setup.failed_max = {std::nullopt, static_cast<double>(random.between(0, 60))};
  options.request_timeout = random.between(seconds(20), minutes(2));
  options.stop_grace = random.between(seconds(1), seconds(30));
  options.jitter_seed = random.next() >> 1;

  constexpr std::array<Milliseconds, 3> kTokenLives{minutes(6), minutes(20), minutes(60)};
  setup.token_life = kTokenLives[random.below(kTokenLives.size())];
  setup.job_time_max = random.chance(0.5) ? Milliseconds(seconds(20)) : Milliseconds(minutes(4));
  setup.sessions = random.small(1, 5);
  return setup;
}

}  // namespace sim
