#include "tests/e2e/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace e2e {
namespace {

constexpr auto kWaitMax = std::chrono::seconds(100);
constexpr auto kLookEvery = std::chrono::milliseconds(10);

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "bulkwrite-e2e-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(const std::vector<std::string>& arguments, const std::filesystem::path& directory,
                 const std::filesystem::path& input, const std::vector<std::string>& environment) {
  static std::atomic<int> count{0};
  const std::string name = "process-" + std::to_string(count++);
  out_ = directory / (name + ".out");
  err_ = directory / (name + ".err");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  const int in = open(input.c_str(), O_RDONLY), out = open(out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600),
            err = open(err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  // Whoever runs the tests may have settings of their own.
  setenv("XDG_CONFIG_HOME", (directory / "config").c_str(), 1);
  for (const std::string& setting : environment) putenv(const_cast<char*>(setting.c_str()));
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

Process::~Process() {
  if (!is_running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const {
  kill(pid_, number);
}

bool Process::is_running() {
  if (pid_ < 0) return false;
  rusage usage{};
  if (wait4(pid_, &status_, WNOHANG, &usage) == 0) return true;
  peak_kilobytes_ = usage.ru_maxrss;
  pid_ = -1;
  return false;
}

Ended Process::wait() {
  const auto until = std::chrono::steady_clock::now() + kWaitMax;
  while (is_running()) {
    if (std::chrono::steady_clock::now() > until) {
      const std::string told = err();
      kill(pid_, SIGKILL);
      FAIL("the program did not end; it said:\n" << told);
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  return {WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_), out(), err()};
}

std::string Process::out() const {
  return slurp(out_);
}
std::string Process::err() const {
  return slurp(err_);
}

Ended run(const std::vector<std::string>& arguments, const std::filesystem::path& directory,
          const std::filesystem::path& input) {
  return Process(arguments, directory, input).wait();
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void spill(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

int free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(probe);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + kWaitMax;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
  return true;
}

}  // namespace e2e
