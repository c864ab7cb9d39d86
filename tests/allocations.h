// Counts what the program allocates by operator new, in all threads. A test binary that has allocations.cpp among its
// sources has its allocator replaced.
#pragma once

#include <cstdint>

uint64_t allocations();  // so far
