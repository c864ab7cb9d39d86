// How much memory a call may take, whatever the size of its input.
#pragma once

#include <cstdint>
#include <string>

#include "engine/run/options.h"

namespace bulkwrite::run {

struct MemoryBound {
  uint64_t bytes = 0;         // while few records are rejected
  uint64_t all_rejected = 0;  // where every one is: those that wait for their turn are kept in memory
};

// The most that `pack` takes when every chunk is as large as it may be, apart from what is known of each file and what
// unpacking a compressed input needs. Small records take far less: nothing is taken before it is needed.
MemoryBound pack_memory(const PackOptions& options, char delimiter);

// For people.
std::string memory_text(const MemoryBound& bound);

}  // namespace bulkwrite::run
