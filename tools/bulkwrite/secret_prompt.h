// Secrets come from a file, from the environment or from the terminal, and never from the command line.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "engine/base/result.h"

namespace bulkwrite::cli {

struct SecretPlaces {
  std::filesystem::path file;  // its first line; empty: none
  std::string set;             // what the environment gives; empty: nothing
  std::string question;        // asked on a terminal, without an echo
  std::string hint;            // the other places, for the message where there is no terminal
};

// Errors: usage where there is no place to get it from, no_input, transient where a stop is asked for.
Result<std::string> get_secret(const SecretPlaces& places, std::stop_token stop);

}  // namespace bulkwrite::cli
