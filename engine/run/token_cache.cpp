#include "engine/run/token_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/api/replies.h"
#include "engine/api/session.h"
#include "engine/base/crash_point.h"
#include "engine/run/callback_token.h"

namespace bulkwrite::run {
namespace {

constexpr Milliseconds kLookAgain{100};  // while another process asks

}  // namespace

struct TokenCache::Kept {
  std::string token, api_domain;
  int64_t ends_ms = 0, renew_ms = 0;
  int64_t quiet_until_ms = 0;
  std::vector<int64_t> asked_ms;
};

int64_t TokenCache::system_clock() {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

TokenCache::TokenCache(std::filesystem::path path, std::string_view grant, WallClock clock)
    : path_(std::move(path)), grant_hash_(callback_token_hash(grant)), clock_(std::move(clock)) {}

Result<api::TokenStore::Answer> TokenCache::want(std::string_view spent) {
  if (auto answer = without_asking(read(), spent)) return *std::move(answer);
  auto taken = take_lock();
  if (!taken) return std::move(taken).error();
  if (!*taken) return Answer{.kind = Answer::Kind::wait, .token = {}, .wait = kLookAgain};
  // Who held the lock before us may have got one.
  Kept kept = read();
  auto answer = without_asking(kept, spent);
  if (!answer) {
    kept.asked_ms.push_back(clock_());
    if (auto ok = write(kept); !ok) {
      nothing_came();
      return std::move(ok).error();
    }
    crash_point("token: about to be asked for, and the lock is held");
    return Answer{};
  }
  nothing_came();
  return *std::move(answer);
}

// A token that is good, or a reason to wait.
std::optional<api::TokenStore::Answer> TokenCache::without_asking(const Kept& kept, std::string_view spent) const {
  const int64_t now = clock_();
  if (!kept.token.empty() && kept.token != spent && now < kept.renew_ms) {
    return Answer{.kind = Answer::Kind::token,
                  .token = {.text = kept.token,
                            .api_domain = kept.api_domain,
                            .ends_in = Milliseconds(kept.ends_ms - now),
                            .renew_in = Milliseconds(kept.renew_ms - now)},
                  .wait = {}};
  }
  if (now < kept.quiet_until_ms)
    return Answer{.kind = Answer::Kind::wait, .token = {}, .wait = Milliseconds(kept.quiet_until_ms - now)};
  if (kept.asked_ms.size() < api::kRefreshesMax) return std::nullopt;
  const int64_t oldest = kept.asked_ms[kept.asked_ms.size() - api::kRefreshesMax];
  return Answer{.kind = Answer::Kind::wait, .token = {}, .wait = Milliseconds(oldest - now) + api::kRefreshWindow};
}

Result<void> TokenCache::keep(const api::Token& token) {
  const int64_t now = clock_();
  Kept kept = read();
  kept.token = token.text;
  kept.api_domain = token.api_domain;
  kept.ends_ms = now + token.ends_in.count();
  kept.renew_ms = now + token.renew_in.value_or(token.ends_in).count();
  auto written = write(kept);
  nothing_came();
  return written;
}

void TokenCache::denied() {
  Kept kept = read();
  kept.quiet_until_ms = clock_() + api::kTokenQuiet.count();
  (void)write(kept);  // where that cannot be, we alone keep quiet
  nothing_came();
}

std::optional<Milliseconds> TokenCache::good_for() const {
  const Kept kept = read();
  const int64_t now = clock_();
  if (kept.token.empty() || kept.ends_ms <= now) return std::nullopt;
  return Milliseconds(kept.ends_ms - now);
}

Result<void> TokenCache::remove() {
  return remove_file(path_);
}

// What cannot be understood is nothing: at worst one token more is asked for. Nor is what lies in the future believed;
// somebody has set the clock back.
TokenCache::Kept TokenCache::read() const {
  std::error_code failure;
  if (!std::filesystem::exists(path_, failure)) return {};
  const auto text = read_file(path_);
  if (!text) return {};
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  Kept kept;
  try {
    if (json.at("grant").get<std::string>() != grant_hash_) return {};
    kept.token = json.at("access_token").get<std::string>();
    kept.api_domain = json.at("api_domain").get<std::string>();
    kept.ends_ms = json.at("ends_ms").get<int64_t>();
    kept.renew_ms = json.at("renew_ms").get<int64_t>();
    kept.quiet_until_ms = json.at("quiet_until_ms").get<int64_t>();
    kept.asked_ms = json.at("asked_ms").get<std::vector<int64_t>>();
  } catch (const std::exception&) {
    return {};
  }
  const int64_t now = clock_();
  std::erase_if(kept.asked_ms, [&](int64_t at) { return at > now || at + api::kRefreshWindow.count() <= now; });
  if (kept.quiet_until_ms > now + api::kTokenQuiet.count()) kept.quiet_until_ms = 0;
  return kept;
}

Result<void> TokenCache::write(const Kept& kept) const {
  const nlohmann::json json{{"grant", grant_hash_},          {"access_token", kept.token},
                            {"api_domain", kept.api_domain}, {"ends_ms", kept.ends_ms},
                            {"renew_ms", kept.renew_ms},     {"quiet_until_ms", kept.quiet_until_ms},
                            {"asked_ms", kept.asked_ms}};
  return write_private_file(path_, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

// False where another process holds it.
Result<bool> TokenCache::take_lock() {
  if (lock_.is_open()) return true;
  if (auto ok = make_directories(path_.parent_path()); !ok) return std::move(ok).error();
  const std::filesystem::path path = std::filesystem::path(path_).replace_extension(".lock");
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const bool opened = file.is_open();
  if (opened && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
    lock_ = std::move(file);
    return true;
  }
  if (opened && (errno == EWOULDBLOCK || errno == EINTR)) return false;
  return Error{ErrorKind::cannot_write, fmt::format("cannot lock {}: {}", path.string(), errno_text(errno))};
}

}  // namespace bulkwrite::run
