// Chance that can be repeated: the same seed gives the same draws everywhere.
#pragma once

#include <cstdint>

#include "engine/base/clock.h"

namespace sim {

using bulkwrite::Instant;
using bulkwrite::Milliseconds;

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15 + 0x1234567) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint64_t below(uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  uint64_t between(uint64_t least, uint64_t most) { return least + below(most - least + 1); }
  unsigned small(unsigned least, unsigned most) { return static_cast<unsigned>(between(least, most)); }
  Milliseconds between(Milliseconds least, Milliseconds most) {
    return Milliseconds(between(static_cast<uint64_t>(least.count()), static_cast<uint64_t>(most.count())));
  }
  // Small values as often as large ones: each doubling is as likely as the next.
  uint64_t any_size(uint64_t most) {
    uint64_t doublings = 0;
    while ((uint64_t{1} << (doublings + 1)) <= most) ++doublings;
    const uint64_t least = uint64_t{1} << below(doublings + 1);
    const uint64_t bound = 2 * least - 1;
    return between(least, bound < most ? bound : most);
  }
  bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability; }

 private:
  uint64_t state_;
};

}  // namespace sim
