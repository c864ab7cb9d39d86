// The accounts server's side: issues, checks, throttles and revokes access tokens (contract 1.5 to 1.7). Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "tools/sandbox/store.h"
#include "tools/sandbox/switches.h"

namespace bulkwrite::sandbox {

struct Client {
  std::string id;
  std::string secret;
  std::string refresh_token;  // there from the start, until it is revoked
  std::string grant_code;     // good once
};

class Tokens {
 public:
  // `fixed` is a token that is always accepted and never expires; empty for none.
  Tokens(Store& store, const Switches& switches, Client client, std::string fixed);

  bool accepts(const std::string& token);
  // A new token of a refresh token; nothing when the rate is exceeded.
  std::optional<std::string> issue();
  // invalid_client, invalid_client_secret, invalid_redirect_uri or invalid_code; empty when the form is right.
  std::string fault_of(const std::multimap<std::string, std::string>& form);
  // A new refresh token for the grant code of a form that is right, and the end of that code; nothing when another has
  // been faster.
  std::optional<std::string> redeem(const std::string& grant_code);
  void expire(const std::string& token);
  // Ends the refresh token, for good, and its access tokens. False when it is not known.
  bool revoke(const std::string& refresh_token);

 private:
  bool is_spent(const std::string& token);  // a refresh token that is revoked, a grant code that was redeemed
  bool is_granted(const std::string& refresh_token);
  Store& store_;
  const Switches& switches_;
  const Client client_;
  const std::string fixed_;
  std::mutex mutex_;
  std::map<std::string, int64_t> live_;  // token -> expiry, ms; a copy of the table
};

}  // namespace bulkwrite::sandbox
