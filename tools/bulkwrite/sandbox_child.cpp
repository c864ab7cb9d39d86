#include "tools/bulkwrite/sandbox_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "engine/base/file.h"
#include "tools/bulkwrite/signals.h"

namespace bulkwrite::cli {
namespace {

constexpr int kReadyMillisecondsMax = 30'000;
constexpr int kEndMillisecondsMax = 5'000;
constexpr std::string_view kReady = "listening on ";

Error cannot_start(std::string why) {
  return {ErrorKind::service_down, "cannot start the sandbox: " + std::move(why)};
}

// Each command signs in anew, and the count of tokens is kept in the database: whoever tries things out would soon be
// told to come back in a quarter of an hour. What is as strict as the service is a sandbox that one starts oneself.
constexpr const char *kTokenRate = "token_rate_max=1000000", *kTokensLive = "token_live_max=1000";

[[noreturn]] void become_sandbox(const std::string& program, const std::string& database, int output, pid_t parent) {
  unblock_signals();
  setpgid(0, 0);  // Ctrl-C at the terminal is for the loader: it still needs the sandbox to settle what runs
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  dup2(output, STDOUT_FILENO);
  execl(program.c_str(), program.c_str(), "--db", database.c_str(), "--port", "0", "--die-with-parent", "--set",
        kTokenRate, "--set", kTokensLive, nullptr);
  _exit(127);
}

// The first line of the child's output, or what came instead of it.
std::string first_line(int output) {
  std::string line;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kReadyMillisecondsMax);
  while (line.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd ready{output, POLLIN, 0};
    const int polled = poll(&ready, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) break;
    char bytes[256];
    const ssize_t got = read(output, bytes, sizeof bytes);
    if (got <= 0) break;
    line.append(bytes, static_cast<size_t>(got));
  }
  return line.substr(0, line.find('\n'));
}

void end_child(pid_t pid) {
  kill(pid, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kEndMillisecondsMax);
  while (waitpid(pid, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) {
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

Result<std::unique_ptr<SandboxChild>> SandboxChild::start(const std::filesystem::path& database) {
  std::error_code failure;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failure);
  const std::string program = (self.parent_path() / "bulkwrite-sandbox").string();
  if (failure || access(program.c_str(), X_OK) != 0)
    return cannot_start(program + " is not there: build or install it beside bulkwrite");

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return cannot_start(errno_text(errno));
  const Descriptor output(ends[0]);
  Descriptor input(ends[1]);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return cannot_start(errno_text(errno));
  if (pid == 0) become_sandbox(program, database.string(), input.get(), parent);
  input.reset();

  const std::string line = first_line(output.get());
  if (line.starts_with(kReady)) return std::unique_ptr<SandboxChild>(new SandboxChild(pid, line.substr(kReady.size())));
  end_child(pid);
  return cannot_start(
      line.empty() ? fmt::format("it did not begin to listen; is {} a database that it may write?", database.string())
                   : line);
}

SandboxChild::~SandboxChild() {
  end_child(pid_);
}

}  // namespace bulkwrite::cli
