// Ties the verdicts of a job to the records that were sent.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/csv/chunk.h"
#include "engine/run/judge.h"
#include "engine/run/verdict.h"

namespace bulkwrite::run {

// Verdicts that are tied to the records of a chunk.
struct Joined {
  Verdicts verdicts;
  std::vector<uint32_t> order;  // the verdict of each record that was sent; empty: they stand in the same order

  const Verdict& of(uint64_t sent) const;  // the `sent`th record that was sent, from 0
};

// What was sent of a chunk.
struct SentChunk {
  const csv::Chunk& chunk;
  std::span<const uint32_t> rejected;      // its records that were not sent, counted from 0, in order
  std::span<const size_t> mapped_columns;  // in the order of the mapping; results echo the first three
  uint64_t records;                        // that were sent
};

// As many verdicts as records were sent, and each echoes its record: in the same order, or by the echoed columns where
// no two records have the same. Where that cannot be proven they are tied to nothing (input_data).
Result<Joined> join_verdicts(Verdicts verdicts, const SentChunk& sent);

}  // namespace bulkwrite::run
