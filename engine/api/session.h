// Who we are at the service: the token, and what is read once before a load begins.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/api/credit_budget.h"
#include "engine/api/edition.h"
#include "engine/api/replies.h"
#include "engine/api/retry.h"
#include "engine/api/token_store.h"
#include "engine/api/transport.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"

namespace bulkwrite::api {

// Where the service is. Bases have no slash at the end.
struct Target {
  std::string api_base, accounts_base, upload_base;
  std::string org;  // zgid, for X-CRM-ORG; empty: read from the service
  // The API is where the token's reply says, if that is the service's (contract 1.1); otherwise where api_base says.
  bool api_follows_token = false;
};

// Either a token that someone else renews, or what it takes to get one. The store comes before the other two.
struct Credentials {
  std::string access_token;
  std::string client_id, client_secret, refresh_token;
  std::shared_ptr<TokenStore> store;
};

// What a grant code of a self client is worth (contract 1.5).
struct Grant {
  std::string refresh_token;
  Token token;
};

constexpr size_t kRefreshesMax = 10;  // in kRefreshWindow (contract 1.6)
constexpr Milliseconds kRefreshWindow = std::chrono::minutes(10);

// Used by one thread: first by the one that prepares the load, then by the network thread. The transport and the clock
// must outlive it. Secrets stay inside: no message holds one.
class Session {
 public:
  Session(Transport& transport, const Clock& clock, Target target, Credentials credentials, uint64_t jitter_seed = 0,
          std::stop_token stop = {});
  ~Session() { nothing_came(); }  // whoever waits for a token need not wait for us
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Target& target() const { return target_; }

  // These wait for their replies, and repeat what may be repeated. Nothing else may be under way on the transport.
  // Errors: not_allowed, service_down, configuration (no such module, a reply that is not understood), transient (the
  // service asks to come back much later, or a stop was asked for), and those of the token store.
  Result<void> sign_in();
  Result<Grant> redeem(std::string_view grant_code);  // its token is the session's then
  Result<void> revoke();                              // the refresh token, and with it all that came of it
  Result<void> find_org();                            // once; a refusal is no error where the organisation is known
  // The reply's body. Where the service says that there is nothing (204): configuration for fields, since a module that
  // nobody may see takes no records, and a list of none for layouts, which then demand nothing.
  Result<std::string> get_fields(std::string_view module);
  Result<std::string> get_layouts(std::string_view module);

  // Of the organisation, where find_org() has asked and the service has said.
  const std::optional<Edition>& edition() const { return edition_; }

  // What all calls cost, those of the dispatcher too; calls for a token are free. Where a limit is set, a call of the
  // session that would pass it is refused (usage).
  CreditBudget& credits() { return credits_; }
  const CreditBudget& credits() const { return credits_; }
  void limit_credits(std::optional<uint64_t> max) { credits_ = CreditBudget(max); }

  // "Zoho-oauthtoken ..." (contract 1.4)
  std::string authorization() const { return "Zoho-oauthtoken " + token_; }

  // Renewing while a load runs: the dispatcher does what renew() says, and hands a reply to accept(), or says that
  // nothing came.
  struct Renewal {
    enum class Kind { renewed, ask, wait } kind = Kind::renewed;
    Request request;       // to ask
    Milliseconds wait{0};  // before renew() is called again
  };
  Result<Renewal> renew();  // not_allowed where too many were asked for; and as of TokenStore::want
  Result<void> accept(const Reply& reply);
  void nothing_came();
  unsigned generation() const { return generation_; }  // of the token: one more with each new one
  unsigned renewals() const { return renewals_; }      // how many of them were made for us, and not found in the store
  bool can_refresh() const;
  bool is_stale(Instant now) const { return stale_at_ && now >= *stale_at_; }
  Result<Request> refresh_request();  // not_allowed where too many were asked for

 private:
  Result<Token> token_of(const Reply& reply, std::string* refresh_token);
  Result<void> take(const Token& token);
  Result<void> follow(const std::string& api_domain);
  Result<void> pause(Milliseconds how_long);
  Request post_to_accounts(std::string_view path, std::string form) const;
  Result<Reply> get(std::string_view path);
  Result<Reply> get_with_renewal(const std::function<Result<Request>()>& make);
  Result<Reply> exchange(const std::function<Result<Request>()>& make, uint64_t credits = 0);
  Result<Reply> wait_for(Request request);

  Transport& transport_;
  const Clock& clock_;
  Target target_;
  Credentials credentials_;
  std::string token_;
  unsigned generation_ = 0, renewals_ = 0;
  std::optional<Instant> stale_at_;
  bool has_asked_org_ = false;
  std::optional<Edition> edition_;
  CreditBudget credits_;
  std::deque<Instant> refreshes_;
  const uint64_t jitter_seed_;
  const std::stop_token stop_;
  uint64_t next_id_ = 0;
};

// The token was refused, and so was the one that it was renewed with: a third would fare no better (not_allowed).
Error renewed_in_vain(const Reply& reply);

// A value in a query or a form, with everything but letters, digits and -._~ escaped.
std::string percent_encoded(std::string_view text);

}  // namespace bulkwrite::api
