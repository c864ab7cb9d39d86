// A tiny HTTP server on the loopback, for tests of a client: it says byte for byte what a script tells it to, and may
// then close, reset, fall silent, or find no end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

class LoopbackServer {
 public:
  struct Received {
    size_t connection;  // counted from 1
    std::string head, body;

    std::string path() const;
    std::string header(const std::string& name) const;  // empty where there is none
  };
  enum class Then { keep, close, reset, hang, flood, drip };
  struct Answer {
    std::string bytes;
    Then then = Then::keep;
    // flood: these behind `bytes`, again and again, until the client goes. drip: so too, but a byte at a time.
    std::string again = {};
  };
  // Called on the connections' threads, one call at a time.
  using Script = std::function<Answer(const Received&)>;

  explicit LoopbackServer(Script script);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url(const std::string& path) const;
  std::vector<Received> received() const;
  uint64_t bytes_sent() const { return bytes_sent_; }

  static std::string http(int status, const std::string& body, const std::string& more_headers = "");
  static int closed_port();  // at which nobody listens

 private:
  void accept_all();
  void serve(int connection, size_t number);
  bool send_all(int connection, std::string_view bytes);  // false: the client has gone
  void send_for_ever(int connection, const Answer& answer);
  bool wait_for_bytes(int connection) const;  // false: the server stops
  bool read_request(int connection, std::string& buffer, Received& request) const;

  const Script script_;
  int listener_ = -1, stop_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Received> received_;
  std::atomic<uint64_t> bytes_sent_ = 0;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};
