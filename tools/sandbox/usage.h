// Daily credits and concurrent calls by edition (contract 8.1 to 8.3). Counted in memory, since the start. Any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "tools/sandbox/switches.h"

namespace bulkwrite::sandbox {

class Usage {
 public:
  explicit Usage(const Switches& switches);

  // False: too many at once. Every true is to be answered by an end().
  bool begin();
  void end();
  // False: the day's credits do not suffice, and nothing is spent.
  bool spend(int64_t credits);
  // False: too many results within a minute.
  bool download();
  // What is left, once half of the day's credits are spent.
  std::optional<int64_t> remaining_when_low();

 private:
  void forget_old();

  int64_t credits_max_ = 0;      // 0: no limit
  int64_t concurrency_max_ = 0;  // 0: no limit
  std::mutex mutex_;
  int64_t running_ = 0;
  int64_t spent_ = 0;
  std::deque<std::pair<int64_t, int64_t>> spendings_;  // when (ms), credits
  int64_t downloads_max_ = 0;                          // a minute; 0: no limit
  std::deque<int64_t> downloads_;                      // when (ms)
};

}  // namespace bulkwrite::sandbox
