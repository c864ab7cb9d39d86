// The access token of a profile, which all its threads and processes share: one asks, the others take what has come.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "engine/api/token_store.h"
#include "engine/base/file.h"

namespace bulkwrite::run {

// A file for its owner alone (0600), and a lock beside it. Who holds the lock may ask; it is never waited for. The file
// also knows when tokens were asked for, so that ten in ten minutes hold for all processes together, and whether the
// service wants quiet (contract 1.6, 1.7).
class TokenCache final : public api::TokenStore {
 public:
  using WallClock = std::function<int64_t()>;  // milliseconds since 1970

  // `grant` is the refresh token: what was kept of another one counts as nothing. It is not written down.
  TokenCache(std::filesystem::path path, std::string_view grant, WallClock clock = system_clock);

  Result<Answer> want(std::string_view spent) override;
  Result<void> keep(const api::Token& token) override;
  void nothing_came() override { lock_.reset(); }
  void denied() override;

  // How long the token in the file is good for; nothing where there is none that is.
  std::optional<Milliseconds> good_for() const;
  // Forgets everything, also when another process would look.
  Result<void> remove();

  static int64_t system_clock();

 private:
  struct Kept;
  Kept read() const;
  Result<void> write(const Kept& kept) const;
  Result<bool> take_lock();
  std::optional<Answer> without_asking(const Kept& kept, std::string_view spent) const;

  const std::filesystem::path path_;
  const std::string grant_hash_;
  const WallClock clock_;
  Descriptor lock_;
};

}  // namespace bulkwrite::run
