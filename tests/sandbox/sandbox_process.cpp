#include "tests/sandbox/sandbox_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace bulkwrite::test {
namespace {

constexpr int kReadyMsMax = 60'000;
constexpr const char* kReady = "listening on http://127.0.0.1:";

[[noreturn]] void become_sandbox(std::vector<std::string> words, int output) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(output, STDOUT_FILENO);
  execv(arguments[0], arguments.data());
  _exit(127);
}

std::string first_line(int input) {
  std::string line;
  pollfd ready{input, POLLIN, 0};
  char byte = 0;
  while (poll(&ready, 1, kReadyMsMax) > 0 && read(input, &byte, 1) == 1 && byte != '\n') line.push_back(byte);
  return line;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "bulkwrite-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

SandboxProcess::SandboxProcess(std::vector<std::string> options) {
  start(options);
}

SandboxProcess::~SandboxProcess() {
  kill_hard();
}

std::vector<std::string> SandboxProcess::with_faults(const TemporaryDirectory& directory,
                                                     const nlohmann::json& faults) {
  const std::string file = (directory.path() / "faults.json").string();
  std::ofstream(file) << faults.dump();
  return {"--faults", file};
}

void SandboxProcess::start(const std::vector<std::string>& options) {
  std::vector<std::string> words{BULKWRITE_SANDBOX,
                                 "--db",
                                 database(),
                                 "--port",
                                 "0",
                                 "--token",
                                 kToken,
                                 "--org",
                                 kOrg,
                                 "--request-log",
                                 (directory_.path() / "requests.jsonl").string()};
  words.insert(words.end(), options.begin(), options.end());
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  pid_ = fork();
  if (pid_ == 0) become_sandbox(std::move(words), ends[1]);
  close(ends[1]);
  const std::string line = first_line(ends[0]);
  close(ends[0]);
  if (!line.starts_with(kReady)) {
    kill_hard();
    throw std::runtime_error("the sandbox did not begin to listen, but said: " + line);
  }
  port_ = std::stoi(line.substr(std::string(kReady).size()));
}

int SandboxProcess::wait_for_end() {
  int status = 0;
  if (pid_ < 0 || waitpid(pid_, &status, 0) != pid_) return -1;
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void SandboxProcess::kill_hard() {
  if (pid_ > 0) kill(pid_, SIGKILL);
  wait_for_end();
}

int SandboxProcess::terminate() {
  if (pid_ > 0) kill(pid_, SIGTERM);
  return wait_for_end();
}

std::vector<nlohmann::json> SandboxProcess::requests() const {
  std::ifstream file(directory_.path() / "requests.jsonl");
  std::vector<nlohmann::json> requests;
  for (std::string line; std::getline(file, line);) requests.push_back(nlohmann::json::parse(line));
  return requests;
}

size_t SandboxProcess::count_requests(const std::string& kind) const {
  size_t count = 0;
  for (const auto& request : requests()) count += request.at("kind") == kind ? 1 : 0;
  return count;
}

std::string SandboxProcess::query(const std::string& sql) const {
  sqlite3* handle = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::string answer;
  sqlite3_open_v2(database().c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
  sqlite3_busy_timeout(handle, 10'000);
  if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    answer = sqlite3_errmsg(handle);
  } else if (sqlite3_step(statement) == SQLITE_ROW) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    answer = text == nullptr ? "NULL" : text;
  }
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  return answer;
}

}  // namespace bulkwrite::test
