// A real bulkwrite-sandbox process on a free loopback port, with a temporary directory that goes when it goes.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bulkwrite::test {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class SandboxProcess {
 public:
  static constexpr const char* kToken = "test-token";
  static constexpr const char* kOrg = "808232144";

  // Starts it with --db, --port 0, --token, --request-log and `options`; returns when it listens. Throws
  // std::runtime_error when it does not.
  explicit SandboxProcess(std::vector<std::string> options = {});
  ~SandboxProcess();  // SIGKILL, and waits
  SandboxProcess(const SandboxProcess&) = delete;
  SandboxProcess& operator=(const SandboxProcess&) = delete;

  // Writes the faults file and starts with it.
  static std::vector<std::string> with_faults(const TemporaryDirectory& directory, const nlohmann::json& faults);

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string database() const { return (directory_.path() / "crm.db").string(); }

  void kill_hard();  // SIGKILL, and waits
  // The exit code of a process that ends by itself or after SIGTERM; 128 + signal when one ended it.
  int terminate();
  int wait_for_end();
  // Starts another process on the same database, on another port. The last one must have ended.
  void start(const std::vector<std::string>& options = {});

  // The request log, so far.
  std::vector<nlohmann::json> requests() const;
  // Requests of a kind in it.
  size_t count_requests(const std::string& kind) const;
  // The first column of the first row.
  std::string query(const std::string& sql) const;

 private:
  TemporaryDirectory directory_;
  pid_t pid_ = -1;
  int port_ = 0;
};

}  // namespace bulkwrite::test
