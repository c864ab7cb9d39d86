// A TLS server on the loopback whose certificate nobody has signed but itself, and what came to it.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>

class TlsServer {
 public:
  // The name that its certificate is for.
  explicit TlsServer(const std::string& name);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  int port() const { return port_; }
  // How many clients came, how many of them agreed on keys, and what these said.
  struct Seen {
    size_t connections = 0, handshakes = 0;
    std::string bytes;
  };
  Seen seen() const;

 private:
  void accept_all();
  void serve(int connection);

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  int listener_ = -1, stop_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  Seen seen_;
  std::jthread acceptor_;
};
