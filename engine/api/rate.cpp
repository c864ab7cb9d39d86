#include "engine/api/rate.h"

#include <algorithm>

namespace bulkwrite::api {
namespace {

constexpr double kRoundsACall = 4;                       // fewer would ask for one too many in every other round
constexpr Milliseconds kWaitMin{250}, kWaitMax{30'000};  // between calls while nothing but 429 comes

}  // namespace

void Rate::answered() {
  window_ = std::min(calls_max_, window_ + 1 / (kRoundsACall * window_));
  cuts_in_a_row_ = 0;
  throttled_since_.reset();
}

void Rate::throttled(Instant left_at, Instant now, std::optional<Milliseconds> asked) {
  if (!throttled_since_) throttled_since_ = now;
  if (asked) not_before_ = std::max(not_before_, now + *asked);
  if (has_cut_ && left_at < last_cut_) return;
  has_cut_ = true;
  last_cut_ = now;
  window_ = std::max(1.0, window_ / 2);
  const Milliseconds wait = std::min(kWaitMax, kWaitMin * (1 << std::min(cuts_in_a_row_++, 16U)));
  not_before_ = std::max(not_before_, now + wait);
}

Instant Pace::next_start(Instant now) const {
  if (starts_max_ == 0 || starts_.size() < starts_max_) return now;
  return std::max(now, starts_.front() + window_);
}

void Pace::started(Instant now) {
  if (starts_max_ == 0) return;
  starts_.push_back(now);
  if (starts_.size() > starts_max_) starts_.pop_front();
}

}  // namespace bulkwrite::api
