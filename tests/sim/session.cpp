#include "tests/sim/session.h"

#include <algorithm>
#include <array>

#include "engine/csv/field.h"
#include "engine/run/callback_token.h"
#include "engine/run/judge.h"
#include "engine/run/outcome.h"
#include "engine/run/run_catalog.h"
#include "tests/sim/violation.h"

namespace sim {
namespace {

using namespace bulkwrite::run;
namespace api = bulkwrite::api;
using bulkwrite::Error;
using bulkwrite::Result;

constexpr size_t kStepsMax = 100'000;
constexpr size_t kOutcomesMax = 2;  // that wait for the collector
constexpr Milliseconds kWait = std::chrono::seconds(10);

// What a service and a network that fail may end a session with.
constexpr std::array kExpected{bulkwrite::ErrorKind::service_down, bulkwrite::ErrorKind::transient,
                               bulkwrite::ErrorKind::not_allowed, bulkwrite::ErrorKind::configuration};

template <typename T>
T need(Result<T> result) {
  demand(result.has_value(), "{}", result ? "" : result.error().message);
  return *std::move(result);
}
void need(const Result<void>& result) {
  demand(result.has_value(), "{}", result ? "" : result.error().message);
}

api::Credentials credentials() {
  return {.client_id = "client", .client_secret = "client-secret", .refresh_token = "refresh-secret"};
}
api::Target target() {
  return {twin::ServiceTwin::kApi, twin::ServiceTwin::kAccounts, twin::ServiceTwin::kUpload, twin::ServiceTwin::kOrg};
}

}  // namespace

LoaderSession::LoaderSession(World& world, std::optional<uint64_t> stop_after)
    : world_(world),
      ledger_(*world.ledger),
      options_(options_of(world)),
      session_(world.wire, world.clock, target(), credentials(), world.random.next()),
      dispatcher_(world.wire, world.clock, ledger_, session_, options_),
      preparer_(ledger_, {.archive_header = kHeader,
                          .archive_name = "sim",
                          .callback_url = world.setup.listens ? kCallbackUrl : "",
                          .packing = Packing::fast}),
      stop_after_(stop_after),
      brake_(world.faults.is_calm() ? std::nullopt : world.setup.failed_max, options_.canary,
             world.setup.facts.operation == "insert" ? world.setup.facts.find_by : "") {
  const auto credits_max = world.faults.is_calm() ? std::nullopt : world.setup.credits_max;
  session_.limit_credits(credits_max);
  world.wire.set_limits({options_.canary, credits_max});
}

// In the calm nothing is held back, and where records of the run were taken before no job goes ahead.
api::DispatcherOptions LoaderSession::options_of(World& world) {
  api::DispatcherOptions options = world.setup.dispatcher;
  if (world.faults.is_calm()) options.canary = false;
  const auto states = need(world.ledger->states());
  for (const auto& [chunk, state] : states) {
    if (state != ChunkState::finished) continue;
    const api::JobCounts counts = need(world.ledger->chunk(chunk))->counts;
    if (counts.added.value_or(0) + counts.updated.value_or(0) > 0) options.canary = false;
  }
  return options;
}

Report LoaderSession::run() {
  Report report;
  report.error = load();
  if (!report.error) report.error = input_fault_;
  report.was_stopped = letting_go_;
  if (report.error) {
    demand(std::find(kExpected.begin(), kExpected.end(), report.error->kind) != kExpected.end(),
           "the session ends with an error that the service and the network do not explain: {}", report.error->message);
  }
  keep_outcomes(SIZE_MAX);
  world_.wire.end_session();
  need(ledger_.settle_open());
  account(report);
  if (!report.error && next_to_cut_ == world_.source.chunks() && !letting_go_ &&
      !need(ledger_.ended_with_blank_lines()))
    need(ledger_.end_input(0));
  return report;
}

std::optional<Error> LoaderSession::load() {
  need(ledger_.settle_open());
  const InputPosition position = need(ledger_.input_position());
  if (auto signed_in = session_.sign_in(); !signed_in) return signed_in.error();
  remainder_ =
      need(take_up_chunks(ledger_, position.chunks, is_safe_to_resend(world_.setup.facts), world_.setup.listens));
  next_to_cut_ = position.chunks;
  for (const Remainder::Step& left : remainder_.steps) {
    if (left.step != NextStep::submit) {
      to_track_.push_back(&left);
      continue;
    }
    to_send_again_.push_back(&left);
    before_[left.row.ranges.chunk_index] = &left.row;
  }
  for (size_t steps = 0;; ++steps) {
    demand(steps < kStepsMax, "the session does not end");
    const bool nothing_to_cut = input_closed_ || (to_send_again_.empty() && next_to_cut_ == world_.source.chunks());
    const bool nothing_to_track = letting_go_ || to_track_.empty();
    if (nothing_to_cut && !packed_ && dispatcher_.unfinished() == 0 && nothing_to_track) return std::nullopt;
    if (auto error = turn()) return error;
  }
}

// One turn of the network's thread, and what the others do meanwhile.
std::optional<Error> LoaderSession::turn() {
  if (stop_after_ && (*stop_after_)-- == 0) ask_to_stop();
  prepare_next();
  feed_remainder();
  feed();
  hand_on_callbacks();
  if (auto done = dispatcher_.step(kWait); !done) return std::move(done).error();
  demand(dispatcher_.unfinished() <= world_.setup.dispatcher.jobs_in_flight_max, "{} submissions are under way",
         dispatcher_.unfinished());
  look_at_limits();
  for (api::Outcome& outcome : dispatcher_.take_outcomes()) ended_.push_back(std::move(outcome));
  // The collector is as fast as it likes, but what waits for it is bounded.
  const size_t leave = world_.random.below(kOutcomesMax + 1);
  if (ended_.size() > leave) keep_outcomes(ended_.size() - leave);
  return std::nullopt;
}

void LoaderSession::ask_to_stop() {
  world_.trace.tell("a stop is asked for");
  stop_after_.reset();
  let_go();
}

void LoaderSession::let_go() {
  letting_go_ = input_closed_ = true;
  dispatcher_.stop();
  world_.wire.forbid_creates();
}

// As the network's thread does it: nothing ends early unless something is held back.
void LoaderSession::look_at_limits() {
  using Creating = api::Dispatcher::Creating;
  if (!letting_go_ && dispatcher_.is_out_of_credits()) {
    halted_ = true;
    let_go();
  }
  const Creating creating = brake_.is_on() ? Creating::ended : dispatcher_.creating();
  if (halted_ || letting_go_ || creating == Creating::open) return;
  const bool waits = creating == Creating::credits_kept ? dispatcher_.held_back() > 0 : dispatcher_.wants_jobs();
  if (!waits && (input_closed_ || !packed_)) return;
  world_.trace.tell("nothing more is created: {}", static_cast<int>(creating));
  halted_ = input_closed_ = true;
  if (creating == Creating::credits_kept) return;
  dispatcher_.create_no_more();
  world_.wire.forbid_creates();
}

std::optional<bulkwrite::csv::Chunk> LoaderSession::next_chunk() {
  if (!to_send_again_.empty()) {
    const ChunkRanges& ranges = to_send_again_.front()->row.ranges;
    to_send_again_.pop_front();
    return need(world_.source.chunk(ranges));
  }
  if (next_to_cut_ == world_.source.chunks()) return std::nullopt;
  return world_.source.chunk(next_to_cut_++);
}

void LoaderSession::prepare_next() {
  while (!input_closed_ && !packed_) {
    auto chunk = next_chunk();
    if (!chunk) return;
    const auto before = before_.find(chunk->chunk_index);
    packed_ = need(preparer_.prepare(*chunk, before == before_.end() ? nullptr : before->second)).work;
  }
}

void LoaderSession::feed_remainder() {
  while (!to_track_.empty() && dispatcher_.can_track()) {
    const Remainder::Step& left = *to_track_.front();
    api::Work work{.chunk_index = left.row.ranges.chunk_index, .records = left.row.sent, .resent = left.row.resent};
    if (left.step == NextStep::track) {
      world_.wire.goes_ahead(work.chunk_index);
      dispatcher_.track(std::move(work), left.row.job_id);
    } else {
      dispatcher_.hear_of(std::move(work));
    }
    to_track_.pop_front();
  }
}

void LoaderSession::feed() {
  if (packed_ && input_closed_) {
    ended_.push_back(turned_away(*packed_));
    packed_.reset();
  }
  while (packed_ && dispatcher_.has_room()) {
    dispatcher_.submit(*std::move(packed_));
    packed_.reset();
    prepare_next();
  }
}

void LoaderSession::hand_on_callbacks() {
  while (const auto call = world_.post.take(world_.clock.now())) {
    if (!world_.setup.listens) continue;
    const auto chunk = need(ledger_.chunk_of_callback(callback_token_hash(call->token)));
    if (!chunk) continue;
    need(dispatcher_.on_callback(*chunk, call->job_id, std::string(kCallbackUrl) + "/" + call->token));
  }
}

void LoaderSession::keep_outcomes(size_t at_most) {
  for (api::Outcome& outcome : dispatcher_.take_outcomes()) ended_.push_back(std::move(outcome));
  for (; at_most > 0 && !ended_.empty(); --at_most) {
    const api::Outcome outcome = std::move(ended_.front());
    ended_.pop_front();
    world_.trace.tell("chunk {} is {}{}", outcome.chunk_index, state_name(state_of(outcome.kind)),
                      outcome.error ? ": " + outcome.error->message : "");
    const api::FirstVerdicts verdicts = brake_.see(outcome);
    dispatcher_.hear_verdicts(outcome.chunk_index, verdicts);
    world_.wire.verdicts_are_in(outcome.chunk_index, verdicts);
    if (is_hopeless(outcome, letting_go_ || halted_)) {
      if (!input_fault_) input_fault_ = outcome.error;
      input_closed_ = true;
    }
    need(keep_outcome(ledger_, outcome, [this](uint64_t chunk_index, std::string_view zip) -> Result<void> {
      world_.disk[chunk_index] = zip;
      if (world_.faults.may_strike(Fault::crash_at_result)) throw Crash{Fault::crash_at_result};
      return {};
    }));
  }
}

// As the reconciler does it.
void LoaderSession::account(Report& report) {
  for (uint64_t i = 0;; ++i) {
    const auto row = need(ledger_.chunk(i));
    if (!row) break;
    demand(is_settled(row->state), "chunk {} is {} when the session has ended", i, state_name(row->state));
    report.chunks.push_back(account(*row));
    Summary& summary = report.summary;
    summary.records_read += row->records;
    summary.jobs += row->job_id.empty() ? 0 : 1;
    for (const RecordReport& record : report.chunks.back().records) count(summary, record.fate);
  }
  need(check_conservation(report.summary));
}

ChunkReport LoaderSession::account(const ChunkRow& row) {
  ChunkReport report{row, {}};
  const bulkwrite::csv::Chunk chunk = need(world_.source.chunk(row.ranges));
  std::optional<Joined> joined;
  if (const auto zip = world_.disk.find(row.ranges.chunk_index);
      row.state == ChunkState::finished && zip != world_.disk.end())
    if (auto verdicts = Verdicts::parse(zip->second))
      if (auto done = join_verdicts(*std::move(verdicts),
                                    {chunk, rejected_records(chunk, nullptr), world_.setup.mapped_columns, row.sent}))
        joined = *std::move(done);
  const std::string present_field = world_.setup.facts.operation == "insert" ? world_.setup.facts.find_by : "";
  std::string scratch;
  uint64_t sent = 0;
  for (Judge judge(chunk, nullptr); judge.next();) {
    if (!judge.problems().empty()) {
      report.records.push_back({Fate::rejected, ""});
      continue;
    }
    if (joined) {
      const auto& verdict = joined->of(sent);
      report.records.push_back(
          {fate_of(verdict, present_field), std::string(bulkwrite::csv::value_of(verdict.record_id, scratch))});
    } else {
      report.records.push_back({fate_of(row.state), ""});
    }
    ++sent;
  }
  demand(sent == row.sent, "chunk {}: {} records would be sent now where {} were sent", row.ranges.chunk_index, sent,
         row.sent);
  return report;
}

}  // namespace sim
