#include "tools/sandbox/tokens.h"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "tools/sandbox/clock.h"

namespace bulkwrite::sandbox {
namespace {

std::string random_token() {
  std::random_device random;
  const auto hex = [&] {
    std::string text;
    for (int i = 0; i < 4; ++i) text += fmt::format("{:08x}", random());
    return text;
  };
  const std::string first = hex();
  return "1000." + first + "." + hex();
}

std::string field(const std::multimap<std::string, std::string>& form, const char* name) {
  const auto found = form.find(name);
  return found == form.end() ? std::string() : found->second;
}

}  // namespace

Tokens::Tokens(Store& store, const Switches& switches, Client client, std::string fixed)
    : store_(store), switches_(switches), client_(std::move(client)), fixed_(std::move(fixed)) {
  store_.read([&](Database& database) {
    Statement rows(database, "SELECT token, expires_ms FROM sandbox_tokens");
    while (rows.step()) live_[rows.text(0)] = rows.integer(1);
  });
}

bool Tokens::accepts(const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (!fixed_.empty() && token == fixed_) return true;
  const auto found = live_.find(token);
  return found != live_.end() && found->second > now_ms();
}

std::optional<std::string> Tokens::issue() {
  const std::lock_guard lock(mutex_);
  const int64_t now = now_ms();
  const std::string token = random_token();
  bool throttled = false;
  store_.write([&](Database& database) {
    Statement recent(database, "SELECT count(*) FROM sandbox_tokens WHERE created_ms > ?");
    recent.bind(1, now - switches_.token_rate_window_s * 1000);
    throttled = recent.step() && recent.integer(0) >= switches_.token_rate_max;
    recent.reset();
    if (throttled) return;
    Statement row(database, "INSERT INTO sandbox_tokens VALUES(?, ?, ?)");
    row.bind(1, token).bind(2, now).bind(3, now + switches_.token_life_s * 1000).run();
    // The newest stay alive; one more ends the oldest without a word (contract 1.6).
    Statement ends(database,
                   "UPDATE sandbox_tokens SET expires_ms = 0 WHERE token NOT IN"
                   " (SELECT token FROM sandbox_tokens ORDER BY rowid DESC LIMIT ?)");
    ends.bind(1, switches_.token_live_max).run();
  });
  if (throttled) return std::nullopt;
  store_.read([&](Database& database) {
    live_.clear();
    Statement rows(database, "SELECT token, expires_ms FROM sandbox_tokens WHERE expires_ms > ?");
    rows.bind(1, now);
    while (rows.step()) live_[rows.text(0)] = rows.integer(1);
  });
  return token;
}

std::string Tokens::fault_of(const std::multimap<std::string, std::string>& form) {
  if (field(form, "client_id") != client_.id) return "invalid_client";
  if (field(form, "client_secret") != client_.secret) return "invalid_client_secret";
  const std::string grant_type = field(form, "grant_type");
  if (grant_type == "refresh_token") return is_granted(field(form, "refresh_token")) ? "" : "invalid_code";
  // A self client has no address to be sent back to.
  if (form.count("redirect_uri") != 0) return "invalid_redirect_uri";
  const std::string code = field(form, "code");
  const bool known = grant_type == "authorization_code" && !code.empty() && code == client_.grant_code;
  return known && !is_spent(code) ? "" : "invalid_code";
}

bool Tokens::is_spent(const std::string& token) {
  bool spent = false;
  store_.read([&](Database& database) {
    Statement row(database, "SELECT 1 FROM sandbox_revoked WHERE token = ?");
    row.bind(1, token);
    spent = row.step();
  });
  return spent;
}

bool Tokens::is_granted(const std::string& refresh_token) {
  bool granted = refresh_token == client_.refresh_token;
  store_.read([&](Database& database) {
    Statement row(database, "SELECT 1 FROM sandbox_grants WHERE refresh_token = ?");
    row.bind(1, refresh_token);
    granted = granted || row.step();
  });
  return granted && !is_spent(refresh_token);
}

std::optional<std::string> Tokens::redeem(const std::string& grant_code) {
  const std::lock_guard lock(mutex_);
  if (is_spent(grant_code)) return std::nullopt;
  const std::string refresh_token = random_token();
  store_.write([&](Database& database) {
    Statement(database, "INSERT INTO sandbox_revoked VALUES(?)").bind(1, grant_code).run();
    Statement(database, "INSERT INTO sandbox_grants VALUES(?)").bind(1, refresh_token).run();
  });
  return refresh_token;
}

void Tokens::expire(const std::string& token) {
  const std::lock_guard lock(mutex_);
  live_.erase(token);
  store_.write([&](Database& database) {
    Statement(database, "UPDATE sandbox_tokens SET expires_ms = 0 WHERE token = ?").bind(1, token).run();
  });
}

bool Tokens::revoke(const std::string& refresh_token) {
  const std::lock_guard lock(mutex_);
  if (!is_granted(refresh_token)) return false;
  store_.write([&](Database& database) {
    database.execute("UPDATE sandbox_tokens SET expires_ms = 0");
    Statement(database, "INSERT OR IGNORE INTO sandbox_revoked VALUES(?)").bind(1, refresh_token).run();
  });
  live_.clear();
  return true;
}

}  // namespace bulkwrite::sandbox
