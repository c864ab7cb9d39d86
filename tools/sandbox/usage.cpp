#include "tools/sandbox/usage.h"

#include <algorithm>

#include "tools/sandbox/clock.h"

namespace bulkwrite::sandbox {
namespace {

constexpr int64_t kMinuteMs = 60 * 1000;
constexpr int64_t kDayMs = 24 * 3600 * 1000;

struct Edition {
  const char* name;
  int64_t base;
  int64_t per_user;
  int64_t cap;  // 0: none
  int64_t concurrency;
};

constexpr Edition kEditions[] = {{"free", 5'000, 0, 5'000, 5},
                                 {"standard", 50'000, 250, 100'000, 10},
                                 {"professional", 50'000, 500, 3'000'000, 15},
                                 {"enterprise", 50'000, 1'000, 5'000'000, 20},
                                 {"ultimate", 50'000, 2'000, 0, 25}};

}  // namespace

Usage::Usage(const Switches& switches) {
  for (const auto& edition : kEditions) {
    if (switches.edition != edition.name) continue;
    credits_max_ = edition.base + edition.per_user * switches.users;
    if (edition.cap > 0) credits_max_ = std::min(credits_max_, edition.cap);
    concurrency_max_ = edition.concurrency;
  }
  downloads_max_ = switches.downloads_per_minute;
  if (switches.credits > 0) credits_max_ = switches.credits;
  if (switches.concurrency > 0) concurrency_max_ = switches.concurrency;
}

bool Usage::begin() {
  const std::lock_guard lock(mutex_);
  if (concurrency_max_ > 0 && running_ >= concurrency_max_) return false;
  ++running_;
  return true;
}

void Usage::end() {
  const std::lock_guard lock(mutex_);
  --running_;
}

void Usage::forget_old() {
  while (!spendings_.empty() && spendings_.front().first <= now_ms() - kDayMs) {
    spent_ -= spendings_.front().second;
    spendings_.pop_front();
  }
}

bool Usage::spend(int64_t credits) {
  const std::lock_guard lock(mutex_);
  if (credits_max_ == 0 || credits == 0) return true;
  forget_old();
  if (spent_ + credits > credits_max_) return false;
  spent_ += credits;
  spendings_.emplace_back(now_ms(), credits);
  return true;
}

bool Usage::download() {
  const std::lock_guard lock(mutex_);
  if (downloads_max_ == 0) return true;
  while (!downloads_.empty() && downloads_.front() <= now_ms() - kMinuteMs) downloads_.pop_front();
  if (static_cast<int64_t>(downloads_.size()) >= downloads_max_) return false;
  downloads_.push_back(now_ms());
  return true;
}

std::optional<int64_t> Usage::remaining_when_low() {
  const std::lock_guard lock(mutex_);
  if (credits_max_ == 0 || spent_ * 2 < credits_max_) return std::nullopt;
  return credits_max_ - spent_;
}

}  // namespace bulkwrite::sandbox
