// Where a session's tokens come from besides the accounts host, and where they are kept for others.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/result.h"

namespace bulkwrite::api {

struct Token {
  std::string text;
  std::string api_domain;  // the API that it is for, as the service said; may be empty
  Milliseconds ends_in{0};
  std::optional<Milliseconds> renew_in;  // nothing: its end is not known, and only a refusal shows it
};

// One thread. Of one Session; but its tokens may be those of other processes as well.
class TokenStore {
 public:
  virtual ~TokenStore() = default;

  struct Answer {
    enum class Kind {
      token,  // here is one
      ask,    // ask the accounts host, and say what came of it: keep(), denied() or nothing_came()
      wait,   // come back after `wait`: somebody else is asking, or too many have asked
    } kind = Kind::ask;
    Token token;
    Milliseconds wait{0};
    bool is_renewal = false;  // the token was made because we asked, and not found as somebody else's
  };
  // A token other than `spent`, which the service refuses or which nears its end; empty for the first one. Never blocks
  // for long. Errors: not_allowed where there will be none, no_input, cannot_write, transient.
  virtual Result<Answer> want(std::string_view spent) = 0;

  virtual Result<void> keep(const Token& token) = 0;
  virtual void nothing_came() = 0;
  virtual void denied() = 0;  // "Access Denied": nobody may ask for a while (contract 1.7)
};

}  // namespace bulkwrite::api
