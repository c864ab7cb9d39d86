// A sandbox of our own: a child process on a free loopback port that does not outlive us.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "engine/base/result.h"

namespace bulkwrite::cli {

class SandboxChild {
 public:
  // Starts bulkwrite-sandbox, found beside this program, on `database`, and waits until it listens. Call it on the main
  // thread: the child's life is tied to the thread that starts it.
  static Result<std::unique_ptr<SandboxChild>> start(const std::filesystem::path& database);
  ~SandboxChild();  // ends the child and waits for it

  const std::string& url() const { return url_; }

 private:
  SandboxChild(pid_t pid, std::string url) : pid_(pid), url_(std::move(url)) {}

  const pid_t pid_;
  const std::string url_;
};

}  // namespace bulkwrite::cli
