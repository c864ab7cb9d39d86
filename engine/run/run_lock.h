// One process at a time works on a run.
#pragma once

#include <filesystem>

#include "engine/base/file.h"
#include "engine/base/result.h"

namespace bulkwrite::run {

// Held until it is destroyed or the process ends, however it ends.
class RunLock {
 public:
  // Errors: transient where another process holds it, cannot_write.
  static Result<RunLock> take(const std::filesystem::path& run_dir);
  // Waits as long as another process holds it, which must be short. Errors: cannot_write.
  static Result<RunLock> wait_for(const std::filesystem::path& directory);

 private:
  explicit RunLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace bulkwrite::run
