// The sudden end of the process, at a counted place: an exception that nothing of the engine catches, after which only
// the ledger and the disk are left.
#pragma once

#include <cstdint>

#include "tests/sim/faults.h"

namespace sim {

struct Crash {
  Fault place;
};

class CrashPlan {
 public:
  // Dies at the `places`th place from now; 0: never.
  void arm(uint64_t places) { left_ = places; }
  void pass(Fault place) {
    if (left_ > 0 && --left_ == 0) throw Crash{place};
  }

 private:
  uint64_t left_ = 0;
};

// While it lives, the places that the engine itself names (base/crash_point.h) count, on this thread.
class EngineCrashPoints {
 public:
  explicit EngineCrashPoints(CrashPlan& plan);
  ~EngineCrashPoints();
  EngineCrashPoints(const EngineCrashPoints&) = delete;
  EngineCrashPoints& operator=(const EngineCrashPoints&) = delete;
};

}  // namespace sim
