// How much work goes into an archive: never which records are in it.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/run/options.h"
#include "engine/zip/deflate.h"

namespace bulkwrite::run {

struct Level {
  zip::Engine engine;
  int level;
  bool operator==(const Level&) const = default;
};

// Those of this build that are worth their time: on exports, each is slower than the one before it, and its archives
// smaller.
std::vector<Level> level_ladder();

// fast: the ladder's first step, ISA-L 1 where it is built in (2 and 3 save 5 and 6 % of the bytes, and take 10 to 45
// and 50 % more time, while the time of everything else is short). small: libdeflate 6, or zlib 6.
// Precondition: one of the two.
Level level_of(Packing packing);

// How the network stands when an archive is about to be made.
enum class Demand {
  waits,     // it could take another archive at once, and there is none
  keeps_up,  // neither
  is_behind  // an archive waits for it already
};

// `auto`: which step of a ladder the next archive is worth. While archives wait for the network, time is there: one
// step up. When the network waits for an archive, one step down. So the level settles where packing is just as fast as
// sending, whatever is the slower of uplink and jobs, and on the cheapest where packing is the slowest of all. It
// begins there too, so that the first upload begins soon. Each worker has one of its own: then many workers that see
// the same queue do not all take the same leap, but one step each.
class LevelPolicy {
 public:
  explicit LevelPolicy(size_t steps) : steps_(steps) {}

  size_t next(Demand demand) {
    if (demand == Demand::is_behind && step_ + 1 < steps_) ++step_;
    if (demand == Demand::waits && step_ > 0) --step_;
    return step_;
  }

 private:
  const size_t steps_;
  size_t step_ = 0;
};

}  // namespace bulkwrite::run
