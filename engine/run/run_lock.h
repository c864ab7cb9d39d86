// One process at a time works on a run.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>

#include "engine/base/file.h"
#include "engine/base/result.h"

namespace bulkwrite::run {

// Held until it is destroyed or the process ends, however it ends.
class RunLock {
 public:
  // Errors: transient where another process holds it, cannot_write.
  static Result<RunLock> take(const std::filesystem::path& run_dir);
  // Of the file, which is made: waits as long as another process holds it, and says once that it does. Errors:
  // transient when asked to stop, cannot_write.
  static Result<RunLock> wait_for(const std::filesystem::path& file, std::stop_token stop,
                                  const std::function<void()>& waits);

 private:
  explicit RunLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace bulkwrite::run
