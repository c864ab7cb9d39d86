// The settings (engine/run/settings.h) on a command line.
#pragma once

#include <CLI/CLI.hpp>

#include "engine/base/result.h"
#include "engine/run/settings.h"

namespace bulkwrite::cli {

// --profile, --dc and the hosts; what is given goes into `flags`.
void add_account_flags(CLI::App& app, run::Values& flags);

// What the options of `command` that have the name of a setting are by default.
run::Values standards_of(const CLI::App& command);

// For Settings::read: the process's own.
const char* environment(const char* name);

// Reads the settings behind the flags, and gives the options of `command` that have the name of one and were not given
// what is set elsewhere. `profile_of_run`, if not empty, is the profile unless a flag or the environment names another.
// Errors: as of Settings::read, and configuration where a value does not fit its option.
Result<run::Settings> read_settings(CLI::App& command, run::Values flags, const std::string& profile_of_run = "");

}  // namespace bulkwrite::cli
