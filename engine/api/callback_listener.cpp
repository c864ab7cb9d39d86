#include "engine/api/callback_listener.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <charconv>
#include <thread>

#include "engine/api/replies.h"
#include "engine/base/thread_name.h"

namespace bulkwrite::api {
namespace {

constexpr size_t kThreads = 4;
constexpr time_t kReadSeconds = 10;  // a caller that dawdles holds one thread for so long at most

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

class HttpListener final : public CallbackListener {
 public:
  explicit HttpListener(Heard heard) : heard_(std::move(heard)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_payload_max_length(kCallbackBytesMax);
    server_.set_read_timeout(kReadSeconds);
    server_.set_keep_alive_max_count(1);
    // Not the library's SO_REUSEPORT: two loads on one port would share out the callbacks between them.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
      heard_(last_part(request.path), parse_callback(request.body));
      response.set_content("{}", "application/json");
    });
  }
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;
  ~HttpListener() override {
    if (!thread_.joinable()) return;
    // The library forgets a stop that comes before it listens.
    while (!server_.is_running() && !ended_) std::this_thread::yield();
    server_.stop();
  }

  Result<void> start(const std::string& address) {
    const size_t colon = address.rfind(':');
    int port = -1;
    if (colon != std::string::npos) {
      const char* const end = address.data() + address.size();
      const auto [at, fault] = std::from_chars(address.data() + colon + 1, end, port);
      if (fault != std::errc() || at != end || port < 0 || port > 65535) port = -1;
    }
    if (port < 0)
      return Error{ErrorKind::configuration, fmt::format("\"{}\" is no ADDRESS:PORT to listen on", address)};
    const std::string host = address.substr(0, colon);
    port_ = port == 0 ? server_.bind_to_any_port(host) : (server_.bind_to_port(host, port) ? port : -1);
    if (port_ < 0)
      return Error{ErrorKind::configuration, fmt::format("cannot listen on {} for callbacks: is it taken?", address)};
    thread_ = std::jthread([this] {
      name_this_thread("listener");
      server_.listen_after_bind();
      ended_ = true;
    });
    return {};
  }

  int port() const override { return port_; }

 private:
  const Heard heard_;
  httplib::Server server_;
  int port_ = -1;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<CallbackListener>> CallbackListener::listen(const std::string& address, Heard heard) {
  auto listener = std::make_unique<HttpListener>(std::move(heard));
  if (auto ok = listener->start(address); !ok) return std::move(ok).error();
  return std::unique_ptr<CallbackListener>(std::move(listener));
}

}  // namespace bulkwrite::api
