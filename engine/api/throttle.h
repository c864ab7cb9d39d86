// What a 429 is for: too many calls at once, or too few credits. The service says both in the same words
// (contract 8.5).
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/credit_budget.h"
#include "engine/api/transport.h"
#include "engine/base/clock.h"

namespace bulkwrite::api {

// Too many calls at once pass within seconds. Who has met nothing but 429 for longer is told something else.
constexpr Milliseconds kTooManyCallsPass = std::chrono::minutes(1);

enum class ThrottleCause {
  credits,         // the service has said that it has too few for the call
  calls,           // the 429 itself says that there are enough
  credits_likely,  // nothing is said, but it has lasted too long for the other cause
  unknown,
};

// `reply` is the 429 to a call that costs so many credits, after nothing else has come for `lasting`; the budget has
// heard it.
ThrottleCause throttle_cause(const Reply& reply, const CreditBudget& credits, uint64_t cost, Milliseconds lasting);

// Why, and what to do about it; for people.
std::string throttle_text(ThrottleCause cause, const CreditBudget& credits, Milliseconds lasting);

}  // namespace bulkwrite::api
