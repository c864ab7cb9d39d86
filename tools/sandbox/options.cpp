#include "tools/sandbox/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <stdexcept>

#include "tools/sandbox/faults.h"

namespace bulkwrite::sandbox {
namespace {

constexpr int kUsage = 64;
constexpr int kWorkersMax = 64;

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
  ParsedOptions parsed;
  Options& options = parsed.options;
  std::string switches_file;
  std::vector<std::string> assignments;
  CLI::App app("A local Bulk Write server on one SQLite file. Listens on 127.0.0.1 only.", "bulkwrite-sandbox");
  app.option_defaults()->always_capture_default();
  app.add_option("--db", options.database, "the SQLite file; made when it is not there")->required()->type_name("FILE");
  app.add_option("--port", options.port, "0: any free one")->check(CLI::Range(0, 65535))->type_name("N");
  app.add_option("--token", options.token, "an access token accepted beside issued ones, for ever")->type_name("T");
  app.add_option("--org", options.org, "the org's zgid, for X-CRM-ORG")->type_name("O");
  app.add_option("--client-id", options.client.id, "")->type_name("ID");
  app.add_option("--client-secret", options.client.secret, "")->type_name("SECRET");
  app.add_option("--refresh-token", options.client.refresh_token, "")->type_name("T");
  app.add_option("--grant-code", options.client.grant_code, "a self client's code, good once")->type_name("CODE");
  app.add_option("--modules", options.modules_file, "modules and fields, instead of those built in (data/modules.json)")
      ->type_name("FILE");
  app.add_option("--workers", options.workers, "jobs that run at once")
      ->check(CLI::Range(1, kWorkersMax))
      ->type_name("N");
  app.add_option("--set", assignments, "name=value of a switch (below), any number of times")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--switches", switches_file, "a JSON object of switches; --set wins")->type_name("FILE");
  app.add_option("--faults", options.faults_file, "what is to go wrong (below)")->type_name("FILE");
  app.add_option("--request-log", options.request_log, "append each request to it, as a line of JSON")
      ->type_name("FILE");
  app.add_flag("--die-with-parent", options.die_with_parent, "end when the process that started this one ends");
  app.footer("\n" + Switches::help() + "\n" + Faults::help());
  try {
    app.parse(argc, argv);
    if (!switches_file.empty()) options.switches.load(switches_file);
    for (const auto& assignment : assignments) options.switches.set(assignment);
  } catch (const CLI::ParseError& stop) {
    parsed.exit_code = app.exit(stop) == 0 ? 0 : kUsage;
  } catch (const std::invalid_argument& fault) {
    std::fprintf(stderr, "%s\n", fault.what());
    parsed.exit_code = kUsage;
  }
  return parsed;
}

}  // namespace bulkwrite::sandbox
