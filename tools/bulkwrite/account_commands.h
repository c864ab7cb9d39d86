// `auth` and `config`.
#pragma once

#include <filesystem>
#include <stop_token>

#include "engine/run/settings.h"

namespace bulkwrite::cli {

struct AuthCommand {
  enum class What { login, status, revoke } what = What::status;
  run::Values flags;
  std::filesystem::path secret_file, code_file;  // of login
  bool check = false, json = false;              // of status
};
struct ConfigCommand {
  Result<run::Settings> settings{run::Settings()};
  run::Values standards;  // of the settings that are options of a load
};

// The exit code.
int run_auth(const AuthCommand& command, std::stop_token stop);
int show_config(const ConfigCommand& command);

// Prints an error; its exit code.
int complain(const Error& error);

}  // namespace bulkwrite::cli
