// Messages for people while the work goes on.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace bulkwrite::run {

// A line each. From any thread, but one at a time.
using Tell = std::function<void(const std::string&)>;

// What the threads of a call tell through.
inline Tell one_at_a_time(Tell tell) {
  return [tell = std::move(tell), mutex = std::make_shared<std::mutex>()](const std::string& line) {
    const std::scoped_lock lock(*mutex);
    if (tell) tell(line);
  };
}

}  // namespace bulkwrite::run
