#include "tools/sandbox/http_server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

namespace bulkwrite::sandbox {
namespace {

constexpr size_t kConnectionsMax = 256;
constexpr int kBacklog = 256;
constexpr int kIdleMsMax = 120'000;
constexpr int kReadMsMax = 60'000;
constexpr int kWriteMsMax = 60'000;
constexpr size_t kReadBufferBytes = 64 * 1024;
constexpr size_t kWriteBufferBytes = 64 * 1024;
constexpr size_t kKeepAliveRequestsMax = 1'000'000;

// The library would take multipart bodies apart itself and cap urlencoded ones at 8 KiB. Under another name it leaves
// every body as it is.
constexpr const char* kContentType = "x-sandbox-content-type";

bool wait_for(int fd, short events, int timeout_ms) {
  pollfd waiting{fd, events, 0};
  int ready = 0;
  do {
    ready = poll(&waiting, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// Buffers what is written until the next read or flush(), so that a reply leaves in as few segments as it can.
class Connection : public httplib::Stream {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  ~Connection() override = default;

  bool is_readable() const override { return fd_ >= 0 && (begin_ < end_ || wait_for(fd_, POLLIN, kReadMsMax)); }
  bool is_writable() const override { return fd_ >= 0; }

  ssize_t read(char* to, size_t size) override {
    if (!flush()) return -1;
    if (begin_ == end_ && !fill()) return -1;
    const size_t count = std::min(size, end_ - begin_);
    std::memcpy(to, buffer_.data() + begin_, count);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    if (fd_ < 0) return -1;
    output_.append(from, size);
    if (output_.size() >= kWriteBufferBytes && !truncating_ && !flush()) return -1;
    return static_cast<ssize_t>(size);
  }

  bool flush() {
    if (fd_ < 0) return false;
    const size_t size = truncating_ ? output_.size() / 2 : output_.size();
    for (size_t sent = 0; sent < size;) {
      if (!wait_for(fd_, POLLOUT, kWriteMsMax)) return false;
      const ssize_t count = send(fd_, output_.data() + sent, size - sent, MSG_NOSIGNAL);
      if (count < 0 && errno != EINTR && errno != EAGAIN) return false;
      if (count > 0) sent += static_cast<size_t>(count);
    }
    output_.clear();
    return !truncating_;
  }

  // Only the first half of what is written from here on will leave; then the connection ends.
  void truncate() { truncating_ = true; }

  // The peer sees "connection reset", whatever it is doing: a socket closed with a linger of nought answers with RST.
  void reset() {
    if (fd_ < 0) return;
    const linger none{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    // Dissolving the connection sends the RST now; the descriptor itself stays open until its owner closes it.
    sockaddr nowhere{};
    nowhere.sa_family = AF_UNSPEC;
    connect(fd_, &nowhere, sizeof nowhere);
    fd_ = -1;
  }

  bool wait_for_request() { return fd_ >= 0 && (begin_ < end_ || wait_for(fd_, POLLIN, kIdleMsMax)); }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override { get_remote_ip_and_port(ip, port); }
  socket_t socket() const override { return fd_; }

 private:
  bool fill() {
    if (!wait_for(fd_, POLLIN, kReadMsMax)) return false;
    const ssize_t count = recv(fd_, buffer_.data(), buffer_.size(), 0);
    if (count <= 0) return false;
    begin_ = 0;
    end_ = static_cast<size_t>(count);
    return true;
  }

  int fd_;
  std::vector<char> buffer_ = std::vector<char>(kReadBufferBytes);
  size_t begin_ = 0;
  size_t end_ = 0;
  std::string output_;
  bool truncating_ = false;
};

thread_local Connection* current_connection = nullptr;

// A thread per connection: a connection that idles between two requests holds up nobody else.
class ConnectionThreads : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_ < kConnectionsMax; });
    ++running_;
    std::thread([this, task = std::move(task)] {
      task();
      const std::lock_guard done(mutex_);
      --running_;
      changed_.notify_all();
    }).detach();
  }
  void shutdown() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t running_ = 0;
};

void prepare_request(httplib::Request& request) {
  request.headers.erase(kContentType);
  const std::string content_type = request.get_header_value("Content-Type");
  request.headers.erase("Content-Type");
  if (!content_type.empty()) request.headers.emplace(kContentType, content_type);
  const bool has_length = request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
  if (!has_length) request.headers.emplace("Content-Length", "0");  // or the library would read until the end
}

HttpRequest request_head(const httplib::Request& request) {
  HttpRequest head;
  head.method = request.method;
  head.path = request.path;
  head.params = request.params;
  head.header = [&request](const char* name) { return request.get_header_value(name); };
  head.content_type = request.get_header_value(kContentType);
  head.content_length = std::strtoull(request.get_header_value("Content-Length").c_str(), nullptr, 10);
  return head;
}

// False when the exchange is over: the connection was reset, or its peer is gone.
bool read_body(HttpRequest& request, HttpExchange& exchange, const httplib::ContentReader& reader) {
  const auto reset_after = exchange.reset_after_bytes();
  const uint64_t bytes_max = exchange.body_bytes_max();
  uint64_t received = 0;
  const bool whole = reader([&](const char* data, size_t size) {
    received += size;
    if (reset_after && received >= *reset_after) return false;
    if (received > bytes_max) {
      request.body_too_large = true;  // the rest is read and dropped, so that the client comes to read the answer
      request.body.clear();
    } else {
      request.body.append(data, size);
    }
    return true;
  });
  if (whole && !reset_after) return true;
  exchange.cut_off();  // first, so that who sees the reset finds it logged
  if (reset_after) current_connection->reset();
  return false;
}

void write_reply(const HttpReply& reply, httplib::Response& response) {
  if (reply.ending == Ending::kReset) return current_connection->reset();
  if (reply.ending == Ending::kTruncated) current_connection->truncate();
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  if (!reply.body.empty()) response.set_content(reply.body, reply.content_type);
}

}  // namespace

class HttpServer::Listener : public httplib::Server {
 public:
  explicit Listener(HttpHandler& handler) : handler_(handler) {
    new_task_queue = [] { return new ConnectionThreads; };
    set_keep_alive_max_count(kKeepAliveRequestsMax);
    set_keep_alive_timeout(kIdleMsMax / 1000);
    set_payload_max_length(std::numeric_limits<size_t>::max());
    const auto plain = [this](const httplib::Request& request, httplib::Response& response) {
      serve_one(request, response, [](httplib::ContentReceiver) { return true; });
    };
    const auto reading = [this](const httplib::Request& request, httplib::Response& response,
                                const httplib::ContentReader& reader) { serve_one(request, response, reader.reader_); };
    Get(".*", plain);
    Options(".*", plain);
    Post(".*", reading);
    Put(".*", reading);
    Patch(".*", reading);
    Delete(".*", reading);
  }

  // The library asks for a backlog of five: a burst of connections would wait for SYNs sent again.
  void widen_backlog() { ::listen(svr_sock_, kBacklog); }

  void end_connections() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }

 private:
  void serve_one(const httplib::Request& from, httplib::Response& response,
                 const httplib::ContentReader::Reader& reader) {
    HttpRequest request = request_head(from);
    const auto exchange = handler_.begin(request);
    const httplib::ContentReader content(reader, nullptr);
    if (read_body(request, *exchange, content)) write_reply(exchange->answer(request), response);
  }

  bool process_and_close_socket(socket_t fd) override {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    {
      const std::lock_guard lock(mutex_);
      open_.insert(fd);
      if (stopping_) ::shutdown(fd, SHUT_RDWR);
    }
    converse(fd);
    {
      const std::lock_guard lock(mutex_);
      open_.erase(fd);
    }
    ::close(fd);
    return true;
  }

  void converse(socket_t fd) {
    Connection connection(fd);
    current_connection = &connection;
    bool closed = false;
    while (!closed && connection.wait_for_request()) {
      if (!process_request(connection, false, closed, prepare_request)) break;
      if (!connection.flush()) break;
    }
    connection.flush();
    current_connection = nullptr;
  }

  HttpHandler& handler_;
  std::mutex mutex_;
  std::set<int> open_;
  bool stopping_ = false;
};

HttpServer::HttpServer(HttpHandler& handler) : listener_(std::make_unique<Listener>(handler)) {}
HttpServer::~HttpServer() = default;

int HttpServer::bind(int port) {
  if (port == 0)
    port = listener_->bind_to_any_port("127.0.0.1");
  else if (!listener_->bind_to_port("127.0.0.1", port))
    port = -1;
  if (port > 0) listener_->widen_backlog();
  return port;
}

void HttpServer::serve() {
  listener_->listen_after_bind();
  served_ = true;
}

void HttpServer::stop() {
  listener_->end_connections();
  // The library forgets a stop that comes before it listens.
  while (!listener_->is_running() && !served_) std::this_thread::yield();
  listener_->stop();
}

}  // namespace bulkwrite::sandbox
