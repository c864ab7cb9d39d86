// Places at which a test may end the process, so that what a crash leaves behind can be tried everywhere. Without a
// hook, which no program that we ship sets, a place is one load of a null pointer.
#pragma once

#include <atomic>

namespace bulkwrite {

using CrashHook = void (*)(const char* place);

inline std::atomic<CrashHook> crash_hook{nullptr};

// `place` names what has just been done, or is about to be: "create: about to leave". A change of the ledger is named
// by its SQL, a file that now has its name by its path. Valid during the call only.
inline void crash_point(const char* place) {
  if (const CrashHook hook = crash_hook.load(std::memory_order_relaxed)) hook(place);
}

}  // namespace bulkwrite
