#include "engine/api/retry.h"

#include <algorithm>

#include "engine/base/deliberate_bug.h"

namespace bulkwrite::api {
namespace {

// splitmix64: enough to spread waits.
uint64_t draw(uint64_t& state) {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

std::optional<Milliseconds> Backoff::next(std::optional<Milliseconds> asked) {
  if (++failures_ >= policy_.attempts_max && !deliberate_bug(DeliberateBug::retries_without_end)) return std::nullopt;
  const unsigned doublings = std::min(failures_ - 1, 20U);
  const int64_t full = std::min<int64_t>(policy_.delay_max.count(), policy_.delay_min.count() << doublings);
  const int64_t half = full / 2;
  const Milliseconds wait(half + static_cast<int64_t>(draw(random_) % static_cast<uint64_t>(half + 1)));
  return std::max(wait, asked.value_or(Milliseconds(0)));
}

Milliseconds Backoff::jittered(Milliseconds full) {
  const int64_t quarter = full.count() / 4;
  return full - Milliseconds(static_cast<int64_t>(draw(random_) % static_cast<uint64_t>(quarter + 1)));
}

}  // namespace bulkwrite::api
