// The command line as a value.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/run/check.h"
#include "engine/run/load.h"
#include "engine/run/pack.h"

namespace bulkwrite::cli {

struct LoadCommand {
  run::LoadOptions options;  // without a target
  std::string sandbox;       // a database file or a URL
};
struct PackCommand {
  run::PackOptions options;
};
struct CheckCommand {
  run::CheckOptions options;
  uint64_t problems_shown_max = 100;
};
// Nothing to do but to leave: after --help, --version, or a wrong call.
struct Leave {
  int exit_code = 0;
};

using Command = std::variant<Leave, LoadCommand, PackCommand, CheckCommand>;

// Prints help and what is wrong with a call itself.
Command parse_arguments(int argc, char** argv);

}  // namespace bulkwrite::cli
