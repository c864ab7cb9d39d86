// The last events of a seed, for people. Events are told only where somebody wants them.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <deque>
#include <string>
#include <utility>

#include "engine/base/clock.h"

namespace sim {

class Trace {
 public:
  Trace(bool on, const bulkwrite::Clock& clock) : on_(on), clock_(clock) {}

  template <typename... Arguments>
  void tell(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    if (!on_) return;
    const double seconds = static_cast<double>(clock_.now().time_since_epoch().count()) / 1'000;
    events_.push_back(fmt::format("{:>12.3f}  {}", seconds, fmt::format(text, std::forward<Arguments>(arguments)...)));
  }

  bool is_on() const { return on_; }
  void print(size_t last) const {
    for (size_t i = events_.size() - std::min(last, events_.size()); i < events_.size(); ++i)
      fmt::print("{}\n", events_[i]);
  }

 private:
  const bool on_;
  const bulkwrite::Clock& clock_;
  std::deque<std::string> events_;
};

}  // namespace sim
