#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include "engine/api/transport.h"
#include "engine/base/check.h"
#include "engine/base/crash_point.h"

namespace bulkwrite::api {
namespace {

constexpr long kConnectTimeoutMs = 15'000;
constexpr size_t kHeaderBytesMax = 256 << 10;
constexpr long kLowSpeedBytes = 1, kLowSpeedSeconds = 60;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

// One request on its way.
struct Exchange {
  uint64_t id = 0;
  Request request;
  Reply reply;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  curl_mime* mime = nullptr;
  size_t file_given = 0, header_bytes = 0;
  bool too_large = false;

  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() {
    curl_mime_free(mime);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
  }
};

size_t take_body(char* bytes, size_t one, size_t count, void* self) {
  Exchange& exchange = *static_cast<Exchange*>(self);
  const size_t size = one * count;
  if (exchange.reply.body.size() + size > exchange.request.reply_bytes_max) {
    exchange.too_large = true;
    return 0;
  }
  exchange.reply.body.append(bytes, size);
  return size;
}

size_t take_header(char* bytes, size_t one, size_t count, void* self) {
  Exchange& exchange = *static_cast<Exchange*>(self);
  const std::string_view line(bytes, one * count);
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kHeaderBytesMax) {
    exchange.too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    crash_point("http: a request has left, and its reply has begun");
    exchange.reply.headers.clear();
  }
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos)
    exchange.reply.headers.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
  return line.size();
}

size_t give_file(char* out, size_t one, size_t count, void* self) {
  Exchange& exchange = *static_cast<Exchange*>(self);
  const std::string_view rest = exchange.request.file.substr(exchange.file_given);
  const size_t size = std::min(one * count, rest.size());
  std::memcpy(out, rest.data(), size);
  exchange.file_given += size;
  return size;
}

int seek_file(void* self, curl_off_t offset, int origin) {
  Exchange& exchange = *static_cast<Exchange*>(self);
  if (origin != SEEK_SET || offset < 0 || static_cast<size_t>(offset) > exchange.request.file.size())
    return CURL_SEEKFUNC_CANTSEEK;
  exchange.file_given = static_cast<size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

void add_file(Exchange& exchange) {
  exchange.mime = curl_mime_init(exchange.easy);
  curl_mimepart* const part = curl_mime_addpart(exchange.mime);
  curl_mime_name(part, "file");
  curl_mime_filename(part, exchange.request.file_name.c_str());
  curl_mime_type(part, "application/zip");
  curl_mime_data_cb(part, static_cast<curl_off_t>(exchange.request.file.size()), give_file, seek_file, nullptr,
                    &exchange);
  curl_easy_setopt(exchange.easy, CURLOPT_MIMEPOST, exchange.mime);
}

void add_headers(Exchange& exchange) {
  for (const auto& [name, value] : exchange.request.headers)
    exchange.headers = curl_slist_append(exchange.headers, fmt::format("{}: {}", name, value).c_str());
  // Without this, large bodies wait for a "100 Continue" that not every server sends.
  exchange.headers = curl_slist_append(exchange.headers, "Expect:");
  curl_easy_setopt(exchange.easy, CURLOPT_HTTPHEADER, exchange.headers);
}

void configure(Exchange& exchange) {
  CURL* const easy = exchange.easy;
  const Request& request = exchange.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &exchange);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "127.0.0.1,localhost,::1");
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   std::min<long>(kConnectTimeoutMs, static_cast<long>(request.timeout.count())));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kLowSpeedBytes);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kLowSpeedSeconds);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  if (request.fresh_connection) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  }
  if (!request.file_name.empty()) {
    add_file(exchange);
  } else if (request.method == Request::Method::post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  add_headers(exchange);
}

Delivery delivery_of(CURL* easy, CURLcode code) {
  if (code == CURLE_OK) return Delivery::complete;
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_CONNECT ||
      code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION) {
    return Delivery::not_sent;
  }
  long request_bytes = 0;
  curl_off_t body_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &body_bytes);
  return request_bytes == 0 && body_bytes == 0 ? Delivery::not_sent : Delivery::uncertain;
}

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CURLM* multi) : multi_(multi) {}
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;
  ~CurlTransport() override {
    for (const auto& [id, exchange] : exchanges_) curl_multi_remove_handle(multi_, exchange->easy);
    exchanges_.clear();
    curl_multi_cleanup(multi_);
  }

  void start(uint64_t id, Request request) override {
    auto exchange = std::make_unique<Exchange>();
    exchange->id = id;
    exchange->request = std::move(request);
    exchange->easy = curl_easy_init();
    BULKWRITE_CHECK(exchange->easy != nullptr, "libcurl has memory for a request");
    configure(*exchange);
    curl_multi_add_handle(multi_, exchange->easy);
    const bool fresh = exchanges_.emplace(id, std::move(exchange)).second;
    BULKWRITE_CHECK(fresh, "an exchange has an id of its own");
  }

  std::vector<Completion> wait(Milliseconds at_most) override {
    int running = 0;
    curl_multi_perform(multi_, &running);
    std::vector<Completion> done = take_done();
    if (!done.empty()) return done;
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(at_most.count()), nullptr);
    curl_multi_perform(multi_, &running);
    return take_done();
  }

  void cancel(uint64_t id) override {
    const auto found = exchanges_.find(id);
    if (found == exchanges_.end()) return;
    curl_multi_remove_handle(multi_, found->second->easy);
    exchanges_.erase(found);
  }

  void wake() override { curl_multi_wakeup(multi_); }

 private:
  std::vector<Completion> take_done() {
    std::vector<Completion> done;
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Exchange* exchange = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
      done.push_back({exchange->id, finish(*exchange, message->data.result)});
      curl_multi_remove_handle(multi_, exchange->easy);
      exchanges_.erase(exchange->id);
    }
    return done;
  }

  static Reply finish(Exchange& exchange, CURLcode code) {
    Reply reply = std::move(exchange.reply);
    reply.delivery = delivery_of(exchange.easy, code);
    long status = 0;
    curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    reply.status = static_cast<int>(status);
    if (exchange.too_large)
      reply.failure =
          fmt::format("the reply is larger than the {} bytes that it may have", exchange.request.reply_bytes_max);
    else if (code != CURLE_OK)
      reply.failure = curl_easy_strerror(code);
    return reply;
  }

  CURLM* const multi_;
  std::map<uint64_t, std::unique_ptr<Exchange>> exchanges_;
};

}  // namespace

std::string_view Reply::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (known == name) return value;
  return {};
}

Result<std::unique_ptr<Transport>> make_curl_transport() {
  static std::once_flag once;
  static CURLcode ready = CURLE_OK;
  std::call_once(once, [] { ready = curl_global_init(CURL_GLOBAL_DEFAULT); });
  CURLM* const multi = ready == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) return Error{ErrorKind::unexpected, "libcurl cannot be initialised"};
  return std::unique_ptr<Transport>(std::make_unique<CurlTransport>(multi));
}

}  // namespace bulkwrite::api
