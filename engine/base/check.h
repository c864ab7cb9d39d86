// Always-on checks for what only a bug can break. They end the process; no build turns them off.
#pragma once

#include <cstdio>
#include <cstdlib>

#define BULKWRITE_CHECK(condition, what)                                                                \
  do {                                                                                                  \
    if (!(condition)) {                                                                                 \
      std::fprintf(stderr, "bulkwrite: bug: %s (%s) at %s:%d\n", what, #condition, __FILE__, __LINE__); \
      std::abort();                                                                                     \
    }                                                                                                   \
  } while (false)
