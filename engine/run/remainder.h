// What earlier sessions of a run have left to do, and how a new session takes it up.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/result.h"
#include "engine/run/ledger.h"

namespace bulkwrite::run {

struct Remainder {
  struct Step {
    ChunkRow row;
    NextStep step;
  };
  std::vector<Step> steps;  // of chunks that are not over, in chunk order
  uint64_t chunks = 0;      // that the ledger knows
  uint64_t records = 0;     // in them
  uint64_t rejected = 0;    // of those, in chunks that are not judged once more
};

// Takes up the first `chunks` chunks of a settled ledger: what is left to do is open again in it when this returns.
// `listens`: a callback may name a job. Errors: of the ledger; input_data where it lacks a chunk.
Result<Remainder> take_up_chunks(Ledger& ledger, uint64_t chunks, bool resend_is_safe, bool listens);

}  // namespace bulkwrite::run
