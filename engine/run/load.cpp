#include "engine/run/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "engine/api/callback_listener.h"
#include "engine/api/dispatcher.h"
#include "engine/base/clock.h"
#include "engine/base/deliberate_bug.h"
#include "engine/run/archive.h"
#include "engine/run/cost.h"
#include "engine/run/dry_run.h"
#include "engine/run/front.h"
#include "engine/run/in_order.h"
#include "engine/run/ledger.h"
#include "engine/run/load_plan.h"
#include "engine/run/load_stages.h"
#include "engine/run/reconcile.h"
#include "engine/run/remainder.h"
#include "engine/run/run_catalog.h"
#include "engine/run/run_directory.h"
#include "engine/run/run_lock.h"
#include "engine/run/run_options.h"
#include "engine/run/scratch_directory.h"
#include "engine/zip/crc32.h"

namespace bulkwrite::run {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

double seconds_since(SteadyTime begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

// What a run is expected to take at most, if each record is refused for one reason.
std::optional<uint64_t> disk_bytes(const Front& front, const InputOptions& options) {
  constexpr uint64_t kLedger = 16 << 20;
  constexpr uint64_t kResultLine = 64, kReasonLine = 160, kRepeats = 72;
  const auto cost = estimate_cost(front, options);
  if (!cost) return std::nullopt;
  // failed.csv and rejected.csv together hold a record once.
  const uint64_t names = 2 * front.source(0).name.size();
  return kLedger + *front.text_bytes() + cost->records * (names + kResultLine + kReasonLine + kRepeats);
}

Result<void> check_disk(const Front& front, const InputOptions& options, const RunDirectory& directory,
                        const Tell& tell) {
  auto free = free_space(directory.path);
  if (!free) return std::move(free).error();
  const auto needed = disk_bytes(front, options);
  if (!needed) {
    tell(
        fmt::format("disk: the input's size as UTF-8 text is not known; the run may take 4 times its bytes and more in "
                    "{} ({} MB free)",
                    directory.path.string(), *free / 1'000'000));
    return {};
  }
  tell(fmt::format("disk: the run takes up to about {} MB in {} ({} MB free)", *needed / 1'000'000 + 1,
                   directory.path.string(), *free / 1'000'000));
  if (*needed <= *free) return {};
  return Error{
      ErrorKind::cannot_write,
      fmt::format("{} has {} MB free, and the run may take {} MB: make room or name another place with --run-dir",
                  directory.path.string(), *free / 1'000'000, *needed / 1'000'000 + 1)};
}

// What every session of a run holds in its hands.
struct Session {
  const LoadOptions& options;
  Progress& progress;
  const std::stop_token stop;
  const Tell tell;
  const SteadyTime begun = std::chrono::steady_clock::now();
  const SteadyClock clock{};

  std::unique_ptr<api::Transport> transport{};
  std::unique_ptr<Front> front{};
  std::optional<LoadPlan> plan{};
  RunDirectory directory{};
  std::optional<RunLock> lock{};
  std::unique_ptr<Ledger> ledger{};
  Remainder remainder{};
  uint64_t blank_lines_before = 0;  // in the chunks of earlier sessions

  bool was_stopped() const { return stop.stop_requested(); }
};

Result<void> plan_load(Session& session, const std::optional<ModuleTexts>& kept) {
  auto transport = session.options.make_transport();
  if (!transport) return std::move(transport).error();
  session.transport = *std::move(transport);
  auto plan = make_plan(session.options, session.front->header(), kept, *session.transport, session.clock, session.stop,
                        session.tell);
  if (!plan) return std::move(plan).error();
  session.plan = *std::move(plan);
  session.plan->facts.files = session.front->files();
  return {};
}

SurveyOptions survey_options(const Session& session, const RunDirectory& place) {
  const LoadOptions& options = session.options;
  return {.input = options.input,
          .unknown_choice = options.unknown_choice,
          .find_by = options.find_by,
          .on_repeat = options.on_repeat,
          .workers = options.workers,
          .place = place,
          .progress = &session.progress};
}

// Settles what only the input can tell, and keeps it where a session that goes on finds it. How much there is of it,
// where all of it was looked through.
Result<std::optional<Cost>> settle_input(Session& session, const RunDirectory& place) {
  const LoadOptions& options = session.options;
  auto settled =
      settle(*session.front, survey_options(session, place), session.plan->mapping, session.stop, session.tell);
  if (!settled) return std::move(settled).error();
  const Decisions& decisions = settled->decisions;
  if (auto ok = write_file(place.decisions(), to_json(decisions) + "\n"); !ok) return std::move(ok).error();
  if (auto ok = session.plan->take(*settled, options); !ok) return std::move(ok).error();
  if (decisions.chunks == 0) return std::optional<Cost>();
  return std::optional(Cost{.records = decisions.records,
                            .chunks = decisions.chunks,
                            .jobs = decisions.chunks,
                            .is_exact = true,
                            .may_be_fewer_jobs = true});
}

// Whether no session will read the sources once more; resolving an uncertain chunk would.
bool is_over(Session& session) {
  auto ended = session.ledger->ended_with_blank_lines();
  auto states = session.ledger->states();
  if (!ended || !ended->has_value() || !states) return false;
  const bool safe = is_safe_to_resend(session.plan->facts);
  return std::all_of(states->begin(), states->end(),
                     [&](const auto& chunk) { return next_step(chunk.second, safe) == NextStep::nothing; });
}

// Whether everything that was cut is accounted for. What broke off a session has its own error; without one, a record
// that is missing is unexpected.
bool add_totals(Session& session, Summary& summary) {
  const auto totals = session.ledger->totals();
  const auto ended = session.ledger->ended_with_blank_lines();
  if (!totals || !ended) {
    summary.errors.push_back(!totals ? totals.error() : ended.error());
    return false;
  }
  summary.blank_lines = ended->value_or(totals->blank_lines);
  const uint64_t cut = session.progress.records_read;
  if (summary.records_read == totals->records && summary.records_read == cut) return true;
  summary.errors.push_back({summary.errors.empty() ? ErrorKind::unexpected : summary.errors.front().kind,
                            fmt::format("{} records were cut, but only {} are accounted for: no result files are "
                                        "written until `bulkwrite resume {}` has seen to the others",
                                        cut, summary.records_read, summary.run_dir)});
  return false;
}

uint64_t records_abandoned(Ledger& ledger) {
  uint64_t records = 0;
  const auto states = ledger.states();
  if (!states) return 0;
  for (const auto& [chunk_index, state] : *states) {
    if (state != ChunkState::abandoned) continue;
    if (const auto row = ledger.chunk(chunk_index); row && *row) records += (*row)->sent;
  }
  return records;
}

// The result files first, and then the summary, which says that they are there. Only when nobody will read the sources
// once more can the copies of them go.
Result<void> write_out(Session& session, const Summary& summary, Reconciler& reconciler, const Spool& spool) {
  if (auto ok = reconciler.commit(); !ok) return ok;
  if (deliberate_bug(DeliberateBug::spool_removed_early)) spool.remove_all();
  if (auto ok = write_file(session.directory.summary(), to_json(summary) + "\n"); !ok) return ok;
  if (!is_over(session)) return {};
  spool.remove_all();
  return SeenValues::remove(session.directory.seen());
}

Summary finish(Session& session, Summary summary, Reconciler& reconciler, const Spool& spool) {
  const LoadOptions& options = session.options;
  summary.run_dir = session.directory.path.string();
  summary.signal = options.stop_signal ? options.stop_signal() : 0;
  summary.seconds = seconds_since(session.begun);
  summary.strict = options.strict;
  summary.abandoned = records_abandoned(*session.ledger);
  const uint64_t at_fault = summary.rejected - summary.repeated;
  if (options.rejects_max && at_fault > *options.rejects_max) {
    summary.threshold_reached = true;
    if (summary.stopped.empty())
      summary.stopped =
          fmt::format("{} records were rejected, more than --max-rejects {}", at_fault, *options.rejects_max);
  }
  if (auto ok = check_conservation(summary); !ok) summary.errors.push_back(std::move(ok).error());
  if (add_totals(session, summary))
    if (auto ok = write_out(session, summary, reconciler, spool); !ok) summary.errors.push_back(std::move(ok).error());
  return summary;
}

// The line itself, once everything that it needs is there.
Result<Summary> run_session(Session& session) {
  const Spool spool(session.directory.spool());
  const RunDirectory& directory = session.directory;
  auto reconciler = Reconciler::create(session.plan->reconcile_options(directory),
                                       Rereader(*session.front, spool, session.front->cut_options()), *session.front,
                                       session.plan->rules());
  if (!reconciler) return std::move(reconciler).error();
  session.tell("run directory: " + directory.path.string());

  api::Dispatcher dispatcher(*session.transport, session.clock, *session.ledger, *session.plan->session,
                             session.plan->dispatcher_options);
  LoadLine line(*session.front, *session.plan, *session.ledger, spool, directory, dispatcher, *session.transport,
                *reconciler, session.options, session.progress, std::move(session.remainder), session.tell);
  std::unique_ptr<api::CallbackListener> listener;
  if (!session.options.callback_listen.empty()) {
    auto listening = api::CallbackListener::listen(
        session.options.callback_listen,
        [&line](std::string_view token, std::string_view job_id) { line.on_callback(token, job_id); });
    if (!listening) return std::move(listening).error();
    listener = *std::move(listening);
  }
  std::vector<Error> errors = line.run(session.stop);
  listener.reset();

  if (errors.empty() && session.progress.input_ended) {
    const uint64_t blank_lines = session.blank_lines_before + session.front->blank_lines();
    auto known = session.ledger->ended_with_blank_lines();
    auto ok = known && known->has_value() ? Result<void>() : session.ledger->end_input(blank_lines);
    if (!ok) errors.push_back(std::move(ok).error());
  }
  Summary summary = reconciler->counts();
  summary.errors = std::move(errors);
  line.mark_end(summary);
  for (const std::string& warning : line.unknown_choices().warnings(session.plan->names)) session.tell(warning);
  return finish(session, std::move(summary), *reconciler, spool);
}

CostLimits cost_limits(const Session& session) {
  return {session.plan->edition, session.options.credits_max, session.plan->dispatcher_options.downloads_a_minute_max};
}

void tell_cost(const Session& session) {
  const auto cost = estimate_cost(*session.front, session.options.input);
  session.tell(cost ? cost_text(*cost, cost_limits(session))
                    : fmt::format("plan: the input's size is not known; {} credits for every {} records, and 1 for "
                                  "every other call (--dry-run reads everything and counts)",
                                  api::kCreateCredits, session.options.input.records_max));
}

Summary told_again(const RunStatus& run, const Tell& tell) {
  tell(fmt::format("nothing to do: {} has loaded this input; these are its numbers (--again loads it once more)",
                   run.path.string()));
  Summary summary = *run.summary;
  summary.credits_spent = 0;  // by this call
  return summary;
}

Result<std::optional<Summary>> look_for_run(Session& session) {
  const LoadOptions& options = session.options;
  if (options.again || !options.run_dir.empty()) return std::optional<Summary>();
  const auto run = find_run(options.runs_root, session.plan->facts, session.tell);
  if (!run) return std::optional<Summary>();
  if (run->finished) return std::optional(told_again(*run, session.tell));
  return Error{ErrorKind::configuration,
               fmt::format("a run of this input has begun and is not finished: go on with `bulkwrite resume {}`, or "
                           "load everything once more with --again",
                           run->path.string())};
}

Result<Summary> try_dry(Session& session) {
  auto scratch = ScratchDirectory::make();
  if (!scratch) return std::move(scratch).error();
  if (auto ok = settle_input(session, {scratch->path()}); !ok) return std::move(ok).error();
  DryRun run = dry_run(*session.front, *session.plan, session.options, session.progress, session.stop, session.tell);
  run.summary.seconds = seconds_since(session.begun);
  session.tell(cost_text(run.cost, cost_limits(session)));
  return std::move(run.summary);
}

// What a run that goes on judges and maps by, whatever becomes of the originals.
Result<void> keep_what_it_goes_by(const Session& session) {
  const RunDirectory& directory = session.directory;
  const std::filesystem::path& mapping = session.options.mapping_file;
  if (auto ok = write_file(directory.fields(), session.plan->module.fields); !ok) return ok;
  if (auto ok = write_file(directory.layouts(), session.plan->module.layouts); !ok || mapping.empty()) return ok;
  return write_file(directory.mapping_like(mapping), session.plan->mapping_text);
}

// Up to the ledger: without one there is no run.
Result<void> begin_run(Session& session) {
  auto lock = RunLock::take(session.directory.path);
  if (!lock) return std::move(lock).error();
  session.lock = *std::move(lock);
  tell_cost(session);
  if (auto ok = check_disk(*session.front, session.options.input, session.directory, session.tell); !ok) return ok;
  if (auto ok = keep_what_it_goes_by(session); !ok) return ok;
  auto looked = settle_input(session, session.directory);
  if (!looked) return std::move(looked).error();
  if (*looked && !session.front->text_bytes()) session.tell(cost_text(**looked, cost_limits(session)));
  auto ledger = Ledger::create(session.directory.ledger(), session.plan->facts);
  if (!ledger) return std::move(ledger).error();
  session.ledger = *std::move(ledger);
  return {};
}

// Of two calls at once with the same files the second finds the run of the first. Pipes cannot be told apart.
Result<std::optional<RunLock>> lock_input(const Session& session) {
  const LoadOptions& options = session.options;
  if (!options.run_dir.empty()) return std::optional<RunLock>();
  if (auto ok = make_directories(options.runs_root); !ok) return std::move(ok).error();
  std::string paths;
  for (const source::FileIdentity& file : session.plan->facts.files) {
    if (file.mtime_ns == 0) return std::optional<RunLock>();
    paths += file.path + '\n';
  }
  auto taken = RunLock::wait_for(options.runs_root / fmt::format(".lock-{:08x}", zip::crc32(0, paths)), session.stop,
                                 [&] { session.tell("waiting for another load that begins with these files"); });
  if (!taken) return std::move(taken).error();
  return std::optional(*std::move(taken));
}

Result<Summary> begin(Session& session) {
  const LoadOptions& options = session.options;
  auto front = Front::open(for_workers(options.input, options.workers, WorkerTask::deflate), session.progress,
                           session.tell, session.stop);
  if (!front) return std::move(front).error();
  session.front = *std::move(front);
  session.tell(session.front->dialect_text());
  if (auto ok = plan_load(session, std::nullopt); !ok) return std::move(ok).error();
  if (options.dry_run) return try_dry(session);
  auto looking = lock_input(session);
  if (!looking) return std::move(looking).error();
  auto earlier = look_for_run(session);
  if (!earlier) return std::move(earlier).error();
  if (earlier->has_value()) return **std::move(earlier);

  auto directory = RunDirectory::make(options.run_dir, options.runs_root);
  if (!directory) return std::move(directory).error();
  session.directory = *std::move(directory);
  if (auto ok = begin_run(session); !ok) {
    // No run is in it, and nobody has asked for it.
    std::error_code ignored;
    if (options.run_dir.empty()) std::filesystem::remove_all(session.directory.path, ignored);
    return std::move(ok).error();
  }
  looking->reset();
  return run_session(session);
}

// Where records of the run were taken before, its mapping has proved itself.
Result<void> skip_canary(Session& session, uint64_t chunks) {
  for (uint64_t i = 0; i < chunks && session.plan->dispatcher_options.canary; ++i) {
    const auto row = session.ledger->chunk(i);
    if (!row) return row.error();
    if (!row->has_value() || (*row)->state != ChunkState::finished) continue;
    const api::JobCounts& counts = (*row)->counts;
    if (counts.added.value_or(0) + counts.updated.value_or(0) > 0) session.plan->dispatcher_options.canary = false;
  }
  return {};
}

// How many records before this place were left out.
Result<uint64_t> records_left_out(const LoadPlan& plan, const InputPosition& position) {
  if (plan.on_repeat == OnRepeat::reject || plan.on_repeat == OnRepeat::off) return 0;
  if (plan.seen != nullptr) return plan.seen->records();
  const Repeats& repeats = *plan.repeats;
  const std::span<const Repeat> rows =
      repeats.rows().first(repeats.rows().size() - repeats.from(position.source, position.next_record).size());
  uint64_t records = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const bool is_another =
        i == 0 || rows[i].source != rows[i - 1].source || rows[i].record_number != rows[i - 1].record_number;
    records += is_another ? 1 : 0;
  }
  return records;
}

// The chunks of earlier sessions: what is left of them, and their numbers.
Result<void> take_up_chunks(Session& session, const InputPosition& position) {
  const uint64_t chunks = position.chunks;
  auto left_out = records_left_out(*session.plan, position);
  if (!left_out) return std::move(left_out).error();
  session.progress.left_out += *left_out;
  auto remainder = run::take_up_chunks(*session.ledger, chunks, is_safe_to_resend(session.plan->facts),
                                       !session.options.callback_listen.empty());
  if (!remainder) return std::move(remainder).error();
  session.progress.chunks_cut += remainder->chunks;
  session.progress.records_read += remainder->records;
  session.progress.rejected += remainder->rejected;
  session.remainder = *std::move(remainder);
  return skip_canary(session, chunks);
}

Result<std::vector<ChunkRanges>> ranges_of_chunks(Ledger& ledger, uint64_t chunks) {
  std::vector<ChunkRanges> ranges;
  for (uint64_t i = 0; i < chunks; ++i) {
    auto row = ledger.chunk(i);
    if (!row) return std::move(row).error();
    if (row->has_value()) ranges.push_back((*row)->ranges);
  }
  return ranges;
}

Result<csv::Header> header_of(const RunFacts& facts) {
  auto header = csv::read_header(facts.header, true, {facts.delimiter, facts.header.size() + 1});
  if (!header) return std::move(header).error();
  if (!header->has_value()) return Error{ErrorKind::input_data, "the ledger holds no header"};
  return **std::move(header);
}

Error belongs_elsewhere(const RunDirectory& directory, const std::string& what) {
  return {
      ErrorKind::configuration,
      fmt::format("the run {} cannot go on with this call: {}; put it back as it was, or load into another --run-dir",
                  directory.path.string(), what)};
}

Result<ModuleTexts> kept_module(const RunDirectory& directory) {
  auto fields = read_file(directory.fields());
  if (!fields) return std::move(fields).error();
  auto layouts = read_file(directory.layouts());
  if (!layouts) return std::move(layouts).error();
  return ModuleTexts{*std::move(fields), *std::move(layouts)};
}

// A result beside the ledger of which that cannot know: the ledger is an older copy, or has lost its log, and what it
// takes for not sent was sent.
Result<void> check_not_older(Session& session, uint64_t chunks) {
  std::error_code failure;
  size_t results = 0, known = 0;
  for (const auto& entry : std::filesystem::directory_iterator(session.directory.results(), failure))
    results += entry.path().extension() == ".zip" ? 1 : 0;
  for (uint64_t i = 0; i < chunks; ++i) {
    const auto row = session.ledger->chunk(i);
    if (!row) return row.error();
    const bool was_asked_for = row->has_value() && (*row)->creates > 0;
    known += was_asked_for && std::filesystem::exists(session.directory.result(i), failure) ? 1 : 0;
  }
  if (results == known) return {};
  return Error{ErrorKind::input_data,
               fmt::format("the ledger {} is older than its run: {} result archives in {} are of jobs that it does not "
                           "know, so what it takes for not sent may have been loaded; put the newest ledger.db and "
                           "ledger.db-wal back",
                           session.directory.ledger().string(), results - known, session.directory.results().string())};
}

// Goes on with the run in session.directory, whose lock and ledger are in our hands.
Result<Summary> go_on(Session& session, const RunFacts& facts) {
  Ledger& ledger = *session.ledger;
  auto position = ledger.input_position();
  if (!position) return std::move(position).error();
  if (auto ok = check_not_older(session, position->chunks); !ok) return std::move(ok).error();
  // From here on the numbers of the last session do not hold.
  if (auto ok = remove_file(session.directory.summary()); !ok) return std::move(ok).error();
  if (auto ok = make_directories(session.directory.spool()); !ok) return std::move(ok).error();
  if (auto ok = ledger.settle_open(); !ok) return std::move(ok).error();
  auto header = header_of(facts);
  if (!header) return std::move(header).error();
  auto sources = ledger.sources();
  if (!sources) return std::move(sources).error();
  auto ended = ledger.ended_with_blank_lines();
  if (!ended) return std::move(ended).error();
  auto totals = ledger.totals();
  if (!totals) return std::move(totals).error();
  auto ranges = ranges_of_chunks(ledger, position->chunks);
  if (!ranges) return std::move(ranges).error();
  session.blank_lines_before = totals->blank_lines;
  // A record that fits into no chunk may have been spooled in part.
  Spool(session.directory.spool()).remove(position->chunks);

  SkipCheck check(*std::move(ranges));
  auto front = Front::reopen(for_workers(session.options.input, session.options.workers, WorkerTask::deflate),
                             {.header = *std::move(header),
                              .sources = *std::move(sources),
                              .position = *position,
                              .ended = ended->has_value(),
                              .skipped = &check},
                             session.progress, session.tell, session.stop);
  if (!front) return std::move(front).error();
  session.front = *std::move(front);
  auto module = kept_module(session.directory);
  if (!module) return std::move(module).error();
  if (auto ok = plan_load(session, *std::move(module)); !ok) return std::move(ok).error();
  if (ended->has_value()) session.plan->facts.files = facts.files;  // seen to be the same before
  if (const std::string what = difference(facts, session.plan->facts); !what.empty())
    return belongs_elsewhere(session.directory, what);
  auto settled = settled_before(*session.front, survey_options(session, session.directory), session.plan->mapping,
                                session.directory.decisions(), position->chunks, session.tell);
  if (!settled) return std::move(settled).error();
  if (auto ok = session.plan->take(*settled, session.options); !ok) return std::move(ok).error();
  if (auto ok = take_up_chunks(session, *position); !ok) return std::move(ok).error();
  return run_session(session);
}

// The files of the input as they are now. What is not there any more is an error where it is still needed.
Result<std::vector<source::FileIdentity>> files_now(const InputOptions& input) {
  auto paths = source::resolve(input.files, input.directory);
  if (!paths) return std::move(paths).error();
  auto opened = source::Input::open(*std::move(paths), input.directory);
  if (!opened) return std::move(opened).error();
  return opened->files();
}

// Whether the call is about what the run in session.directory is about, as far as that shows before the service is
// asked.
Result<void> check_belongs(const Session& session, const RunFacts& facts) {
  RunFacts now = facts;
  auto files = files_now(session.options.input);
  if (!files) return std::move(files).error();
  now.files = *std::move(files);
  now.cut = cut_text(session.options.input);
  now.module = session.options.module;
  now.operation = operation_name(session.options.operation);
  now.find_by = session.options.find_by;
  now.target = session.options.target_name.empty() ? session.options.target.api_base : session.options.target_name;
  if (const std::string what = difference(facts, now); !what.empty()) return belongs_elsewhere(session.directory, what);
  auto bound = bound_options(facts, session.options);
  if (!bound) return std::move(bound).error();
  if (bound->unknown_choice != session.options.unknown_choice)
    return belongs_elsewhere(session.directory, "--picklist is not what it was");
  if (bound->on_repeat != session.options.on_repeat)
    return belongs_elsewhere(session.directory, "--on-repeat is not what it was");
  return {};
}

Result<RunFacts> open_run(Session& session) {
  auto lock = RunLock::take(session.directory.path);
  if (!lock) return std::move(lock).error();
  session.lock = *std::move(lock);
  auto ledger = Ledger::open(session.directory.ledger());
  if (!ledger) return std::move(ledger).error();
  session.ledger = *std::move(ledger);
  return session.ledger->facts();
}

bool holds_run(const std::filesystem::path& run_dir) {
  std::error_code failure;
  return !run_dir.empty() && std::filesystem::exists(RunDirectory{run_dir}.ledger(), failure);
}

}  // namespace

Result<Summary> load(const LoadOptions& options, Progress& progress, std::stop_token stop, const Tell& tell) {
  if (auto ok = validate_load(options); !ok) return std::move(ok).error();
  Session session{options, progress, stop, one_at_a_time(tell)};
  if (options.dry_run || !holds_run(options.run_dir)) {
    auto done = begin(session);
    if (!done && session.was_stopped() && session.ledger == nullptr) return Summary{};
    return done;
  }
  session.directory = {options.run_dir};
  auto status = status_of(options.run_dir);
  if (!status) return std::move(status).error();
  auto facts = open_run(session);
  if (!facts) return std::move(facts).error();
  if (auto ok = check_belongs(session, *facts); !ok) return std::move(ok).error();
  return status->finished ? told_again(*status, tell) : go_on(session, *facts);
}

bool has_more_to_do(const RunStatus& status, const LoadOptions& how) {
  return !status.finished || (!status.uncertain.empty() && !how.callback_listen.empty());
}

Result<Summary> resume(const std::filesystem::path& run_dir, const LoadOptions& how, Progress& progress,
                       std::stop_token stop, const Tell& tell) {
  auto status = status_of(run_dir);
  if (!status) return std::move(status).error();
  if (!has_more_to_do(*status, how)) {
    tell("nothing to do: this run has ended, and these are its numbers");
    return *status->summary;
  }
  auto options = bound_options(status->facts, how);
  if (!options) return in_context(run_dir.string(), std::move(options).error());
  options->run_dir = run_dir;
  options->mapping_file = RunDirectory{run_dir}.mapping();
  if (auto ok = validate_load(*options); !ok) return std::move(ok).error();
  Session session{*options, progress, stop, one_at_a_time(tell)};
  session.directory = {run_dir};
  auto facts = open_run(session);
  if (!facts) return std::move(facts).error();
  if (!status->input_ended)
    if (auto ok = check_belongs(session, *facts); !ok) return std::move(ok).error();
  return go_on(session, *facts);
}

}  // namespace bulkwrite::run
