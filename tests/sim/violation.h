// The promise is broken.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace sim {

class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <typename... Arguments>
void demand(bool kept, fmt::format_string<Arguments...> otherwise, Arguments&&... arguments) {
  if (!kept) throw Violation(fmt::format(otherwise, std::forward<Arguments>(arguments)...));
}

}  // namespace sim
