#include "engine/api/throttle.h"

#include <fmt/format.h>

namespace bulkwrite::api {
namespace {

constexpr std::string_view kCreditsReturn =
    "they come back 24 hours after they were spent: go on then, with `bulkwrite resume` where a run has begun";
constexpr std::string_view kFewerCalls = "lower --concurrency, or wait for the others, and go on in the same way";

}  // namespace

ThrottleCause throttle_cause(const Reply& reply, const CreditBudget& credits, uint64_t cost, Milliseconds lasting) {
  if (credits.is_used_up(cost)) return ThrottleCause::credits;
  // What was told before may have been spent by others since.
  if (CreditBudget::told_by(reply)) return ThrottleCause::calls;
  return lasting >= kTooManyCallsPass ? ThrottleCause::credits_likely : ThrottleCause::unknown;
}

std::string throttle_text(ThrottleCause cause, const CreditBudget& credits, Milliseconds lasting) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lasting).count();
  const uint64_t left = credits.remaining().value_or(0);
  switch (cause) {
    case ThrottleCause::credits:
      return fmt::format("the organisation's credits are used up ({} are left); {}", left, kCreditsReturn);
    case ThrottleCause::calls:
      return fmt::format(
          "the organisation has {} credits left, so too many calls were under way at once, of this program or of "
          "others: lower --concurrency, or wait for the others, and go on with `bulkwrite resume` where a run has "
          "begun",
          left);
    case ThrottleCause::credits_likely:
      return fmt::format(
          "nothing else has come for {} s, and too many calls at once pass within seconds: most likely the "
          "organisation's credits are used up; {}. If they are not, other programs keep the organisation busy",
          seconds, kCreditsReturn);
    case ThrottleCause::unknown:
      break;
  }
  return fmt::format(
      "it does not say whether the organisation's credits are used up ({}) or too many calls were under way at once, "
      "of this program or of others ({})",
      kCreditsReturn, kFewerCalls);
}

}  // namespace bulkwrite::api
