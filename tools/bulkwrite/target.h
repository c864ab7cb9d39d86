// Where a load goes, and how we sign in there.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/run/load.h"
#include "engine/run/settings.h"
#include "tools/bulkwrite/sandbox_child.h"

namespace bulkwrite::cli {

// Fills in target, credentials and, for a sandbox, a patience that fits it: a sandbox where one is named, else the
// account of the settings. `child` keeps a sandbox of our own alive.
Result<void> choose_target(const std::string& sandbox, const run::Settings& settings, run::LoadOptions& options,
                           std::unique_ptr<SandboxChild>& child);

}  // namespace bulkwrite::cli
