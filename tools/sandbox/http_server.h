// The listener: cpp-httplib, with a thread per connection and sockets of our own, so that a reset is a real one.
#pragma once

#include <atomic>
#include <memory>

#include "tools/sandbox/http.h"

namespace bulkwrite::sandbox {

class HttpServer {
 public:
  explicit HttpServer(HttpHandler& handler);
  ~HttpServer();

  // Binds to 127.0.0.1, port 0 for any free one. Returns the port, -1 when it is taken.
  int bind(int port);
  // Serves until stop(), which another thread may call once, even before serving has begun.
  void serve();
  void stop();

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
  std::atomic<bool> served_ = false;
};

}  // namespace bulkwrite::sandbox
