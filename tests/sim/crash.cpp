#include "tests/sim/crash.h"

#include <string_view>

#include "engine/base/crash_point.h"

namespace sim {
namespace {

thread_local CrashPlan* plan_of_thread = nullptr;

// Requests and replies have places of their own on the simulated wire, which knows what the engine has been told.
bool is_about_wire(std::string_view place) {
  return place.find(": about to ") != std::string_view::npos || place.ends_with(": answered");
}

void pass_place(const char* place) {
  if (plan_of_thread != nullptr && !is_about_wire(place)) plan_of_thread->pass(Fault::crash_at_ledger);
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
