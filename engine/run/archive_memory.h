// The memory of archives that are no longer needed, for those to come: a large piece of memory that is new has to be
// handed over by the system page by page.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace bulkwrite::run {

// Any thread. Keeps a few pieces at most; what is more is let go of.
class ArchiveMemory {
 public:
  explicit ArchiveMemory(size_t kept_max) : kept_max_(kept_max) {}

  void give_back(std::string bytes) {
    const std::scoped_lock lock(mutex_);
    if (kept_.size() < kept_max_) kept_.push_back(std::move(bytes));
  }
  // Empty; its capacity is what it was, or nothing.
  std::string take() {
    const std::scoped_lock lock(mutex_);
    if (kept_.empty()) return {};
    std::string bytes = std::move(kept_.back());
    kept_.pop_back();
    bytes.clear();
    return bytes;
  }

 private:
  const size_t kept_max_;
  std::mutex mutex_;
  std::vector<std::string> kept_;
};

}  // namespace bulkwrite::run
