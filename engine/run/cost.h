// What a load will take of the service, before it begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/api/edition.h"
#include "engine/run/front.h"

namespace bulkwrite::run {

struct Cost {
  uint64_t records = 0, chunks = 0;
  uint64_t jobs = 0;               // at most one a chunk: none where no record of it may be sent
  bool is_exact = false;           // as against estimated from the first records
  bool may_be_fewer_jobs = false;  // exact but for chunks whose records may all be rejected
};

// From the input's size and its first records; nothing where the size is not known, such as of a compressed file.
// Before the front runs.
std::optional<Cost> estimate_cost(const Front& front, const InputOptions& options);

struct CostLimits {
  std::optional<api::Edition> edition;
  std::optional<uint64_t> credits_max;
  unsigned downloads_a_minute = 0;  // 0: as many as there are
};

// One line for people: records, chunks, jobs, credits, and how long the downloads take at least.
std::string cost_text(const Cost& cost, const CostLimits& limits);

}  // namespace bulkwrite::run
