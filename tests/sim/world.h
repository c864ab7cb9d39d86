// One seed: a run of several sessions that crash, stop and fail, then calm, the user who settles what is uncertain by
// the service's books, and the oracle that looks at these books after each session.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/run/fate.h"
#include "engine/run/ledger.h"
#include "tests/sim/books.h"
#include "tests/sim/crash.h"
#include "tests/sim/faults.h"
#include "tests/sim/post.h"
#include "tests/sim/setup.h"
#include "tests/sim/source.h"
#include "tests/sim/trace.h"
#include "tests/sim/wire.h"

namespace sim {

class Oracle;
struct Report;

// What a seed has seen.
struct Tally {
  uint64_t seeds = 0, sessions = 0, crashes = 0, jobs = 0, records = 0, resolved = 0, resent = 0;
  FaultCounts faults{};
  void add(const Tally& other);
};

// What survives a crash, and everything around the loader.
struct World {
  World(uint64_t seed, bool traced);

  Random random;
  bulkwrite::ManualClock clock;
  Trace trace;
  Faults faults;
  const Setup setup;
  const Source source;
  CrashPlan crash;
  Books books;
  Wire wire;
  Post post;
  std::unique_ptr<bulkwrite::run::Ledger> ledger;
  std::map<uint64_t, std::string> disk;  // the result archives
};

// Runs the seed to its end; throws a Violation where the promise is broken.
class Seed {
 public:
  Seed(uint64_t seed, bool traced) : world_(seed, traced) {}
  Tally run();
  const Trace& trace() const { return world_.trace; }

 private:
  Report session(Oracle& oracle, std::optional<uint64_t> stop_after);
  void noisy_session(Oracle& oracle);
  void calm_sessions(Oracle& oracle);
  bool is_finished();
  void settle_uncertain(Oracle& oracle);

  World world_;
  Tally tally_;
};

}  // namespace sim
