// What the end of a submission means to the ledger and to the run directory.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/api/submission.h"
#include "engine/base/result.h"
#include "engine/run/ledger.h"

namespace bulkwrite::run {

ChunkState state_of(api::OutcomeKind kind);

// The end of a chunk that was packed and will not be submitted.
api::Outcome turned_away(const api::Work& work);

// Whether there is no use in sending what comes after it: what the service refuses once it refuses always, and where it
// does not answer there is nothing to send to. `stopping`: we ended it ourselves.
bool is_hopeless(const api::Outcome& outcome, bool stopping);

// Puts a result archive where it is found again; it is there for good when this returns.
using WriteResult = std::function<Result<void>(uint64_t chunk_index, std::string_view zip)>;

// Puts what came back onto the disk, and then into the ledger.
Result<void> keep_outcome(Ledger& ledger, const api::Outcome& outcome, const WriteResult& write_result);

}  // namespace bulkwrite::run
