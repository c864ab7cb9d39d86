// Time as a dependency, so that tests can turn the hands.
#pragma once

#include <chrono>

namespace bulkwrite {

using Milliseconds = std::chrono::milliseconds;
// Milliseconds on a clock that never goes back; its zero has no meaning.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  Instant now() const override { return std::chrono::time_point_cast<Milliseconds>(std::chrono::steady_clock::now()); }
};

// A clock that stands still until it is moved. Not thread-safe.
class ManualClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  void advance(Milliseconds by) { now_ += by; }

 private:
  Instant now_{};
};

}  // namespace bulkwrite
