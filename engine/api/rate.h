// How many calls may be under way at once, and when the next may leave: what the service's 429 teach
// (contract 8.3, 8.5).
#pragma once

#include <deque>
#include <optional>

#include "engine/base/clock.h"

namespace bulkwrite::api {

// Halves the calls at once for every round of them that meets a 429, and adds one for every four rounds that do not.
// While nothing but 429 comes it also waits between calls, longer each time; what the service asks for holds all calls
// back.
class Rate {
 public:
  explicit Rate(unsigned calls_max) : calls_max_(calls_max), window_(calls_max) {}

  unsigned calls_at_once() const { return static_cast<unsigned>(window_); }  // 1 at least
  Instant not_before() const { return not_before_; }
  // For how long nothing but 429 has come; 0 while something else does.
  Milliseconds throttled_for(Instant now) const { return throttled_since_ ? now - *throttled_since_ : Milliseconds(0); }

  void answered();  // any whole reply that is no 429
  // `left_at`: when the call left. Of calls that were under way together the first 429 counts.
  void throttled(Instant left_at, Instant now, std::optional<Milliseconds> asked);

 private:
  double calls_max_, window_;
  Instant last_cut_{};
  bool has_cut_ = false;
  std::optional<Instant> throttled_since_;
  unsigned cuts_in_a_row_ = 0;
  Instant not_before_{};
};

// At most so many starts within a window that slides.
class Pace {
 public:
  Pace(unsigned starts_max, Milliseconds window) : starts_max_(starts_max), window_(window) {}  // 0: as many as come

  Instant next_start(Instant now) const;  // now, or later
  void started(Instant now);

 private:
  unsigned starts_max_;
  Milliseconds window_;
  std::deque<Instant> starts_;  // the last starts_max_
};

}  // namespace bulkwrite::api
