#include "engine/run/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "engine/api/dispatcher.h"
#include "engine/base/clock.h"
#include "engine/run/archive.h"
#include "engine/run/front.h"
#include "engine/run/in_order.h"
#include "engine/run/ledger.h"
#include "engine/run/load_plan.h"
#include "engine/run/load_stages.h"
#include "engine/run/reconcile.h"
#include "engine/run/run_directory.h"

namespace bulkwrite::run {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

double seconds_since(SteadyTime begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

// What the result files, the ledger and the kept archives may take, from what is known of the input.
uint64_t disk_bytes_max(const Front& front) {
  constexpr uint64_t kLedger = 16 << 20;
  // failed.csv and rejected.csv together hold a record at most once; results, reasons and archives stay below the
  // input.
  const uint64_t input = front.total_bytes().value_or(0);
  const uint64_t spooled = front.all_rereadable() ? 0 : input;
  return kLedger + 3 * input + spooled;
}

Result<void> check_disk(const Front& front, const RunDirectory& directory, const Tell& tell) {
  auto free = free_space(directory.path);
  if (!free) return std::move(free).error();
  if (!front.total_bytes()) {
    tell(fmt::format("disk: the input's size is not known; the run may take up to 4 times its bytes in {} ({} MB free)",
                     directory.path.string(), *free / 1'000'000));
    return {};
  }
  const uint64_t needed = disk_bytes_max(front);
  tell(fmt::format("disk: the run takes at most {} MB in {} ({} MB free)", needed / 1'000'000 + 1,
                   directory.path.string(), *free / 1'000'000));
  if (needed <= *free) return {};
  return Error{
      ErrorKind::cannot_write,
      fmt::format("{} has {} MB free, and the run may take {} MB: make room or name another place with --run-dir",
                  directory.path.string(), *free / 1'000'000, needed / 1'000'000 + 1)};
}

Summary finish(Summary summary, const LoadOptions& options, const Front& front, const Progress& progress,
               const RunDirectory& directory, SteadyTime begun) {
  summary.blank_lines = front.blank_lines();
  summary.bytes_read = progress.bytes_read;
  summary.run_dir = directory.path.string();
  summary.signal = options.stop_signal ? options.stop_signal() : 0;
  summary.seconds = seconds_since(begun);
  summary.threshold_reached = options.rejects_max && summary.rejected > *options.rejects_max;
  if (auto ok = check_conservation(summary); !ok) summary.errors.push_back(std::move(ok).error());
  if (summary.records_read != progress.records_read) {
    summary.errors.push_back(
        {ErrorKind::unexpected,
         fmt::format("{} records were cut, but only {} are accounted for: the result files are not complete",
                     progress.records_read.load(), summary.records_read)});
  }
  if (auto ok = write_file(directory.summary(), to_json(summary) + "\n"); !ok)
    summary.errors.push_back(std::move(ok).error());
  return summary;
}

}  // namespace

Result<Summary> load(const LoadOptions& options, Progress& progress, std::stop_token stop, const Tell& tell) {
  const SteadyTime begun = std::chrono::steady_clock::now();
  if (auto ok = validate_load(options); !ok) return std::move(ok).error();
  auto front = Front::open(options.input, progress);
  if (!front) return std::move(front).error();
  tell((*front)->dialect_text());

  auto transport = api::make_curl_transport();
  if (!transport) return std::move(transport).error();
  const SteadyClock clock;
  auto plan = make_plan(options, (*front)->header(), **transport, clock, stop, tell);
  if (!plan && stop.stop_requested()) return Summary{};  // nothing was begun
  if (!plan) return std::move(plan).error();

  auto directory = RunDirectory::make(options.run_dir, options.runs_root);
  if (!directory) return std::move(directory).error();
  if (auto ok = check_disk(**front, *directory, tell); !ok) return std::move(ok).error();
  auto ledger = Ledger::create(directory->ledger(), plan->facts);
  if (!ledger) return std::move(ledger).error();
  const Spool spool(directory->spool());
  auto reconciler = Reconciler::create(plan->reconcile_options(*directory),
                                       Rereader(**front, spool, (*front)->cut_options()), **front, plan->checker.get());
  if (!reconciler) return std::move(reconciler).error();
  tell("run directory: " + directory->path.string());

  api::Dispatcher dispatcher(**transport, clock, **ledger, *plan->session, plan->dispatcher_options);
  LoadLine line{**front, *plan, **ledger, spool, *directory, dispatcher, **transport, *reconciler, options, progress};
  std::vector<Error> errors = line.run(stop);

  Summary summary = reconciler->counts();
  summary.errors = std::move(errors);
  if (auto ok = reconciler->commit(); !ok)
    summary.errors.push_back(std::move(ok).error());
  else
    spool.remove_all();
  return finish(std::move(summary), options, **front, progress, *directory, begun);
}

}  // namespace bulkwrite::run
