// bulkwrite-sandbox: a faithful, local Bulk Write server (README.md beside this file).
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <thread>

#include "tools/sandbox/api.h"
#include "tools/sandbox/database_lock.h"
#include "tools/sandbox/http_server.h"
#include "tools/sandbox/options.h"

namespace bulkwrite::sandbox {
namespace {

constexpr int kConfiguration = 78;
constexpr int kCannotWrite = 73;
constexpr int kCannotListen = 69;

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// False when the parent is gone already: its death sent no signal.
bool tie_to_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  return getppid() == parent;
}

int serve(const Options& options, Service service) {
  Api api(service);
  HttpServer server(api);
  const int port = server.bind(options.port);
  if (port < 0) {
    fmt::print(stderr, "cannot listen on 127.0.0.1:{}: is the port taken?\n", options.port);
    return kCannotListen;
  }
  std::thread listener([&server] { server.serve(); });
  fmt::print("listening on http://127.0.0.1:{}\n", port);
  std::fflush(stdout);
  const sigset_t signals = stop_signals();
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop();
  listener.join();
  return 0;
}

int run(const Options& options) {
  const Catalog catalog =
      options.modules_file.empty() ? Catalog::parse(default_modules_json()) : Catalog::load(options.modules_file);
  Faults faults;
  if (!options.faults_file.empty()) faults.load(options.faults_file);
  RequestLog log(options.request_log);
  const DatabaseLock lock(options.database);
  Store store(options.database, catalog);
  Tokens tokens(store, options.switches, options.client, options.token);
  Usage usage(options.switches);
  JobRunner runner(store, catalog, options.switches, options.org, options.workers);
  return serve(options, Service{options.switches, catalog, options.org, store, tokens, runner, faults, log, usage});
}

int guarded_run(const Options& options) {
  try {
    return run(options);
  } catch (const DatabaseError& fault) {
    fmt::print(stderr, "{}: {}\n", options.database, fault.what());
    return kCannotWrite;
  } catch (const std::exception& fault) {
    fmt::print(stderr, "{}\n", fault.what());
    return kConfiguration;
  }
}

}  // namespace
}  // namespace bulkwrite::sandbox

int main(int argc, char** argv) {
  using namespace bulkwrite::sandbox;
  const pid_t parent = getppid();
  const ParsedOptions parsed = parse_options(argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  if (parsed.options.die_with_parent && !tie_to_parent(parent)) return 1;
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread starts, so that all inherit it
  signal(SIGPIPE, SIG_IGN);
  return guarded_run(parsed.options);
}
