#include "tools/bulkwrite/secret_prompt.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "engine/base/file.h"
#include "tools/bulkwrite/print.h"

namespace bulkwrite::cli {
namespace {

constexpr int kLookMilliseconds = 100;

// Puts the terminal back, also where a stop ends the question.
class WithoutEcho {
 public:
  WithoutEcho() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~WithoutEcho() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string trimmed_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin));
}

Result<std::string> ask(const std::string& question, const std::stop_token& stop) {
  const WithoutEcho without_echo;
  print_to(stderr, "{}: ", question);
  std::string line;
  while (line.find('\n') == std::string::npos) {
    if (stop.stop_requested()) return Error{ErrorKind::transient, "stopped, and nothing was done"};
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    if (poll(&ready, 1, kLookMilliseconds) <= 0) continue;
    char bytes[1024];
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got <= 0) break;
    line.append(bytes, static_cast<size_t>(got));
  }
  print_to(stderr, "\n");
  return trimmed_line(line);
}

}  // namespace

Result<std::string> get_secret(const SecretPlaces& places, std::stop_token stop) {
  if (!places.file.empty()) {
    auto text = read_file(places.file);
    if (!text) return text;
    return trimmed_line(*text);
  }
  if (!places.set.empty()) return places.set;
  if (isatty(STDIN_FILENO) == 0)
    return Error{ErrorKind::usage, places.question + ": there is no terminal to ask at; " + places.hint};
  return ask(places.question, stop);
}

}  // namespace bulkwrite::cli
