// `load`: the whole line, from the input to reconciled results in a run directory.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/api/session.h"
#include "engine/base/result.h"
#include "engine/run/options.h"
#include "engine/run/pack.h"
#include "engine/run/progress.h"
#include "engine/run/summary.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::run {

struct LoadOptions {
  InputOptions input;
  std::string module;
  schema::Operation operation = schema::Operation::insert;
  std::string find_by;
  api::Target target;  // target.org may be empty: it is read from the service then
  api::Credentials credentials;
  std::string date_format, datetime_format;  // of columns whose field has none of its own; empty: the schema's default

  std::filesystem::path run_dir;  // empty: a new one under runs_root
  std::filesystem::path runs_root = "bulkwrite-runs";
  std::optional<uint64_t> rejects_max;  // more rejects than this stop the load

  unsigned workers = 0;
  Packing packing = Packing::small;
  unsigned uploads_max = 4;  // archives in memory between packing and their job's creation
  unsigned jobs_max = 10;    // jobs that run at once
  std::chrono::milliseconds poll_min{5'000}, poll_max{60'000};
  std::chrono::milliseconds job_deadline{std::chrono::hours(6)};  // of one job, from its creation
  std::chrono::milliseconds request_timeout{120'000};
  unsigned attempts_max = 8;         // of one request that may be repeated
  uint64_t jitter_seed = 0;          // 0: from the system
  std::function<int()> stop_signal;  // the signal behind a stop request, for the summary; may be empty
};

// Loads the input. An Error when nothing was begun: bad options, an input that cannot be loaded, a service that refuses
// to let us in. From the first upload on a Summary, whose errors and exit codes say how it ended; the run directory
// then holds the ledger, the result archives and the result files. A stop request stops softly: nothing new is created,
// what runs is let go of, and everything is accounted for.
Result<Summary> load(const LoadOptions& options, Progress& progress, std::stop_token stop, const Tell& tell);

}  // namespace bulkwrite::run
