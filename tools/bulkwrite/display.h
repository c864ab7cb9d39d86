// Shows people how far the work is: a few lines that renew themselves on a terminal, a plain line every few seconds
// elsewhere.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/run/progress.h"

namespace bulkwrite::cli {

// Writes to stderr from a thread of its own; the counters are only read.
class Display {
 public:
  enum class Work { check, pack, load };

  Display(const run::Progress& progress, Work work, std::stop_token stop);  // says so when asked to stop
  ~Display();                                                               // takes its lines away

  // A line for people that stays. Any thread.
  void say(const std::string& line);

 private:
  void tick(std::stop_token stop);
  void draw();
  void erase();
  std::vector<std::string> lines();
  std::string input_line(double seconds);
  std::string time_left(double seconds) const;

  const run::Progress& progress_;
  const Work work_;
  const bool live_;  // a terminal that can renew lines
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  double reading_seconds_ = 0;  // until the input's end
  size_t lines_drawn_ = 0;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread ticker_;
  std::stop_callback<std::function<void()>> told_;
};

// "12.3 MB", "1,234,567"
std::string bytes_text(uint64_t bytes);
std::string count_text(uint64_t count);

}  // namespace bulkwrite::cli
