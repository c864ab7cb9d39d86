// Access tokens that somebody else renews: in a file, or by a command. For schedulers and vaults.
#pragma once

#include <sys/types.h>
#include <chrono>
#include <deque>
#include <filesystem>
#include <string>

#include "engine/api/token_store.h"
#include "engine/base/file.h"

namespace bulkwrite::run {

// The first line of a file, which is read again when its token is refused.
class TokenFromFile final : public api::TokenStore {
 public:
  explicit TokenFromFile(std::filesystem::path path) : path_(std::move(path)) {}

  Result<Answer> want(std::string_view spent) override;
  Result<void> keep(const api::Token&) override { return {}; }
  void nothing_came() override {}
  void denied() override {}

 private:
  const std::filesystem::path path_;
};

// The first line that a command writes to its stdout. It runs through /bin/sh -c, again when its token is refused, and
// at most ten times in ten minutes; while it runs, want() answers `wait`. What it writes to stderr is the user's to
// see.
class TokenFromCommand final : public api::TokenStore {
 public:
  explicit TokenFromCommand(std::string command) : command_(std::move(command)) {}
  ~TokenFromCommand() override;

  Result<Answer> want(std::string_view spent) override;
  Result<void> keep(const api::Token&) override { return {}; }
  void nothing_came() override {}
  void denied() override {}

 private:
  using Time = std::chrono::steady_clock::time_point;

  Result<void> start();
  bool has_ended();
  void drain();
  Result<std::string> outcome() const;
  void end_child();

  const std::string command_;
  pid_t child_ = -1;
  int status_ = 0;  // of the child that has ended
  Descriptor output_;
  std::string text_;
  Time give_up_at_{};
  std::deque<Time> starts_;
};

}  // namespace bulkwrite::run
