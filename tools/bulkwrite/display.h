// Shows people how far the work is: a line that renews itself on a terminal, a plain line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "engine/run/progress.h"

namespace bulkwrite::cli {

// Writes to stderr from a thread of its own; the counters are only read.
class Display {
 public:
  enum class Work { check, pack, load };

  Display(const run::Progress& progress, Work work);
  ~Display();  // takes its line away

  // A line for people that stays. Any thread.
  void say(const std::string& line);

 private:
  void tick(std::stop_token stop);
  std::string line();

  const run::Progress& progress_;
  const Work work_;
  const bool live_;  // a terminal that can renew a line
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread ticker_;
};

// "12.3 MB", "1,234,567"
std::string bytes_text(uint64_t bytes);
std::string count_text(uint64_t count);

}  // namespace bulkwrite::cli
