// How runs stand, told to people and to programs.
#pragma once

#include <vector>

#include "engine/run/run_catalog.h"

namespace bulkwrite::cli {

// On stdout. The last line says what to do next.
void print_status(const run::RunStatus& status);

// A line for each run, on stdout.
void print_runs(const std::vector<run::RunStatus>& runs);

}  // namespace bulkwrite::cli
