#include "engine/api/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/api/data_centre.h"
#include "engine/api/throttle.h"
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

// Contract 9.1: "204 empty body when nothing".
constexpr int kNoContent = 204;
constexpr std::string_view kNoLayouts = R"({"layouts":[]})";

bool has_nothing(const Reply& reply) {
  return reply.status == kNoContent;
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

Error renewed_in_vain(const Reply& reply) {
  return {
      ErrorKind::not_allowed,
      fmt::format("the service takes neither the token nor the one that it was renewed with: {}; a token is good in "
                  "its own data centre and organisation only: look at --dc and --org, or sign in again",
                  describe(reply))};
}

Session::Session(Transport& transport, const Clock& clock, Target target, Credentials credentials, uint64_t jitter_seed,
                 std::stop_token stop)
    : transport_(transport),
      clock_(clock),
      target_(std::move(target)),
      credentials_(std::move(credentials)),
      jitter_seed_(jitter_seed),
      stop_(std::move(stop)) {}

bool Session::can_refresh() const {
  return credentials_.access_token.empty() && (credentials_.store || !credentials_.refresh_token.empty());
}

// Every attempt begins with the store: somebody else may have got a token meanwhile.
Result<void> Session::sign_in() {
  if (!credentials_.access_token.empty()) {
    token_ = credentials_.access_token;
    return {};
  }
  const std::string doing = "signing in at " + target_.accounts_base;
  Backoff backoff({.attempts_max = 5}, jitter_seed_);
  const Instant give_up_at = clock_.now() + kSignInWaitMax;
  for (;;) {
    auto renewal = renew();
    if (!renewal) return in_context(doing, std::move(renewal).error());
    if (renewal->kind == Renewal::Kind::renewed) return {};
    Milliseconds wait = renewal->wait;
    if (renewal->kind == Renewal::Kind::wait && clock_.now() >= give_up_at) {
      return Error{ErrorKind::transient,
                   doing + ": another process has been asking for a token for minutes; run again later"};
    }
    if (renewal->kind == Renewal::Kind::ask) {
      auto reply = wait_for(std::move(renewal->request));
      if (reply && is_last_word_on_token(*reply)) return accept(*reply);
      nothing_came();
      if (!reply) return in_context(doing, std::move(reply).error());
      const auto next = backoff.next(retry_after(*reply));
      if (!next) {
        const bool throttled = classify(*reply) == ReplyClass::throttled;
        return Error{throttled ? ErrorKind::transient : ErrorKind::service_down,
                     fmt::format("{} does not answer: {}", target_.accounts_base, describe(*reply))};
      }
      wait = *next;
    }
    if (auto ok = pause(wait); !ok) return in_context(doing, std::move(ok).error());
  }
}

Result<Session::Renewal> Session::renew() {
  if (TokenStore* const store = credentials_.store.get()) {
    auto answer = store->want(token_);
    if (!answer) return std::move(answer).error();
    if (answer->kind == TokenStore::Answer::Kind::wait)
      return Renewal{.kind = Renewal::Kind::wait, .request = {}, .wait = answer->wait};
    if (answer->kind == TokenStore::Answer::Kind::token) {
      if (auto ok = take(answer->token); !ok) return std::move(ok).error();
      renewals_ += answer->is_renewal ? 1 : 0;
      return Renewal{};
    }
  }
  auto request = refresh_request();
  if (!request) {
    nothing_came();
    return std::move(request).error();
  }
  return Renewal{.kind = Renewal::Kind::ask, .request = *std::move(request), .wait = Milliseconds(0)};
}

void Session::nothing_came() {
  if (credentials_.store) credentials_.store->nothing_came();
}

Request Session::post_to_accounts(std::string_view path, std::string form) const {
  Request request{.method = Request::Method::post,
                  .url = fmt::format("{}/oauth/v2/{}", target_.accounts_base, path),
                  .timeout = kRequestTimeout};
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = std::move(form);
  return request;
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
  return post_to_accounts(
      "token", fmt::format("grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
                           percent_encoded(credentials_.client_id), percent_encoded(credentials_.client_secret),
                           percent_encoded(credentials_.refresh_token)));
}

Result<Grant> Session::redeem(std::string_view grant_code) {
  auto reply = exchange([&]() -> Result<Request> {
    return post_to_accounts(
        "token", fmt::format("grant_type=authorization_code&client_id={}&client_secret={}&code={}",
                             percent_encoded(credentials_.client_id), percent_encoded(credentials_.client_secret),
                             percent_encoded(grant_code)));
  });
  if (!reply) return in_context("signing in at " + target_.accounts_base, std::move(reply).error());
  Grant grant;
  auto token = token_of(*reply, &grant.refresh_token);
  if (!token) return std::move(token).error();
  if (grant.refresh_token.empty()) {
    return Error{
        ErrorKind::not_allowed,
        "the sign-in gave a token for an hour, but none to renew it with: make the code under \"Generate Code\" "
        "of a self client"};
  }
  if (auto ok = take(*token); !ok) return std::move(ok).error();
  grant.token = *std::move(token);
  return grant;
}

Result<void> Session::revoke() {
  auto reply = exchange([&]() -> Result<Request> {
    return post_to_accounts("token/revoke?token=" + percent_encoded(credentials_.refresh_token), "");
  });
  if (!reply) return in_context("revoking at " + target_.accounts_base, std::move(reply).error());
  return parse_revocation(*reply);
}

Result<void> Session::accept(const Reply& reply) {
  auto token = token_of(reply, nullptr);
  TokenStore* const store = credentials_.store.get();
  if (!token) {
    if (store != nullptr && is_token_throttle(reply)) store->denied();
    nothing_came();
    return std::move(token).error();
  }
  if (auto ok = take(*token); !ok) {
    nothing_came();
    return ok;
  }
  ++renewals_;
  return store == nullptr ? Result<void>() : store->keep(*token);
}

Result<Token> Session::token_of(const Reply& reply, std::string* refresh_token) {
  auto answer = parse_token(reply);
  if (!answer) return std::move(answer).error();
  if (refresh_token != nullptr) *refresh_token = std::move(answer->refresh_token);
  return Token{.text = std::move(answer->access_token),
               .api_domain = std::move(answer->api_domain),
               .ends_in = answer->expires_in,
               .renew_in = std::max(answer->expires_in - kRefreshAhead, answer->expires_in / 2)};
}

Result<void> Session::take(const Token& token) {
  if (auto ok = follow(token.api_domain); !ok) return ok;
  token_ = token.text;
  ++generation_;
  stale_at_.reset();
  if (token.renew_in) stale_at_ = clock_.now() + *token.renew_in;
  return {};
}

// No token goes to a host that is not the service's, whoever names it.
Result<void> Session::follow(const std::string& api_domain) {
  if (!target_.api_follows_token || api_domain.empty() || api_domain == target_.api_base) return {};
  if (is_api_base(api_domain)) {
    target_.api_base = api_domain;
    return {};
  }
  const std::string_view host = host_of(api_domain);
  return Error{
      ErrorKind::configuration,
      fmt::format("the sign-in names {} as the host of the API, which is none of the service's that are known: "
                  "the token does not go there, unless you set --api-base",
                  host.empty() ? "something else than a host" : host)};
}

Result<void> Session::pause(Milliseconds how_long) {
  if (how_long > kSignInWaitMax) {
    return Error{ErrorKind::transient, fmt::format("no token before {} s have passed: run again then",
                                                   std::chrono::duration_cast<std::chrono::seconds>(how_long).count())};
  }
  const Instant until = clock_.now() + how_long;
  while (clock_.now() < until) {
    if (stop_.stop_requested()) return stopped();
    (void)transport_.wait(std::min(kLook, until - clock_.now()));
  }
  return {};
}

Result<void> Session::find_org() {
  if (has_asked_org_) return {};
  auto reply = get("/org");
  // Where the organisation is known, what its edition grants is all that is missing, and we can do without.
  const bool is_known = !target_.org.empty();
  if (!reply && (!is_known || reply.error().kind == ErrorKind::transient)) return std::move(reply).error();
  has_asked_org_ = true;
  if (reply) edition_ = parse_edition(reply->body);
  if (is_known) return {};
  auto org = parse_org(reply->body);
  if (!org) return std::move(org).error();
  target_.org = *std::move(org);
  return {};
}

Result<std::string> Session::get_fields(std::string_view module) {
  auto reply = get("/settings/fields?module=" + percent_encoded(module));
  if (!reply) return in_context(fmt::format("the fields of module {}", module), std::move(reply).error());
  if (has_nothing(*reply)) {
    return Error{
        ErrorKind::configuration,
        fmt::format(
            "module {} has no fields that this user may see: sign in as one who may, or have the permission given",
            module)};
  }
  return std::move(reply->body);
}

Result<std::string> Session::get_layouts(std::string_view module) {
  auto reply = get("/settings/layouts?module=" + percent_encoded(module));
  if (!reply) return in_context(fmt::format("the layouts of module {}", module), std::move(reply).error());
  return has_nothing(*reply) ? std::string(kNoLayouts) : std::move(reply->body);
}

Result<Reply> Session::get(std::string_view path) {
  const std::string url = fmt::format("{}/crm/{}{}", target_.api_base, kVersion, path);
  const auto make = [&]() -> Result<Request> {
    if (!credits_.can_afford(kCallCredits)) {
      return Error{ErrorKind::usage,
                   fmt::format("--max-credits {} does not even pay for reading the module's fields", *credits_.max())};
    }
    Request request{.url = url, .timeout = kRequestTimeout};
    request.headers = {{"Authorization", authorization()}};
    return request;
  };
  auto reply = get_with_renewal(make);
  if (!reply || classify(*reply) == ReplyClass::answered) return reply;
  return refused("the service refuses", *reply);
}

// A token that somebody else has left in the store may be as old as ours; one that was made for us is the last.
Result<Reply> Session::get_with_renewal(const std::function<Result<Request>()>& make) {
  const unsigned renewals = renewals_;
  for (;;) {
    auto reply = exchange(make, kCallCredits);
    if (!reply || classify(*reply) != ReplyClass::unauthorised || !can_refresh()) return reply;
    if (renewals_ != renewals) return renewed_in_vain(*reply);
    if (auto ok = sign_in(); !ok) return std::move(ok).error();
  }
}

// Repeats until there is a whole reply that is not a passing fault.
Result<Reply> Session::exchange(const std::function<Result<Request>()>& make, uint64_t credits) {
  Backoff backoff({.attempts_max = 5}, jitter_seed_);
  const Instant begun_at = clock_.now();
  for (;;) {
    auto request = make();
    if (!request) return std::move(request).error();
    const std::string place(origin_of(request->url));
    credits_.spend(credits);
    auto done = wait_for(*std::move(request));
    if (!done) return done;
    Reply reply = *std::move(done);
    credits_.hear(reply);
    if (CreditBudget::costs_nothing(reply)) credits_.give_back(credits);
    const ReplyClass kind = classify(reply);
    if (kind == ReplyClass::answered || kind == ReplyClass::refused || kind == ReplyClass::unauthorised ||
        is_last_word_on_token(reply)) {
      return reply;
    }
    const auto wait = backoff.next(retry_after(reply));
    if (!wait && kind == ReplyClass::throttled) {
      const Milliseconds lasting = clock_.now() - begun_at;
      // The accounts host has a throttle of its own, which has nothing to do with credits.
      const std::string why =
          credits == 0 ? ""
                       : "; " + throttle_text(throttle_cause(reply, credits_, credits, lasting), credits_, lasting);
      return Error{ErrorKind::transient, fmt::format("{} takes no calls: {}{}", place, describe(reply), why)};
    }
    if (!wait) return Error{ErrorKind::service_down, fmt::format("{} does not answer: {}", place, describe(reply))};
    if (*wait > kSignInWaitMax) {
      return Error{ErrorKind::transient, fmt::format("{} asks to come back in {} s: run again then", place,
                                                     std::chrono::duration_cast<std::chrono::seconds>(*wait).count())};
    }
    if (auto ok = pause(*wait); !ok) return std::move(ok).error();
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
