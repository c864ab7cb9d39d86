#include "tests/sim/world.h"

#include "engine/run/run_catalog.h"
#include "tests/sim/oracle.h"
#include "tests/sim/session.h"
#include "tests/sim/violation.h"

namespace sim {
namespace {

using bulkwrite::run::ChunkState;
using bulkwrite::run::Ledger;
using bulkwrite::run::NextStep;
using bulkwrite::run::Resolution;

constexpr unsigned kCalmSessionsMax = 8;
constexpr Milliseconds kUntilAllIsOver = std::chrono::hours(48);  // every job has ended, every request has arrived

Random seeded(uint64_t seed, bulkwrite::ManualClock& clock) {
  clock.advance(std::chrono::hours(1'000));  // of a machine that has been up for a while
  return Random(seed);
}

}  // namespace

void Tally::add(const Tally& other) {
  seeds += other.seeds;
  sessions += other.sessions;
  crashes += other.crashes;
  jobs += other.jobs;
  records += other.records;
  resolved += other.resolved;
  resent += other.resent;
  for (size_t i = 0; i < kFaults; ++i) faults[i] += other.faults[i];
}

World::World(uint64_t seed, bool traced)
    : random(seeded(seed, clock)),
      trace(traced, clock),
      faults(Random(random.next())),
      setup(draw_setup(random)),
      source(setup, random),
      books(setup, source, faults, Random(random.next()), trace),
      wire(setup, books, clock, faults, crash, Random(random.next()), trace),
      post(books, faults, Random(random.next()), trace) {
  auto made = Ledger::create(":memory:", setup.facts);
  demand(made.has_value(), "no ledger: {}", made ? "" : made.error().message);
  ledger = *std::move(made);
  trace.tell("{}{}{} of {} chunks with at most {} records, {}, the echo is {}", setup.facts.operation,
             setup.facts.find_by.empty() ? "" : " by ", setup.facts.find_by, source.chunks(), setup.records_max,
             setup.listens ? "listens" : "does not listen", setup.echo_is_unique ? "unique" : "ambiguous");
}

Tally Seed::run() {
  Oracle oracle(world_);
  for (unsigned i = 0; i < world_.setup.sessions; ++i) {
    noisy_session(oracle);
    world_.wire.idle(world_.random.between(std::chrono::seconds(1), std::chrono::hours(1)));
    world_.post.lose(world_.clock.now());
  }
  calm_sessions(oracle);
  // Once more: nothing to do.
  const uint64_t spent = world_.wire.spending_requests();
  const Report last = session(oracle, std::nullopt);
  demand(world_.wire.spending_requests() == spent, "a session of a finished run has sent something");
  oracle.at_end(last);
  tally_.seeds = 1;
  tally_.jobs = world_.books.jobs().size();
  tally_.records = world_.source.records();
  tally_.faults = world_.faults.counts();
  return tally_;
}

Report Seed::session(Oracle& oracle, std::optional<uint64_t> stop_after) {
  ++tally_.sessions;
  world_.trace.tell("session {} begins", tally_.sessions);
  world_.wire.begin_session();
  Report report = LoaderSession(world_, stop_after).run();
  if (report.was_stopped) world_.faults.note(Fault::stop_request);
  world_.trace.tell("session {} has ended{}", tally_.sessions, report.error ? ": " + report.error->message : "");
  oracle.after_session(report);
  return report;
}

void Seed::noisy_session(Oracle& oracle) {
  Random& random = world_.random;
  world_.crash.arm(random.chance(0.6) ? random.any_size(300) : 0);
  const auto stop_after = random.chance(0.2) ? std::optional<uint64_t>(random.any_size(60)) : std::nullopt;
  const EngineCrashPoints points(world_.crash);
  try {
    session(oracle, stop_after);
  } catch (const Crash& crash) {
    world_.trace.tell("{}", fault_name(crash.place));
    world_.faults.note(crash.place);
    ++tally_.crashes;
    world_.wire.end_session();
    oracle.after_crash();
  }
  world_.crash.arm(0);
}

// The service and the network mend, and the user settles what is uncertain: after that everything must be there.
void Seed::calm_sessions(Oracle& oracle) {
  world_.faults.calm();
  for (unsigned i = 0; i < kCalmSessionsMax; ++i) {
    world_.wire.idle(kUntilAllIsOver);
    world_.post.lose(world_.clock.now());
    settle_uncertain(oracle);
    session(oracle, std::nullopt);
    if (is_finished()) return;
  }
  demand(false, "{} calm sessions have not finished the run", kCalmSessionsMax);
}

bool Seed::is_finished() {
  const auto states = world_.ledger->states();
  const auto ended = world_.ledger->ended_with_blank_lines();
  if (!states || !ended || !*ended) return false;
  for (const auto& [chunk, state] : *states)
    if (bulkwrite::run::next_step(state, bulkwrite::run::is_safe_to_resend(world_.setup.facts)) != NextStep::nothing)
      return false;
  return true;
}

// What a user does who sees the service's books: names the job where there is one, sends again where nothing was
// written, and leaves to himself what was written in part.
void Seed::settle_uncertain(Oracle& oracle) {
  // As the next session would, so that what the last one left open is settled.
  demand(world_.ledger->settle_open().has_value(), "the ledger cannot be written");
  if (!world_.setup.is_plain_insert()) return;
  const auto states = world_.ledger->states();
  for (const auto& [chunk, state] : *states) {
    if (state != ChunkState::uncertain) continue;
    Resolution resolution{Resolution::Kind::resubmit, ""};
    for (const std::string& id : world_.books.jobs_of_chunk(chunk)) {
      const JobRecords& job = *world_.books.job(id);
      if (!job.has_failed)
        resolution = {Resolution::Kind::job, id};
      else if (job.has_written)
        resolution = {Resolution::Kind::abandon, ""};
    }
    if (resolution.kind == Resolution::Kind::resubmit) oracle.resubmitted(chunk);
    world_.trace.tell("the user settles chunk {}", chunk);
    demand(bulkwrite::run::resolve(*world_.ledger, chunk, resolution).has_value(), "chunk {} cannot be resolved",
           chunk);
    ++tally_.resolved;
  }
}

}  // namespace sim
