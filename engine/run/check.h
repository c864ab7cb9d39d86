// `check`: reads and judges the input, and sends nothing.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "engine/base/result.h"
#include "engine/run/check_report.h"
#include "engine/run/options.h"
#include "engine/run/pack.h"
#include "engine/run/progress.h"
#include "engine/run/reject.h"

namespace bulkwrite::run {

// With a module, what a load of it would refuse is refused in the same way. `found` gets every reject in the order of
// the input, with the name of its source; on the calling thread.
Result<CheckReport> check(const CheckOptions& options, Progress& progress, std::stop_token stop, const Tell& tell,
                          const std::function<void(const Reject&, const std::string& source)>& found);

}  // namespace bulkwrite::run
