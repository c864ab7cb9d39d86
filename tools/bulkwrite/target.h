// Where a load goes, and how we sign in there.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/run/load.h"
#include "tools/bulkwrite/sandbox_child.h"

namespace bulkwrite::cli {

// Fills in target, credentials and, for a sandbox, a patience that fits it. `child` keeps a sandbox of our own alive.
Result<void> choose_target(const std::string& sandbox, run::LoadOptions& options, std::unique_ptr<SandboxChild>& child);

}  // namespace bulkwrite::cli
