// What a seed makes of a run before anything happens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/dispatcher.h"
#include "engine/run/brake.h"
#include "engine/run/ledger.h"
#include "tests/sim/random.h"

namespace sim {

struct Setup {
  uint64_t chunks = 0;
  uint64_t records_max = 0;  // of a chunk
  bool listens = false;      // for callbacks
  bool echo_is_unique = true;
  std::vector<size_t> mapped_columns;
  bulkwrite::api::DispatcherOptions dispatcher;
  bulkwrite::run::RunFacts facts;
  Milliseconds token_life{};
  Milliseconds job_time_max{};  // of a job that is not stuck
  unsigned sessions = 1;        // before the calm
  // Until the calm.
  std::optional<uint64_t> credits_max;
  std::optional<bulkwrite::run::FailedMax> failed_max;

  bool is_plain_insert() const { return facts.operation == "insert" && facts.find_by.empty(); }
};

Setup draw_setup(Random& random);

}  // namespace sim
