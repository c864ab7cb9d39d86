// The only place that decides how long to wait before something is tried again.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/clock.h"

namespace bulkwrite::api {

struct RetryPolicy {
  Milliseconds delay_min{250};
  Milliseconds delay_max{30'000};
  unsigned attempts_max = 8;
};

// Doubling waits with jitter. A value: the same seed gives the same waits.
class Backoff {
 public:
  Backoff(RetryPolicy policy, uint64_t seed) : policy_(policy), random_(seed) {}

  // The wait before the next attempt, at least what the service asked for; nothing when attempts_max are used up.
  std::optional<Milliseconds> next(std::optional<Milliseconds> asked = std::nullopt);
  // Whether only one attempt is left, once the one under way has failed.
  bool is_next_last() const { return failures_ + 2 == policy_.attempts_max; }
  void succeeded() { failures_ = 0; }
  // A wait of three quarters of `full` to all of it, so that those who began together do not go on together.
  Milliseconds jittered(Milliseconds full);

 private:
  RetryPolicy policy_;
  uint64_t random_;
  unsigned failures_ = 0;
};

}  // namespace bulkwrite::api
