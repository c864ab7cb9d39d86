// Lets many threads do something in the order of their numbers, while what comes before it is done in any order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace bulkwrite::run {

// Every number from the first on must be waited for by a thread that does not wait for a later one first.
class Turns {
 public:
  explicit Turns(uint64_t first) : next_(first) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Waits until it is the number's turn. False, and it never is, once closed before.
  bool wait_for(uint64_t number) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return next_ == number || closed_; });
    return next_ == number;
  }
  // The turn is over.
  void pass_on() {
    const std::scoped_lock lock(mutex_);
    ++next_;
    moved_.notify_all();
  }
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    moved_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  uint64_t next_;
  bool closed_ = false;
};

}  // namespace bulkwrite::run
