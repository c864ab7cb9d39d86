// The command line as a value.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "engine/run/check.h"
#include "engine/run/load.h"
#include "engine/run/pack.h"
#include "engine/run/run_catalog.h"
#include "engine/run/settings.h"
#include "tools/bulkwrite/account_commands.h"
#include "tools/bulkwrite/schema_commands.h"

namespace bulkwrite::cli {

struct LoadCommand {
  run::LoadOptions options;  // without a target
  std::string sandbox;       // a database file or a URL; empty: the settings say where
  Result<run::Settings> settings{run::Settings()};
};
struct ResumeCommand {
  std::filesystem::path run_dir;
  run::LoadOptions options;                         // how to go on; what it is about is the run's own
  std::string sandbox;                              // empty: where the run went before
  Result<run::Settings> settings{run::Settings()};  // with the profile that the run was begun with
};
struct StatusCommand {
  std::filesystem::path run_dir;
  bool json = false;
};
struct RunsCommand {
  std::filesystem::path root = "bulkwrite-runs";
  bool json = false;
};
struct ResolveCommand {
  std::filesystem::path run_dir;
  uint64_t chunk_index = 0;
  run::Resolution resolution;
  bool agreed = false;  // no question is asked
};
struct PackCommand {
  run::PackOptions options;
};
struct CheckCommand {
  run::CheckOptions options;  // without the module
  ModuleSource source;        // of neither a file nor a module: only what needs no schema is checked
  uint64_t problems_shown_max = 100;
  bool json = false;
};
// Nothing to do but to leave: after --help, --version, or a wrong call.
struct Leave {
  int exit_code = 0;
};

using Command = std::variant<Leave, LoadCommand, ResumeCommand, StatusCommand, RunsCommand, ResolveCommand, PackCommand,
                             CheckCommand, FieldsCommand, MapCommand, AuthCommand, ConfigCommand>;

// Prints help and what is wrong with a call itself.
Command parse_arguments(int argc, char** argv);

}  // namespace bulkwrite::cli
