// Hears what the service calls back (contract 5). A callback is a hint to go and look, and nothing more.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace bulkwrite::api {

constexpr size_t kCallbackBytesMax = 64 << 10;

class CallbackListener {
 public:
  // `token` is the last part of the path that was called; `job_id` is what the body names, perhaps empty. Called on the
  // listener's own threads, several at once. Whoever guesses a path gets the same answer as the service does.
  using Heard = std::function<void(std::string_view token, std::string_view job_id)>;

  // Listens on `address`, "HOST:PORT" with port 0 for any free one, until it is destroyed. Errors: configuration.
  static Result<std::unique_ptr<CallbackListener>> listen(const std::string& address, Heard heard);
  virtual ~CallbackListener() = default;
  virtual int port() const = 0;
};

}  // namespace bulkwrite::api
