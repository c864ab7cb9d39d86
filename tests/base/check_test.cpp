#include "engine/base/check.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "engine/base/queue.h"

namespace {

struct Ended {
  int status = 0;
  std::string stderr_text;
};

// Does `what` in a child process, which is waited for.
template <typename What>
Ended in_a_child(What what) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    what();
    _exit(0);
  }
  close(ends[1]);
  Ended ended;
  std::array<char, 4096> bytes{};
  for (ssize_t got; (got = read(ends[0], bytes.data(), bytes.size())) > 0;)
    ended.stderr_text.append(bytes.data(), static_cast<size_t>(got));
  close(ends[0]);
  REQUIRE(waitpid(child, &ended.status, 0) == child);
  return ended;
}

}  // namespace

TEST_CASE("a check that holds does nothing, and one that does not ends the process and says what and where") {
  const Ended held = in_a_child([] { BULKWRITE_CHECK(1 + 1 == 2, "sums are sums"); });
  CHECK(WIFEXITED(held.status));
  CHECK(held.stderr_text.empty());

  const Ended failed = in_a_child([] { BULKWRITE_CHECK(1 + 1 == 3, "sums are sums"); });
  CHECK(WIFSIGNALED(failed.status));
  CHECK(WTERMSIG(failed.status) == SIGABRT);
  CHECK(failed.stderr_text.find("bug: sums are sums (1 + 1 == 3)") != std::string::npos);
  CHECK(failed.stderr_text.find("check_test.cpp:") != std::string::npos);
}

TEST_CASE("a queue without room for anything is a bug") {
  const Ended ended = in_a_child([] { const bulkwrite::BoundedQueue<int> queue(0); });
  CHECK(WIFSIGNALED(ended.status));
  CHECK(ended.stderr_text.find("a queue holds at least one item") != std::string::npos);
}
