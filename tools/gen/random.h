// splitmix64: a whole generator in 64 bits of state, cheap enough to seed one for every record.
#pragma once

#include <cstdint>

namespace bulkwrite::gen {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // In [0, bound).
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(((next() >> 32) * bound) >> 32); }
  uint32_t between(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
  bool chance(uint32_t per_million) { return below(1'000'000) < per_million; }

 private:
  uint64_t state_;
};

}  // namespace bulkwrite::gen
