#include "engine/run/load_stages.h"

#include <fmt/format.h>

#include "engine/base/deliberate_bug.h"
#include "engine/base/file.h"
#include "engine/base/thread_name.h"
#include "engine/run/archive.h"
#include "engine/run/callback_token.h"

namespace bulkwrite::run {
namespace {

constexpr Milliseconds kNetworkWait{200};

}  // namespace

LoadLine::LoadLine(Front& front, const LoadPlan& plan, Ledger& ledger, const Spool& spool,
                   const RunDirectory& directory, api::Dispatcher& dispatcher, api::Transport& transport,
                   Reconciler& reconciler, const LoadOptions& options, Progress& progress, Remainder remainder,
                   const Tell& tell)
    : front_(front),
      plan_(plan),
      ledger_(ledger),
      spool_(spool),
      directory_(directory),
      dispatcher_(dispatcher),
      transport_(transport),
      reconciler_(reconciler),
      options_(options),
      progress_(progress),
      archive_name_(archive_name_of(front.source(0).name)),
      used_(2 * size_t{worker_count(options.workers)} + 8),
      remainder_(std::move(remainder)),
      turns_(remainder_.chunks),
      hint_(tell, [this](uint32_t source) { return front_.source(source).name; }),
      archive_memory_(worker_count(options.workers) + kArchivesWaitingMax),
      brake_(options.failed_max, plan.dispatcher_options.canary, plan.present_field) {
  for (const Remainder::Step& left : remainder_.steps) {
    if (left.step == NextStep::submit)
      to_send_again_[left.row.ranges.chunk_index] = &left.row;
    else
      to_track_.push_back(&left);
  }
}

std::vector<Error> LoadLine::run(std::stop_token stop) {
  {
    const std::stop_callback stop_front(stop, [this] { stop_input_.request_stop(); });
    std::jthread front([this] {
      name_this_thread("front");
      run_front(stop_input_.get_token());
    });
    std::jthread network([this, stop] {
      name_this_thread("network");
      run_network(stop);
    });
    std::vector<std::jthread> workers;
    std::atomic<unsigned> working{worker_count(options_.workers)};
    for (unsigned i = working; i > 0; --i) {
      workers.emplace_back([this, &working] {
        name_this_thread("worker");
        run_worker();
        if (--working == 0) packed_.close();
        transport_.wake();
      });
    }
    collect();
  }
  std::vector<Error> errors;
  // What was open when everything ended is settled by what the ledger knows, and only then reconciled.
  if (auto ok = ledger_.settle_open(); !ok) fault_.set(std::move(ok).error());
  if (auto ok = reconcile_settled(); !ok) fault_.set(std::move(ok).error());
  if (const auto error = fault_.get()) errors.push_back(*error);
  if (const auto error = input_fault_.get()) errors.push_back(*error);
  return errors;
}

void LoadLine::fail(Error error) {
  fault_.set(std::move(error));
  broken_ = true;
  stop_input_.request_stop();
  transport_.wake();
}

void LoadLine::close_input() {
  closed_ = true;
  stop_input_.request_stop();
  transport_.wake();
}

void LoadLine::run_front(std::stop_token stop) {
  SpoolPieces pieces(spool_);
  auto done = cut_again();
  if (done && !stop.stop_requested()) done = front_.run(stop, cut_, used_, pieces);
  if (!done) input_fault_.set(std::move(done).error());
  cut_.close();
}

// The chunks of an earlier session that must still be sent.
Result<void> LoadLine::cut_again() {
  Rereader rereader(front_, spool_, front_.cut_options());
  for (const Remainder::Step& left : remainder_.steps) {
    if (left.step != NextStep::submit) continue;
    const bool astray = deliberate_bug(DeliberateBug::chunk_cut_from_wrong_range);
    auto chunk = rereader.chunk(astray ? remainder_.steps.front().row.ranges : left.row.ranges);
    if (!chunk) return std::move(chunk).error();
    if (astray) chunk->chunk_index = left.row.ranges.chunk_index;
    if (!cut_.push(*std::move(chunk))) return {};
    while (used_.try_pop()) {
    }
  }
  return {};
}

void LoadLine::run_worker() {
  Preparer preparer(ledger_, {.rules = plan_.rules(),
                              .archive_header = plan_.archive_header,
                              .kept_columns = plan_.kept_columns,
                              .archive_name = archive_name_,
                              .callback_url = options_.callback_url,
                              .packing = options_.packing,
                              .demand = [this] { return demand(); },
                              .hint = &hint_,
                              .turns = &turns_,
                              .unknown_choices = &unknown_choices_,
                              .memory = &archive_memory_,
                              .rejects = &rejects_});
  while (auto chunk = cut_.pop()) {
    chunk->gather();
    auto work = prepare(*chunk, preparer);
    used_.push(*std::move(chunk));  // before we wait for the network, so that the front can fill it meanwhile
    if (!work) {
      fail(std::move(work).error());  // before those who wait for this chunk's turn fail for want of it
      turns_.close();
      if (plan_.seen != nullptr) plan_.seen->close();
    } else if (!*work) {
      ended_.push(std::nullopt);
    } else if (packed_.push(**std::move(work))) {
      transport_.wake();
    }
  }
}

Demand LoadLine::demand() const {
  if (packed_.size() >= kArchivesWaitingMax) return Demand::is_behind;
  return network_has_room_ ? Demand::waits : Demand::keeps_up;
}

// Checks and packs a chunk and writes it into the ledger. Nothing where no record of it may be sent.
Result<std::optional<api::Work>> LoadLine::prepare(csv::Chunk& chunk, Preparer& preparer) {
  const auto found = to_send_again_.find(chunk.chunk_index);
  const ChunkRow* const before = found == to_send_again_.end() ? nullptr : found->second;
  if (auto ok = note_sources(chunk); !ok) return std::move(ok).error();
  if (before == nullptr && !chunk.too_long && Spool::needs(chunk, front_))
    if (auto ok = spool_.keep(chunk); !ok) return std::move(ok).error();
  auto prepared = preparer.prepare(chunk, before);
  if (!prepared) return std::move(prepared).error();
  progress_.rejected += prepared->rejected;
  if (before == nullptr) progress_.left_out += prepared->left_out;  // else known since this session began
  if (options_.rejects_max && progress_.rejected > *options_.rejects_max + progress_.left_out) close_input();
  if (prepared->work) ++progress_.chunks_packed;
  return std::move(prepared->work);
}

void LoadLine::on_callback(std::string_view token, std::string_view job_id) {
  const auto chunk = ledger_.chunk_of_callback(callback_token_hash(token));
  if (!chunk || !*chunk) return;
  {
    const std::scoped_lock lock(callbacks_mutex_);
    if (callbacks_.size() >= kCallbacksWaitingMax) return;
    callbacks_.push_back({**chunk, std::string(job_id), options_.callback_url + "/" + std::string(token)});
  }
  transport_.wake();
}

Result<void> LoadLine::note_sources(const csv::Chunk& chunk) {
  for (const csv::Part& part : chunk.parts)
    if (auto ok = ledger_.add_source(part.source, front_.source(part.source)); !ok) return ok;
  return {};
}

void LoadLine::run_network(std::stop_token stop) {
  while (!packed_.finished() || dispatcher_.unfinished() > 0 || (!letting_go_ && !to_track_.empty())) {
    if (options_.duration_max && std::chrono::steady_clock::now() - begun_ >= *options_.duration_max)
      deadline_reached_ = true;
    if (!letting_go_ && (stop.stop_requested() || broken_ || deadline_reached_)) let_go();
    hand_on_verdicts();
    look_at_limits();
    feed_remainder();
    if (letting_go_ || closed_)
      turn_away_archives();
    else
      feed_dispatcher();
    auto done = hand_on_callbacks();
    if (done) done = dispatcher_.step(kNetworkWait);
    if (!done) {
      fail(std::move(done).error());
      break;
    }
    look_at_limits();  // before those who were held back are told of
    hand_on_outcomes();
    show_gauges();
  }
  // After a fault the rest goes nowhere: the ledger says how far each chunk came.
  hand_on_outcomes();
  packed_.close();
  while (packed_.pop()) {
  }
  ended_.close();
}

void LoadLine::let_go() {
  letting_go_ = true;
  stop_input_.request_stop();
  dispatcher_.stop();
}

void LoadLine::hand_on_verdicts() {
  const std::scoped_lock lock(verdicts_mutex_);
  for (const Ended& ended : verdicts_) dispatcher_.hear_verdicts(ended.chunk_index, ended.verdicts);
  verdicts_.clear();
}

// Nothing ends early unless something is held back.
void LoadLine::look_at_limits() {
  using Creating = api::Dispatcher::Creating;
  if (!letting_go_ && dispatcher_.is_out_of_credits()) {
    const bool ours = !plan_.session->credits().can_afford(api::kCallCredits);
    halt(ours ? Creating::credits_kept : Creating::credits_used_up);
    let_go();
  }
  const Creating creating = brake_is_on_ ? Creating::ended : dispatcher_.creating();
  if (halted_ || letting_go_ || creating == Creating::open) return;
  // What has been admitted within our own limit goes on.
  const bool waits = creating == Creating::credits_kept ? dispatcher_.held_back() > 0 : dispatcher_.wants_jobs();
  if (!waits && (closed_ || packed_.size() == 0)) return;
  halt(creating);
  if (creating != Creating::credits_kept) dispatcher_.create_no_more();
  close_input();
}

void LoadLine::halt(api::Dispatcher::Creating why) {
  halted_ = true;
  credits_kept_ |= why == api::Dispatcher::Creating::credits_kept;
  thwarted_ |= why == api::Dispatcher::Creating::ended;
  if (why != api::Dispatcher::Creating::credits_used_up) return;
  const auto remaining = plan_.session->credits().remaining();
  input_fault_.set({ErrorKind::transient,
                    fmt::format("the organisation's credits are used up: {} are left, and a job costs {}; they come "
                                "back 24 hours after they were spent: go on with `bulkwrite resume {}` then",
                                remaining.value_or(0), api::kCreateCredits, directory_.path.string())});
}

void LoadLine::mark_end(Summary& summary) const {
  summary.deadline_reached = deadline_reached_;
  summary.credits_kept = credits_kept_;
  summary.credits_spent = plan_.session->credits().spent();
  // A job that is stuck, or lost, is told by its records.
  summary.threshold_reached |= thwarted_ && brake_.has_seen_failure();
  if (credits_kept_) {
    summary.stopped = fmt::format("{} credits are spent, and one more job could pass --max-credits {}",
                                  summary.credits_spent, options_.credits_max.value_or(0));
  } else if (thwarted_) {
    summary.stopped = brake_.why();
  } else if (deadline_reached_) {
    summary.stopped = "--max-duration is over";
  }
}

void LoadLine::feed_dispatcher() {
  while (dispatcher_.has_room()) {
    auto work = packed_.try_pop();
    if (!work) break;
    dispatcher_.submit(*std::move(work));
  }
  network_has_room_ = dispatcher_.has_room();
}

// Jobs of an earlier session come first: the service keeps their results for days only.
void LoadLine::feed_remainder() {
  while (!to_track_.empty() && dispatcher_.can_track()) {
    const Remainder::Step& left = *to_track_.front();
    api::Work work{.chunk_index = left.row.ranges.chunk_index, .records = left.row.sent, .resent = left.row.resent};
    if (left.step == NextStep::track)
      dispatcher_.track(std::move(work), left.row.job_id);
    else
      dispatcher_.hear_of(std::move(work));
    to_track_.pop_front();
  }
}

Result<void> LoadLine::hand_on_callbacks() {
  std::vector<Callback> callbacks;
  {
    const std::scoped_lock lock(callbacks_mutex_);
    callbacks.swap(callbacks_);
  }
  for (const Callback& call : callbacks)
    if (auto ok = dispatcher_.on_callback(call.chunk_index, call.job_id, call.url); !ok) return ok;
  return {};
}

// What is packed but will not be sent.
void LoadLine::turn_away_archives() {
  while (auto work = packed_.try_pop()) ended_.push(turned_away(*work));
}

void LoadLine::hand_on_outcomes() {
  for (api::Outcome& outcome : dispatcher_.take_outcomes()) ended_.push(std::move(outcome));
}

void LoadLine::show_gauges() {
  const api::Dispatcher::Gauges gauges = dispatcher_.gauges();
  progress_.uploading = gauges.uploading + gauges.creating;
  progress_.jobs_running = gauges.tracking;
  progress_.fetching = gauges.fetching;
}

void LoadLine::collect() {
  // What earlier sessions have settled.
  if (auto done = reconcile_settled(); !done) fail(std::move(done).error());
  while (auto ended = ended_.pop()) {
    std::optional<api::Outcome>& outcome = *ended;
    if (outcome)
      if (auto done = keep(*outcome); !done) fail(std::move(done).error());
    if (auto done = reconcile_settled(); !done) fail(std::move(done).error());
  }
}

Result<void> LoadLine::keep(const api::Outcome& outcome) {
  if (is_hopeless(outcome, letting_go_ || halted_)) {
    input_fault_.set(*outcome.error);
    close_input();
  }
  const api::FirstVerdicts verdicts = brake_.see(outcome);
  brake_is_on_ = brake_.is_on();
  {
    const std::scoped_lock lock(verdicts_mutex_);
    verdicts_.push_back({outcome.chunk_index, verdicts});
  }
  transport_.wake();
  return keep_outcome(ledger_, outcome, [this](uint64_t chunk_index, std::string_view zip) {
    return write_file(directory_.result(chunk_index), zip);
  });
}

// Reconciles, in chunk order, every chunk whose turn has come. After a fault of reconciling itself nothing more is
// tried.
Result<void> LoadLine::reconcile_settled() {
  for (;;) {
    auto row = ledger_.chunk(next_to_reconcile_);
    if (!row) return std::move(row).error();
    if (!row->has_value() || !is_settled((**row).state)) return {};
    if (auto done = reconciler_.add(**row, directory_.result(next_to_reconcile_), rejects_.take(next_to_reconcile_));
        !done)
      return done;
    ++next_to_reconcile_;
    ++progress_.chunks_reconciled;
    const Summary& counts = reconciler_.counts();
    progress_.added = counts.added;
    progress_.updated = counts.updated;
    progress_.present = counts.present;
    progress_.skipped = counts.skipped + counts.unprocessed;
    progress_.failed = counts.failed;
  }
}

}  // namespace bulkwrite::run
