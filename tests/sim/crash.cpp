#include "tests/sim/crash.h"

#include "engine/base/crash_point.h"

namespace sim {
namespace {

thread_local CrashPlan* plan_of_thread = nullptr;

void pass_place(const char*) {
  if (plan_of_thread != nullptr) plan_of_thread->pass(Fault::crash_at_ledger);
}

}  // namespace

EngineCrashPoints::EngineCrashPoints(CrashPlan& plan) {
  plan_of_thread = &plan;
  bulkwrite::crash_hook = pass_place;
}

EngineCrashPoints::~EngineCrashPoints() {
  plan_of_thread = nullptr;
}

}  // namespace sim
