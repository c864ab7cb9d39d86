// The one seam to the network: requests go out, replies come in, nothing is retried or followed here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/result.h"

namespace bulkwrite::api {

constexpr size_t kReplyBytesMax = 16 << 20;

struct Request {
  enum class Method { get, post } method = Method::get;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // of a post without a file
  // A post with a file: one multipart part named "file". The bytes are not copied; they must stay until the reply.
  std::string file_name;
  std::string_view file;
  // Never on a connection that has served before: a client library may send a post again when such a one dies.
  bool fresh_connection = false;
  Milliseconds timeout{120'000};
  size_t reply_bytes_max = kReplyBytesMax;
};

// How far a request got.
enum class Delivery {
  complete,   // a whole reply came
  not_sent,   // resolving or connecting failed: no byte of the request left
  uncertain,  // it may have arrived; no whole reply came
};

struct Reply {
  Delivery delivery = Delivery::not_sent;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string failure;  // for people, where it is not complete; never with a header in it

  std::string_view header(std::string_view lower_case_name) const;  // empty where there is none
};

struct Completion {
  uint64_t id = 0;
  Reply reply;
};

// One thread, but for wake().
class Transport {
 public:
  virtual ~Transport() = default;
  virtual void start(uint64_t id, Request request) = 0;
  // Waits until a reply is there, wake() is called or the time is up.
  virtual std::vector<Completion> wait(Milliseconds at_most) = 0;
  // Forgets a request: no byte of it is read or written any more, and it completes never.
  virtual void cancel(uint64_t id) { (void)id; }
  virtual void wake() = 0;
};

// libcurl's multi interface: HTTP/1.1, no redirects, gzip taken, no proxy for loopback.
Result<std::unique_ptr<Transport>> make_curl_transport();

}  // namespace bulkwrite::api
