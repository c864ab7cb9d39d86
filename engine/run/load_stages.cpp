#include "engine/run/load_stages.h"

#include <fmt/format.h>

#include "engine/base/file.h"
#include "engine/run/archive.h"
#include "engine/run/member.h"

namespace bulkwrite::run {
namespace {

constexpr Milliseconds kNetworkWait{200};

ChunkState state_of(api::OutcomeKind kind) {
  switch (kind) {
    case api::OutcomeKind::finished:
      return ChunkState::finished;
    case api::OutcomeKind::failed:
      return ChunkState::failed;
    case api::OutcomeKind::refused:
      return ChunkState::refused;
    case api::OutcomeKind::uncertain:
      return ChunkState::uncertain;
    case api::OutcomeKind::in_flight:
      return ChunkState::in_flight;
    case api::OutcomeKind::unfetched:
      return ChunkState::unfetched;
    case api::OutcomeKind::not_sent:
      return ChunkState::not_sent;
  }
  return ChunkState::uncertain;
}

}  // namespace

LoadLine::LoadLine(Front& front, const LoadPlan& plan, Ledger& ledger, const Spool& spool,
                   const RunDirectory& directory, api::Dispatcher& dispatcher, api::Transport& transport,
                   Reconciler& reconciler, const LoadOptions& options, Progress& progress)
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
      used_(2 * size_t{worker_count(options.workers)} + 8) {}

std::vector<Error> LoadLine::run(std::stop_token stop) {
  {
    const std::stop_callback stop_front(stop, [this] { stop_input_.request_stop(); });
    std::jthread front([this] { run_front(stop_input_.get_token()); });
    std::jthread network([this, stop] { run_network(stop); });
    std::vector<std::jthread> workers;
    std::atomic<unsigned> working{worker_count(options_.workers)};
    for (unsigned i = working; i > 0; --i) {
      workers.emplace_back([this, &working] {
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
  if (auto done = front_.run(stop, cut_, used_, pieces); !done) input_fault_.set(std::move(done).error());
  cut_.close();
}

void LoadLine::run_worker() {
  zip::ArchiveWriter writer = make_archive_writer(options_.packing);
  MemberBuilder member;
  while (auto chunk = cut_.pop()) {
    auto work = prepare(*chunk, writer, member);
    used_.push(*std::move(chunk));  // before we wait for the network, so that the front can fill it meanwhile
    if (!work)
      fail(std::move(work).error());
    else if (!*work)
      ended_.push(std::nullopt);
    else if (packed_.push(**std::move(work)))
      transport_.wake();
  }
}

// Checks and packs a chunk and writes it into the ledger. Nothing where no record of it may be sent.
Result<std::optional<api::Work>> LoadLine::prepare(csv::Chunk& chunk, zip::ArchiveWriter& writer,
                                                   MemberBuilder& member) {
  ChunkRow row{.ranges = {chunk.chunk_index, chunk.parts, crc_of_source(chunk), chunk.too_long},
               .records = chunk.records()};
  if (auto ok = note_sources(chunk); !ok) return std::move(ok).error();
  member.begin(chunk);
  if (!chunk.too_long) {
    if (Spool::needs(chunk, front_))
      if (auto ok = spool_.keep(chunk); !ok) return std::move(ok).error();
    for (Judge judge(chunk, plan_.checker.get()); judge.next();)
      if (judge.problems().empty()) member.accept(judge.record(), judge.fields());
  }
  row.sent = member.records();
  progress_.rejected += row.records - row.sent;
  if (options_.rejects_max && progress_.rejected > *options_.rejects_max) close_input();
  if (row.sent == 0) {
    row.state = ChunkState::empty;
    if (auto ok = ledger_.add_chunk(row); !ok) return std::move(ok).error();
    return std::optional<api::Work>();
  }

  const std::string_view bytes = member.build(chunk, plan_.archive_header);
  const std::string base = archive_base_name(archive_name_, chunk.chunk_index);
  auto archive = writer.pack(base + ".csv", bytes);
  if (!archive) return std::move(archive).error();
  row.csv_bytes = bytes.size();
  row.zip_bytes = archive->bytes.size();
  row.crc_member = archive->member_crc;
  if (auto ok = ledger_.add_chunk(row); !ok) return std::move(ok).error();
  ++progress_.chunks_packed;
  return std::optional<api::Work>({.chunk_index = chunk.chunk_index,
                                   .records = row.sent,
                                   .archive_name = base + ".zip",
                                   .csv_name = base + ".csv",
                                   .archive = std::string(archive->bytes)});
}

Result<void> LoadLine::note_sources(const csv::Chunk& chunk) {
  for (const csv::Part& part : chunk.parts)
    if (auto ok = ledger_.add_source(part.source, front_.source(part.source)); !ok) return ok;
  return {};
}

void LoadLine::run_network(std::stop_token stop) {
  while (!packed_.finished() || dispatcher_.unfinished() > 0) {
    if (!letting_go_ && (stop.stop_requested() || broken_)) {
      dispatcher_.stop();
      letting_go_ = true;
    }
    if (letting_go_ || closed_)
      turn_away_archives();
    else
      feed_dispatcher();
    if (auto done = dispatcher_.step(kNetworkWait); !done) {
      fail(std::move(done).error());
      break;
    }
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

void LoadLine::feed_dispatcher() {
  while (dispatcher_.has_room()) {
    auto work = packed_.try_pop();
    if (!work) return;
    dispatcher_.submit(*std::move(work));
  }
}

// What is packed but will not be sent.
void LoadLine::turn_away_archives() {
  while (auto work = packed_.try_pop())
    ended_.push(
        api::Outcome{.chunk_index = work->chunk_index, .records = work->records, .kind = api::OutcomeKind::not_sent});
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
  while (auto ended = ended_.pop()) {
    std::optional<api::Outcome>& outcome = *ended;
    if (outcome)
      if (auto done = keep(*std::move(outcome)); !done) fail(std::move(done).error());
    if (auto done = reconcile_settled(); !done) fail(std::move(done).error());
  }
}

// Puts what came back onto the disk, and then into the ledger.
Result<void> LoadLine::keep(api::Outcome outcome) {
  // What the service refuses once it refuses always, and where it does not answer there is nothing to send to.
  const bool is_hopeless =
      outcome.kind == api::OutcomeKind::refused || (outcome.kind == api::OutcomeKind::not_sent && !letting_go_);
  if (is_hopeless && outcome.error) {
    input_fault_.set(*outcome.error);
    close_input();
  }
  if (outcome.kind == api::OutcomeKind::finished)
    if (auto ok = write_file(directory_.result(outcome.chunk_index), outcome.result_zip); !ok) return ok;
  const std::string why = outcome.error ? outcome.error->message : "";
  return ledger_.settle(outcome.chunk_index, state_of(outcome.kind), outcome.job_id, outcome.counts, why,
                        outcome.resent);
}

// Reconciles, in chunk order, every chunk whose turn has come. After a fault of reconciling itself nothing more is
// tried.
Result<void> LoadLine::reconcile_settled() {
  for (;;) {
    auto row = ledger_.chunk(next_to_reconcile_);
    if (!row) return std::move(row).error();
    if (!row->has_value() || !is_settled((**row).state)) return {};
    if (auto done = reconciler_.add(**row, directory_.result(next_to_reconcile_)); !done) return done;
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
