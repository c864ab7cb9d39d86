// Places at which a test may end the process, so that what a crash leaves behind can be tried everywhere. Without a
// hook, which no program that we ship sets, a place is one load of a null pointer.
#pragma once

#include <atomic>

namespace bulkwrite {

using CrashHook = void (*)(const char* place);

inline std::atomic<CrashHook> crash_hook{nullptr};

// `place` names what has just been done, such as "ledger: creating".
inline void crash_point(const char* place) {
  if (const CrashHook hook = crash_hook.load(std::memory_order_relaxed)) hook(place);
}

}  // namespace bulkwrite
