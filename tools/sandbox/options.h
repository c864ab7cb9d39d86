// The command line of bulkwrite-sandbox.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/sandbox/switches.h"
#include "tools/sandbox/tokens.h"

namespace bulkwrite::sandbox {

struct Options {
  std::string database;
  int port = 0;
  std::string token;
  std::string org = "808232144";
  Client client{"1000.SANDBOXCLIENT", "sandbox-client-secret", "1000.sandbox.refresh-token", "1000.sandbox.grant-code"};
  std::string modules_file;
  std::string faults_file;
  std::string request_log;
  int workers = 2;
  bool die_with_parent = false;
  Switches switches;
};

// The options, or the exit code with which the process is to end (--help, a usage error: 64).
struct ParsedOptions {
  Options options;
  std::optional<int> exit_code;
};

ParsedOptions parse_options(int argc, char** argv);

}  // namespace bulkwrite::sandbox
