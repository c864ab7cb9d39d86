// What the calls of a session cost, and whether one more may leave (contract 8.1, 8.2).
#pragma once

#include <cstdint>
#include <optional>

#include "engine/api/transport.h"

namespace bulkwrite::api {

constexpr uint64_t kCreateCredits = 500;
// Of any other call. For uploads and downloads nothing is documented: they are counted like the others, to be safe.
constexpr uint64_t kCallCredits = 1;
// A job is created only where this many looks at it can still be paid for.
constexpr uint64_t kLooksReserved = 20;
constexpr uint64_t kTrackingCredits = (kLooksReserved + 1) * kCallCredits;  // and its result
constexpr uint64_t kJobCredits = kCallCredits + kCreateCredits + kTrackingCredits;

// A value; a call is counted when it leaves. One thread.
class CreditBudget {
 public:
  explicit CreditBudget(std::optional<uint64_t> max = std::nullopt) : max_(max) {}

  // Whether our own limit leaves room for so many more.
  bool can_afford(uint64_t credits) const { return !max_ || spent_ + credits <= *max_; }
  void spend(uint64_t credits) { spent_ += credits; }
  // The call never left, or the service itself turned it away as one too many.
  static bool costs_nothing(const Reply& reply);
  void give_back(uint64_t credits) { spent_ -= credits; }
  uint64_t spent() const { return spent_; }
  std::optional<uint64_t> max() const { return max_; }

  // Reads X-API-CREDITS-REMAINING, which comes once half of the day's credits are spent.
  void hear(const Reply& reply);
  static std::optional<uint64_t> told_by(const Reply& reply);
  // What the service said last, less what has left since; nothing while it says nothing.
  std::optional<uint64_t> remaining() const;
  // Whether the service is known to have too few for it.
  bool is_used_up(uint64_t credits) const { return remaining() && *remaining() < credits; }

 private:
  std::optional<uint64_t> max_;
  uint64_t spent_ = 0;
  std::optional<uint64_t> told_;
  uint64_t spent_when_told_ = 0;
};

}  // namespace bulkwrite::api
