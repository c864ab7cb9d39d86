// HTTP as the API sees it, free of the library beneath.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bulkwrite::sandbox {

struct HttpRequest {
  std::string method;
  std::string path;
  std::multimap<std::string, std::string> params;  // of the query
  std::function<std::string(const char*)> header;  // in any letter case; empty when absent
  std::string content_type;
  uint64_t content_length = 0;
  std::string body;
  bool body_too_large = false;

  std::string param(const std::string& name) const {
    const auto found = params.find(name);
    return found == params.end() ? std::string() : found->second;
  }
};

enum class Ending { kWhole, kTruncated, kReset };

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  Ending ending = Ending::kWhole;
};

// One request, from its head to its reply.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  virtual uint64_t body_bytes_max() const = 0;
  // The connection is to be reset after this many bytes of the body.
  virtual std::optional<uint64_t> reset_after_bytes() const = 0;
  virtual void cut_off() = 0;  // the reset above is about to happen, or the client went away
  virtual HttpReply answer(const HttpRequest& request) = 0;
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Called with the head only; from many threads.
  virtual std::unique_ptr<HttpExchange> begin(const HttpRequest& head) = 0;
};

}  // namespace bulkwrite::sandbox
