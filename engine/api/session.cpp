#include "engine/api/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/crash_point.h"

namespace bulkwrite::api {
namespace {

// A token is renewed this long before it ends, so that no request meets its end.
constexpr Milliseconds kRefreshAhead = std::chrono::minutes(5);
constexpr Milliseconds kRequestTimeout = std::chrono::seconds(60);
constexpr std::string_view kVersion = "v8";

constexpr Milliseconds kSignInWaitMax = std::chrono::minutes(2);
constexpr Milliseconds kLook{200};  // how often a stop request is looked for

Error stopped() {
  return {ErrorKind::transient, "stopped before anything was sent"};
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

Error refused(std::string_view what, const Reply& reply) {
  return {is_forbidden(reply) ? ErrorKind::not_allowed : ErrorKind::configuration,
          fmt::format("{}: {}", what, describe(reply))};
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Session::Session(Transport& transport, const Clock& clock, Target target, Credentials credentials, uint64_t jitter_seed,
                 std::stop_token stop)
    : transport_(transport),
      clock_(clock),
      target_(std::move(target)),
      credentials_(std::move(credentials)),
      jitter_seed_(jitter_seed),
      stop_(std::move(stop)) {}

Result<void> Session::sign_in() {
  if (!credentials_.access_token.empty()) {
    token_ = credentials_.access_token;
    credentials_.refresh_token.clear();
    return {};
  }
  auto reply = exchange([this] { return refresh_request(); });
  if (!reply) return in_context("signing in at " + target_.accounts_base, std::move(reply).error());
  return accept(*reply);
}

Result<Request> Session::refresh_request() {
  const Instant now = clock_.now();
  while (!refreshes_.empty() && refreshes_.front() + kRefreshWindow <= now) refreshes_.pop_front();
  if (refreshes_.size() >= kRefreshesMax) {
    return Error{
        ErrorKind::not_allowed,
        fmt::format("{} tokens in 10 minutes were not enough: the service takes none of them for long", kRefreshesMax)};
  }
  refreshes_.push_back(now);
  Request request{
      .method = Request::Method::post, .url = target_.accounts_base + "/oauth/v2/token", .timeout = kRequestTimeout};
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = fmt::format("grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
                             percent_encoded(credentials_.client_id), percent_encoded(credentials_.client_secret),
                             percent_encoded(credentials_.refresh_token));
  return request;
}

Result<void> Session::accept(const Reply& reply) {
  auto answer = parse_token(reply);
  if (!answer) return std::move(answer).error();
  token_ = answer->access_token;
  ++generation_;
  stale_at_ = clock_.now() + std::max(answer->expires_in - kRefreshAhead, answer->expires_in / 2);
  return {};
}

Result<void> Session::find_org() {
  if (!target_.org.empty()) return {};
  auto reply = get("/org");
  if (!reply) return std::move(reply).error();
  auto org = parse_org(reply->body);
  if (!org) return std::move(org).error();
  target_.org = *std::move(org);
  edition_ = parse_edition(reply->body);
  return {};
}

Result<std::string> Session::get_fields(std::string_view module) {
  auto reply = get("/settings/fields?module=" + percent_encoded(module));
  if (!reply) return in_context(fmt::format("the fields of module {}", module), std::move(reply).error());
  return std::move(reply->body);
}

Result<std::string> Session::get_layouts(std::string_view module) {
  auto reply = get("/settings/layouts?module=" + percent_encoded(module));
  if (!reply) return in_context(fmt::format("the layouts of module {}", module), std::move(reply).error());
  return std::move(reply->body);
}

Result<Reply> Session::get(std::string_view path) {
  const std::string url = fmt::format("{}/crm/{}{}", target_.api_base, kVersion, path);
  const auto make = [&]() -> Result<Request> {
    if (!credits_.can_afford(kCallCredits)) {
      return Error{ErrorKind::usage,
                   fmt::format("--max-credits {} does not even pay for reading the module's fields", *credits_.max())};
    }
    credits_.spend(kCallCredits);
    Request request{.url = url, .timeout = kRequestTimeout};
    request.headers = {{"Authorization", authorization()}};
    return request;
  };
  auto reply = exchange(make);
  if (!reply || classify(*reply) == ReplyClass::answered) return reply;
  if (classify(*reply) == ReplyClass::unauthorised && can_refresh()) {
    if (auto ok = sign_in(); !ok) return std::move(ok).error();
    reply = exchange(make);
    if (!reply || classify(*reply) == ReplyClass::answered) return reply;
  }
  return refused("the service refuses", *reply);
}

// Repeats until there is a whole reply that is not a passing fault.
Result<Reply> Session::exchange(const std::function<Result<Request>()>& make) {
  Backoff backoff({.attempts_max = 5}, jitter_seed_);
  for (;;) {
    auto request = make();
    if (!request) return std::move(request).error();
    auto done = wait_for(*std::move(request));
    if (!done) return done;
    Reply reply = *std::move(done);
    credits_.hear(reply);
    const ReplyClass kind = classify(reply);
    if (kind == ReplyClass::answered || kind == ReplyClass::refused || kind == ReplyClass::unauthorised ||
        is_token_refusal(reply)) {
      return reply;
    }
    const auto wait = backoff.next(retry_after(reply));
    if (!wait && kind == ReplyClass::throttled) {
      return Error{
          ErrorKind::transient,
          fmt::format("{} takes no calls: {}{}", target_.api_base, describe(reply),
                      credits_.is_used_up(kCallCredits)
                          ? "; the organisation's credits are used up, and come back 24 hours after they were spent"
                          : "")};
    }
    if (!wait)
      return Error{ErrorKind::service_down, fmt::format("{} does not answer: {}", target_.api_base, describe(reply))};
    if (*wait > kSignInWaitMax) {
      return Error{ErrorKind::transient, fmt::format("{} asks to come back in {} s: run again then", target_.api_base,
                                                     std::chrono::duration_cast<std::chrono::seconds>(*wait).count())};
    }
    const Instant until = clock_.now() + *wait;
    while (clock_.now() < until) {
      if (stop_.stop_requested()) return stopped();
      (void)transport_.wait(std::min(kLook, until - clock_.now()));
    }
  }
}

Result<Reply> Session::wait_for(Request request) {
  const uint64_t id = ++next_id_;
  crash_point("session: about to ask");
  transport_.start(id, std::move(request));
  for (;;) {
    for (Completion& done : transport_.wait(kLook)) {
      if (done.id != id) continue;
      crash_point("session: answered");
      return std::move(done.reply);
    }
    if (stop_.stop_requested()) return stopped();
  }
}

}  // namespace bulkwrite::api
