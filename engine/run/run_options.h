// A load's call as the ledger keeps it, so that a run can go on without being told again.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/run/ledger.h"
#include "engine/run/load.h"

namespace bulkwrite::run {

// What makes the chunks: the same text, the same chunks of the same input.
std::string cut_text(const InputOptions& options);

// JSON of the input and of what the records need; never a credential.
std::string options_text(const LoadOptions& options);

// `how` with everything that the run is bound to in its place. Errors: input_data.
Result<LoadOptions> bound_options(const RunFacts& facts, LoadOptions how);

// The profile that the run was begun with; empty where there was none.
std::string profile_of(const RunFacts& facts);

schema::Operation operation_of(std::string_view name);
std::string operation_name(schema::Operation operation);

}  // namespace bulkwrite::run
