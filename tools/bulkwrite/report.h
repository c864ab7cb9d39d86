// The last words of a command: for people on stderr, and one line of JSON on stdout.
#pragma once

#include <string>

#include "engine/run/summary.h"

namespace bulkwrite::cli {

enum class Shown { check, pack, load };

// Prints both and returns the exit code.
int report(const run::Summary& summary, Shown what);
// The same with another line for stdout.
int report(const run::Summary& summary, Shown what, const std::string& json);

}  // namespace bulkwrite::cli
