#include "engine/api/callback_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

namespace bulkwrite::api {
namespace {

using Call = std::pair<std::string, std::string>;  // token and job id

// A listener on a free port, and what it has heard.
class Ears {
 public:
  Ears() {
    auto listening = CallbackListener::listen("127.0.0.1:0", [this](std::string_view token, std::string_view job_id) {
      const std::scoped_lock lock(mutex_);
      calls_.emplace_back(token, job_id);
    });
    REQUIRE(listening);
    listener_ = *std::move(listening);
  }
  int port() const { return listener_->port(); }
  std::vector<Call> calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Call> calls_;
  std::unique_ptr<CallbackListener> listener_;  // goes first
};

int connect_to(int port) {
  const int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return peer;
  close(peer);
  return -1;
}

// The status of the answer to these bytes; 0 where none came.
int status_of(int port, const std::string& request) {
  const int peer = connect_to(port);
  if (peer < 0) return 0;
  size_t sent = 0;
  while (sent < request.size()) {
    const ssize_t now = send(peer, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) break;  // it has heard enough
    sent += static_cast<size_t>(now);
  }
  std::string answer(4096, '\0');
  const ssize_t got = recv(peer, answer.data(), answer.size(), 0);
  close(peer);
  if (got <= 0 || !answer.starts_with("HTTP/1.1 ")) return 0;
  return std::stoi(answer.substr(9, 3));
}

std::string post_text(const std::string& path, const std::string& body, const std::string& type = "application/json") {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

int post(const Ears& ears, const std::string& path, const std::string& body,
         const std::string& type = "application/json") {
  return status_of(ears.port(), post_text(path, body, type));
}

}  // namespace

TEST_CASE("a callback names its token and its job, in both shapes of body") {
  const Ears ears;
  CHECK(post(ears, "/hear/abc", R"({"status":"COMPLETED","id":"4150868000000000001","operation":"insert"})") == 200);
  CHECK(post(ears, "/hear/def", R"({"data":[{"id":"4150868000000000002","state":"FAILURE"}]})") == 200);
  CHECK(post(ears, "/ghi", R"({"job_id":"3","id":"4"})") == 200);
  CHECK(ears.calls() ==
        std::vector<Call>{{"abc", "4150868000000000001"}, {"def", "4150868000000000002"}, {"ghi", "3"}});
}

TEST_CASE("a callback that comes twice is heard twice: whoever hears it must not mind") {
  const Ears ears;
  for (int i = 0; i < 3; ++i) CHECK(post(ears, "/t", R"({"id":"1"})") == 200);
  CHECK(ears.calls() == std::vector<Call>(3, {"t", "1"}));
}

TEST_CASE("a body that says nothing is a call without a job, and gets the same answer") {
  const Ears ears;
  const std::vector<std::string> bodies{"",
                                        "null",
                                        "[]",
                                        "{}",
                                        "not json",
                                        std::string(100, '\0'),
                                        R"({"data":[]})",
                                        R"({"data":{"id":"1"}})",
                                        R"({"id":{"a":1}})",
                                        R"({"id":)",
                                        std::string(20'000, '['),
                                        R"({"data":[[[]]]})"};
  for (const std::string& body : bodies) CHECK(post(ears, "/t", body) == 200);
  CHECK(ears.calls() == std::vector<Call>(bodies.size(), {"t", ""}));
}

TEST_CASE("a form, or no type at all, is a callback too") {
  const Ears ears;
  CHECK(post(ears, "/t", R"({"id":"1"})", "text/plain") == 200);
  CHECK(post(ears, "/t", "id=1", "application/x-www-form-urlencoded") == 200);
  REQUIRE(ears.calls().size() == 2);
  CHECK(ears.calls()[0] == Call{"t", "1"});
  CHECK(ears.calls()[1].first == "t");
}

TEST_CASE("a body beyond the bound is refused and not heard, one at the bound is") {
  const Ears ears;
  const auto body = [](size_t size) {
    const std::string head = R"({"id":"1","x":")", tail = R"("})";
    return head + std::string(size - head.size() - tail.size(), 'x') + tail;
  };
  CHECK(post(ears, "/t", body(kCallbackBytesMax)) == 200);
  CHECK(ears.calls().size() == 1);
  CHECK(post(ears, "/t", body(kCallbackBytesMax + 1)) != 200);
  CHECK(post(ears, "/t", body(20 * kCallbackBytesMax)) != 200);
  CHECK(ears.calls().size() == 1);
  CHECK(post(ears, "/t", body(100)) == 200);
}

TEST_CASE("any path is answered alike, so that nobody learns which tokens there are") {
  const Ears ears;
  for (const std::string path : {"/", "/a/b/c/", "/%2e%2e/x", "/../../etc/passwd", "/t?job_id=7", "//"}) {
    CAPTURE(path);
    CHECK(post(ears, path, R"({"id":"1"})") == 200);
  }
  const auto calls = ears.calls();
  REQUIRE(calls.size() == 6);
  CHECK(calls[0].first.empty());
  CHECK(calls[1].first.empty());
  CHECK(calls[4].first == "t");
  for (const Call& call : calls) CHECK(call.first.find('/') == std::string::npos);
}

TEST_CASE("only POST is a callback, and what is no HTTP is none") {
  const Ears ears;
  for (const std::string method : {"GET", "PUT", "DELETE", "HEAD", "OPTIONS"})
    CHECK(status_of(ears.port(),
                    method + " /t HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") != 200);
  CHECK(status_of(ears.port(), "\x16\x03\x01 hello\r\n\r\n") != 200);
  CHECK(status_of(ears.port(), "POST /t HTTP/1.1\r\nContent-Length: -1\r\nConnection: close\r\n\r\n") != 200);
  CHECK(ears.calls().empty());
}

TEST_CASE("many callbacks at once are all heard") {
  const Ears ears;
  constexpr int kCallers = 8, kCalls = 25;
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < kCalls; ++i) {
          const std::string n = std::to_string(caller * kCalls + i);
          answered += status_of(ears.port(), post_text("/" + n, R"({"id":")" + n + R"("})")) == 200 ? 1 : 0;
        }
      });
    }
  }
  CHECK(answered == kCallers * kCalls);
  auto calls = ears.calls();
  std::sort(calls.begin(), calls.end());
  REQUIRE(calls.size() == kCallers * kCalls);
  CHECK(std::unique(calls.begin(), calls.end()) == calls.end());
  for (const auto& [token, job_id] : calls) CHECK(token == job_id);
}

TEST_CASE("callers that say nothing do not keep the listener from ending") {
  std::vector<int> silent;
  {
    const Ears ears;
    for (int i = 0; i < 2; ++i) silent.push_back(connect_to(ears.port()));
    CHECK(std::count(silent.begin(), silent.end(), -1) == 0);
    CHECK(post(ears, "/t", R"({"id":"1"})") == 200);
    for (const int peer : silent) close(peer);
  }
  SUCCEED("it has ended");
}

TEST_CASE("a listener that ends at once ends, and its port is free again") {
  for (int i = 0; i < 20; ++i) {
    int port = 0;
    {
      const Ears ears;
      port = ears.port();
    }
    CHECK(connect_to(port) == -1);
  }
}

TEST_CASE("a port that is taken, and an address that is none, are refused with their name") {
  const Ears ears;
  const std::string taken = "127.0.0.1:" + std::to_string(ears.port());
  for (const std::string& address :
       std::vector<std::string>{taken, "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1", "127.0.0.1:65536",
                                "127.0.0.1:1x", "", ":", "no such host.invalid:0"}) {
    CAPTURE(address);
    const auto listening = CallbackListener::listen(address, [](std::string_view, std::string_view) {});
    REQUIRE_FALSE(listening);
    CHECK(listening.error().kind == ErrorKind::configuration);
    CHECK_THAT(listening.error().message, Catch::Contains(address));
  }
  CHECK(post(ears, "/t", R"({"id":"1"})") == 200);
}

}  // namespace bulkwrite::api
