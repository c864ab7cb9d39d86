// `load --dry-run`: everything that a load does before its first upload, and the whole input read and judged.
#pragma once

#include <stop_token>

#include "engine/base/result.h"
#include "engine/run/cost.h"
#include "engine/run/load.h"
#include "engine/run/load_plan.h"

namespace bulkwrite::run {

struct DryRun {
  Summary summary;  // accepted records count as `not_sent`; `jobs` are those that a load would create
  Cost cost;
};

// Uses the front up. Writes nothing.
DryRun dry_run(Front& front, const LoadPlan& plan, const LoadOptions& options, Progress& progress, std::stop_token stop,
               const Tell& tell);

}  // namespace bulkwrite::run
