// The listener: cpp-httplib, with a thread per connection and sockets of our own, so that a reset is a real one.
#pragma once

#include <memory>

#include "tools/sandbox/http.h"

namespace bulkwrite::sandbox {

class HttpServer {
 public:
  explicit HttpServer(HttpHandler& handler);
  ~HttpServer();

  // Binds to 127.0.0.1, port 0 for any free one. Returns the port, -1 when it is taken.
  int bind(int port);
  // Serves until stop(), which any thread may call.
  void serve();
  void stop();

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace bulkwrite::sandbox
