// The first SIGINT or SIGTERM asks for a soft stop; the second ends the process at once.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace bulkwrite::cli {

// Make it before any other thread: the signals are blocked in this thread and in all that it starts later.
class Signals {
 public:
  Signals();
  ~Signals();
  std::stop_token stop_token() const { return stop_.get_token(); }
  int received() const { return received_; }  // 0: none

 private:
  void watch(std::stop_token ended);

  std::stop_source stop_;
  std::atomic<int> received_{0};
  std::jthread watcher_;
};

// For a child process: lets the signals through again.
void unblock_signals();

}  // namespace bulkwrite::cli
