#include "tools/sandbox/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "tools/sandbox/clock.h"

namespace bulkwrite::sandbox {
namespace {

using nlohmann::ordered_json;

constexpr uint64_t kBodyBytesMax = 1'000'000;
constexpr uint64_t kMultipartBytesMax = 64 * 1024;  // of an upload, beside its file
constexpr int kSupportedVersion = 8;
constexpr int64_t kCreateCredits = 500;

using Answer = HttpReply (*)(const Service&, const Call&);

struct Route {
  const char* kind = "other";
  const char* method = "GET";
  Answer answer = nullptr;  // null: no such URL
  std::string argument;
  std::string version;  // empty: the URL has none
  bool open = false;    // needs no access token
  int64_t credits = 1;
};

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> parts;
  size_t begin = 1;
  while (begin <= path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

Route oauth_route(const std::vector<std::string>& parts) {
  if (parts.size() < 3 || parts[1] != "v2" || parts[2] != "token") return {};
  if (parts.size() == 3) return {"token", "POST", answer_token, "", "", true, 0};
  if (parts.size() == 4 && parts[3] == "revoke") return {"revoke", "POST", answer_revoke, "", "", true, 0};
  return {};
}

Route bulk_route(const std::vector<std::string>& parts) {
  if (parts.size() < 4 || parts[3] != "write") return {};
  if (parts.size() == 4) return {"create", "POST", answer_create, "", parts[2], false, kCreateCredits};
  if (parts.size() == 5) return {"details", "GET", answer_details, parts[4], parts[2]};
  return {};
}

Route settings_route(const std::vector<std::string>& parts) {
  const std::string argument = parts.size() == 5 ? parts[4] : "";
  if (parts.size() > 5) return {};
  if (parts[3] == "modules") return {"modules", "GET", answer_modules, argument, parts[1]};
  if (parts[3] == "fields") return {"fields", "GET", answer_fields, argument, parts[1]};
  if (parts[3] == "layouts") return {"layouts", "GET", answer_layouts, argument, parts[1]};
  return {};
}

Route crm_route(const std::vector<std::string>& parts) {
  if (parts.size() >= 2 && parts[1] == "bulk") return bulk_route(parts);
  if (parts.size() >= 4 && parts[2] == "settings") return settings_route(parts);
  if (parts.size() != 3) return {};
  if (parts[2] == "upload") return {"upload", "POST", answer_upload, "", parts[1]};
  if (parts[2] == "users") return {"users", "GET", answer_users, "", parts[1]};
  if (parts[2] == "org") return {"org", "GET", answer_org, "", parts[1]};
  return {};
}

// /v8/crm/<zgid>/bulk-write/<job>/<job>.zip
Route download_route(const std::vector<std::string>& parts, const std::string& org) {
  const bool shaped =
      parts.size() == 6 && parts[1] == "crm" && parts[3] == "bulk-write" && parts[5] == parts[4] + ".zip";
  if (!shaped || (parts[2] != org && parts[2] != "org" + org)) return {};
  return {"download", "GET", answer_download, parts[4], parts[0], false, 0};
}

Route find_route(const std::string& path, const std::string& org) {
  const std::vector<std::string> parts = split_path(path);
  if (parts.empty()) return {};
  if (parts[0] == "oauth") return oauth_route(parts);
  if (parts[0] == "crm") return crm_route(parts);
  return download_route(parts, org);
}

bool is_supported(const std::string& version) {
  return version == "v2.1" || (version.size() == 2 && version[0] == 'v' && version[1] >= '2' && version[1] <= '8');
}

std::string access_token(const HttpRequest& request) {
  constexpr std::string_view kPrefix = "Zoho-oauthtoken ";  // and never Bearer, contract 1.4
  const std::string header = request.header("Authorization");
  return header.starts_with(kPrefix) ? header.substr(kPrefix.size()) : std::string();
}

HttpReply garbage_reply() {
  HttpReply reply;
  reply.content_type = "text/html";
  reply.body = "<html><body>Bad gateway</body></html>";
  return reply;
}

HttpReply faulty_reply(const Fault& fault, const Switches& switches) {
  HttpReply reply;
  if (fault.name == "answer") {
    reply.status = fault.http;
    reply.body = fault.body;
    if (fault.retry_after_s > 0) reply.headers.emplace_back("Retry-After", std::to_string(fault.retry_after_s));
    return reply;
  }
  if (fault.name == "throttle") reply = throttled_reply(switches);
  if (fault.name.starts_with("invalid_")) reply = json_reply(200, {{"error", fault.name}});
  if (fault.name == "garbage") reply = garbage_reply();
  if (fault.name == "reset") reply.ending = Ending::kReset;
  const bool unauthorized = fault.http == 401 || fault.name == "expired_token";
  if (unauthorized) reply = refusal_reply({401, "INVALID_TOKEN", "invalid oauth token"});
  if (fault.http == 429) reply = refusal_reply(too_many_requests());
  if (fault.http == 403) reply = refusal_reply({403, "NO_PERMISSION", "Permission denied to create"});
  if (fault.http != 0 && reply.body.empty())
    reply = refusal_reply({fault.http, "INTERNAL_ERROR", "Internal Server Error"});
  if (fault.retry_after_s > 0) reply.headers.emplace_back("Retry-After", std::to_string(fault.retry_after_s));
  return reply;
}

class Exchange : public HttpExchange {
 public:
  Exchange(const Service& service, const HttpRequest& head)
      : service_(service), route_(find_route(head.path, service.org)) {
    note_.method = head.method;
    note_.path = head.path;
    note_.kind = route_.kind;
    note_.bytes_in = head.content_length;
    note_.started_ms = now_ms();
    fault_ = service_.faults.next_request(note_.kind);
    if (fault_) {
      note_.fault = fault_->name;
      note_.when = when_text(fault_->when);
    }
    admitted_ = service_.usage.begin();
  }

  ~Exchange() override {
    if (admitted_) service_.usage.end();
  }

  uint64_t body_bytes_max() const override {
    if (note_.kind != "upload") return kBodyBytesMax;
    return static_cast<uint64_t>(service_.switches.upload_bytes_max) + kMultipartBytesMax;
  }

  std::optional<uint64_t> reset_after_bytes() const override {
    if (!fault_ || fault_->name != "reset" || fault_->when == When::kAfter) return std::nullopt;
    return fault_->when == When::kBefore ? 0 : note_.bytes_in / 2;
  }

  void cut_off() override { service_.log.write(note_); }

  HttpReply answer(const HttpRequest& request) override {
    if (fault_ && fault_->delay_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(fault_->delay_ms));
    HttpReply reply;
    const bool stopped =
        fault_ && fault_->when == When::kBefore && fault_->name != "delay" && fault_->name != "truncate";
    if (!stopped) reply = true_answer(request);
    if (fault_) reply = faulted(request, std::move(reply));
    note_.status = reply.ending == Ending::kReset ? 0 : reply.status;
    service_.log.write(note_);
    return reply;
  }

 private:
  HttpReply faulted(const HttpRequest& request, HttpReply reply) {
    if (fault_->name == "delay") return reply;
    if (fault_->name == "expired_token") service_.tokens.expire(access_token(request));
    if (fault_->name != "truncate") return faulty_reply(*fault_, service_.switches);
    reply.ending = Ending::kTruncated;
    return reply;
  }

  HttpReply true_answer(const HttpRequest& request) {
    HttpReply reply;
    try {
      check(request);
      reply = route_.answer(service_, Call{request, note_, route_.argument});
    } catch (const Refusal& refusal) {
      note_.code = refusal.code;
      reply = refusal_reply(refusal);
    } catch (const std::exception& fault) {
      fmt::print(stderr, "{} {}: {}\n", request.method, request.path, fault.what());
      reply = refusal_reply({500, "INTERNAL_ERROR", "Internal Server Error"});
    }
    if (const auto remaining = service_.usage.remaining_when_low()) {
      reply.headers.emplace_back("X-API-CREDITS-REMAINING", std::to_string(*remaining));
    }
    return reply;
  }

  void check(const HttpRequest& request) {
    if (route_.answer == nullptr) {
      throw Refusal{404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"};
    }
    if (!route_.version.empty() && !is_supported(route_.version)) {
      throw Refusal{400,
                    "API_NOT_SUPPORTED",
                    "the version of the API is not supported",
                    {{"supported_version", kSupportedVersion}}};
    }
    if (request.method != route_.method) {
      throw Refusal{400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one"};
    }
    if (route_.open) return;
    if (!service_.tokens.accepts(access_token(request))) throw Refusal{401, "INVALID_TOKEN", "invalid oauth token"};
    if (!admitted_ || !service_.usage.spend(route_.credits)) throw too_many_requests();
  }

  const Service& service_;
  const Route route_;
  RequestNote note_;
  std::optional<Fault> fault_;
  bool admitted_ = false;
};

}  // namespace

std::unique_ptr<HttpExchange> Api::begin(const HttpRequest& head) {
  return std::make_unique<Exchange>(service_, head);
}

HttpReply json_reply(int status, const ordered_json& body) {
  HttpReply reply;
  reply.status = status;
  reply.body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return reply;
}

HttpReply refusal_reply(const Refusal& refusal) {
  return json_reply(
      refusal.http,
      {{"code", refusal.code}, {"details", refusal.details}, {"message", refusal.message}, {"status", "error"}});
}

Refusal too_many_requests() {
  return {429, "TOO_MANY_REQUESTS", "too many requests. please try again after some time"};
}

std::string origin_of(const HttpRequest& request) {
  return "http://" + request.header("Host");
}

}  // namespace bulkwrite::sandbox
