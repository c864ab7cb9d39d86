// bulkwrite-crashing: the program, which can be told to die at any crash point (engine/base/crash_point.h).
//   BULKWRITE_CRASH_AT=N    SIGKILL to itself at the N-th point, counted over all threads
//   BULKWRITE_CRASH_PLACE=TEXT   of all points only those count whose name holds TEXT
//   BULKWRITE_CRASH_LOG=F   a line of F for each point that was passed, the last one included: number, tab, name
//   BULKWRITE_DELIBERATE_BUG=NAME   in the twin that is compiled with mistakes: the one to make
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "engine/base/crash_point.h"
#include "engine/base/deliberate_bug.h"
#include "tools/bulkwrite/program.h"

namespace {

std::atomic<uint64_t> passed{0};
uint64_t fatal = 0;
const char* place_that_counts = "";
int log_file = -1;

void note(uint64_t number, const char* place) {
  const std::string line = fmt::format("{}\t{}\n", number, place);
  if (log_file >= 0 && ::write(log_file, line.data(), line.size()) < 0) std::abort();
}

void on_crash_point(const char* place) {
  if (std::strstr(place, place_that_counts) == nullptr) return;
  const uint64_t number = ++passed;
  if (fatal != 0 && number > fatal)
    for (;;) pause();  // another thread is dying for all of us
  note(number, place);
  if (number == fatal) kill(getpid(), SIGKILL);
}

const char* setting(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool set_bug(std::string_view name) {
  if (name.empty()) return true;
#ifdef BULKWRITE_DELIBERATE_BUGS
  const auto bug = bulkwrite::deliberate_bug_named(name);
  if (bug) bulkwrite::deliberate_bug_made = *bug;
  return bug.has_value();
#else
  return false;
#endif
}

}  // namespace

int main(int argc, char** argv) {
  fatal = std::strtoull(setting("BULKWRITE_CRASH_AT"), nullptr, 10);
  place_that_counts = setting("BULKWRITE_CRASH_PLACE");
  if (const char* const path = setting("BULKWRITE_CRASH_LOG"); *path != '\0')
    log_file = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (!set_bug(setting("BULKWRITE_DELIBERATE_BUG"))) {
    fmt::print(stderr, "bulkwrite-crashing: there is no such mistake here\n");
    return 64;
  }
  bulkwrite::crash_hook = on_crash_point;
  return bulkwrite::cli::run_program(argc, argv);
}
