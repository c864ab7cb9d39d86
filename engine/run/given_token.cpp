#include "engine/run/given_token.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "engine/api/session.h"

namespace bulkwrite::run {
namespace {

using Answer = api::TokenStore::Answer;

constexpr auto kCommandTime = std::chrono::seconds(60);
constexpr Milliseconds kLookAgain{20};
constexpr size_t kTextBytesMax = 64 << 10;

std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin));
}

// A token goes into a header as it is.
bool is_token(std::string_view text) {
  for (const char c : text)
    if (c <= 0x20 || c == 0x7F) return false;
  return !text.empty();
}

Result<Answer> answer_of(std::string token, std::string_view spent, const std::string& place) {
  if (!is_token(token)) return Error{ErrorKind::not_allowed, place + " gives no access token in its first line"};
  if (token == spent)
    return Error{ErrorKind::not_allowed, place + " gives the same token again, which the service does not take"};
  return Answer{.kind = Answer::Kind::token, .token = {.text = std::move(token), .api_domain = {}}, .wait = {}};
}

const std::string kCommand = "the token command";

[[noreturn]] void become(const std::string& command, int output) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);
  // Our stdin may be the input.
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  _exit(127);
}

}  // namespace

Result<Answer> TokenFromFile::want(std::string_view spent) {
  auto text = read_file(path_);
  if (!text) return std::move(text).error();
  return answer_of(first_line(*text), spent, "the token file " + path_.string());
}

TokenFromCommand::~TokenFromCommand() {
  end_child();
}

Result<Answer> TokenFromCommand::want(std::string_view spent) {
  if (child_ < 0)
    if (auto ok = start(); !ok) return std::move(ok).error();
  if (!has_ended()) {
    if (std::chrono::steady_clock::now() < give_up_at_)
      return Answer{.kind = Answer::Kind::wait, .token = {}, .wait = kLookAgain};
    end_child();
    return Error{ErrorKind::transient, kCommand + " has not ended within a minute"};
  }
  auto token = outcome();
  if (!token) return std::move(token).error();
  auto answer = answer_of(*std::move(token), spent, kCommand);
  if (answer) answer->is_renewal = true;
  return answer;
}

Result<void> TokenFromCommand::start() {
  const Time now = std::chrono::steady_clock::now();
  while (!starts_.empty() && starts_.front() + api::kRefreshWindow <= now) starts_.pop_front();
  if (starts_.size() >= api::kRefreshesMax)
    return Error{ErrorKind::not_allowed,
                 kCommand + " has run ten times in ten minutes, and the service takes none of its tokens for long"};
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{ErrorKind::transient, errno_text(errno)};
  output_ = Descriptor(ends[0]);
  const Descriptor input(ends[1]);
  const pid_t child = fork();
  if (child == 0) become(command_, input.get());
  if (child < 0) return Error{ErrorKind::transient, kCommand + " cannot be started: " + errno_text(errno)};
  setpgid(child, child);  // both do it, whoever comes first
  (void)fcntl(output_.get(), F_SETFL, O_NONBLOCK);
  child_ = child;
  text_.clear();
  give_up_at_ = now + kCommandTime;
  starts_.push_back(now);
  return {};
}

// Once it has ended, all that it wrote is in the pipe.
bool TokenFromCommand::has_ended() {
  drain();
  if (waitpid(child_, &status_, WNOHANG) != child_) return false;
  drain();
  child_ = -1;
  return true;
}

void TokenFromCommand::drain() {
  char bytes[4096];
  for (;;) {
    const ssize_t got = ::read(output_.get(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    if (text_.size() < kTextBytesMax) text_.append(bytes, static_cast<size_t>(got));
  }
}

Result<std::string> TokenFromCommand::outcome() const {
  if (!WIFEXITED(status_) || WEXITSTATUS(status_) != 0) {
    return Error{ErrorKind::not_allowed, WIFEXITED(status_)
                                             ? fmt::format("{} ended with exit code {}", kCommand, WEXITSTATUS(status_))
                                             : fmt::format("{} was ended by signal {}", kCommand, WTERMSIG(status_))};
  }
  return first_line(text_);
}

void TokenFromCommand::end_child() {
  if (child_ < 0) return;
  kill(-child_, SIGKILL);  // and what it has started
  waitpid(child_, nullptr, 0);
  child_ = -1;
}

}  // namespace bulkwrite::run
