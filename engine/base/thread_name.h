// Names of threads, for whoever looks at the process from outside: top -H, perf, a debugger.
#pragma once

#include <sys/prctl.h>

namespace bulkwrite {

// At most 15 letters are kept. Not for a thread that belongs to the caller of the engine.
inline void name_this_thread(const char* name) {
  prctl(PR_SET_NAME, name);
}

}  // namespace bulkwrite
