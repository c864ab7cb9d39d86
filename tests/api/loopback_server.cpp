#include "tests/api/loopback_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace {

constexpr int kDripMilliseconds = 5;

int bind_to_free_port(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener < 0 || bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port on the loopback");
  port = ntohs(address.sin_port);
  return listener;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

}  // namespace

std::string LoopbackServer::Received::path() const {
  const size_t begin = head.find(' ') + 1;
  return head.substr(begin, head.find(' ', begin) - begin);
}

std::string LoopbackServer::Received::header(const std::string& name) const {
  const size_t at = lower(head).find("\r\n" + lower(name) + ":");
  if (at == std::string::npos) return "";
  const size_t begin = head.find_first_not_of(' ', at + name.size() + 3);
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

LoopbackServer::LoopbackServer(Script script) : script_(std::move(script)) {
  listener_ = bind_to_free_port(port_);
  stop_ = eventfd(0, EFD_CLOEXEC);
  if (stop_ < 0 || listen(listener_, 64) != 0) throw std::runtime_error("cannot listen on the loopback");
  acceptor_ = std::jthread([this] { accept_all(); });
}

LoopbackServer::~LoopbackServer() {
  eventfd_write(stop_, 1);
  acceptor_.join();
  connections_.clear();  // joins
  close(listener_);
  close(stop_);
}

std::string LoopbackServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<LoopbackServer::Received> LoopbackServer::received() const {
  const std::scoped_lock lock(mutex_);
  return received_;
}

std::string LoopbackServer::http(int status, const std::string& body, const std::string& more_headers) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), more_headers, body);
}

int LoopbackServer::closed_port() {
  int port = 0;
  close(bind_to_free_port(port));
  return port;
}

void LoopbackServer::accept_all() {
  for (size_t number = 1; wait_for_bytes(listener_); ++number) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) connections_.emplace_back([this, connection, number] { serve(connection, number); });
  }
}

bool LoopbackServer::wait_for_bytes(int socket) const {
  std::array<pollfd, 2> fds = {pollfd{socket, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  poll(fds.data(), fds.size(), -1);
  return fds[1].revents == 0;
}

bool LoopbackServer::read_request(int connection, std::string& buffer, Received& request) const {
  const auto read_until = [&](auto&& enough) {
    std::array<char, 65'536> bytes{};
    while (!enough()) {
      if (!wait_for_bytes(connection)) return false;
      const ssize_t size = recv(connection, bytes.data(), bytes.size(), 0);
      if (size <= 0) return false;
      buffer.append(bytes.data(), static_cast<size_t>(size));
    }
    return true;
  };
  if (!read_until([&] { return buffer.find("\r\n\r\n") != std::string::npos; })) return false;
  const size_t body = buffer.find("\r\n\r\n") + 4;
  request.head = buffer.substr(0, body);
  const std::string length = request.header("Content-Length");
  size_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  if (!read_until([&] { return buffer.size() >= body + size; })) return false;
  request.body = buffer.substr(body, size);
  buffer.erase(0, body + size);
  return true;
}

bool LoopbackServer::send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes_sent_ += static_cast<uint64_t>(sent);
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void LoopbackServer::send_for_ever(int connection, const Answer& answer) {
  const bool drips = answer.then == Then::drip;
  std::array<pollfd, 1> stop = {pollfd{stop_, POLLIN, 0}};
  for (size_t at = 0; poll(stop.data(), stop.size(), drips ? kDripMilliseconds : 0) == 0; ++at) {
    const std::string_view again = answer.again;
    if (!send_all(connection, drips ? again.substr(at % again.size(), 1) : again)) return;
  }
}

void LoopbackServer::serve(int connection, size_t number) {
  std::string buffer;
  Then then = Then::keep;
  for (Received request{number, "", ""}; then == Then::keep && read_request(connection, buffer, request);) {
    Answer answer;
    {
      const std::scoped_lock lock(mutex_);
      received_.push_back(request);
      answer = script_(request);
    }
    send_all(connection, answer.bytes);
    then = answer.then;
    if (then == Then::flood || then == Then::drip) send_for_ever(connection, answer);
  }
  if (then == Then::hang) {
    std::array<pollfd, 1> stop = {pollfd{stop_, POLLIN, 0}};
    poll(stop.data(), stop.size(), -1);
  }
  if (then == Then::reset) {
    const linger now{1, 0};
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  close(connection);
}
