#include "engine/run/run_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <optional>

#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

void is_taken(const std::filesystem::path& run_dir) {
  const auto lock = RunLock::take(run_dir);
  REQUIRE_FALSE(lock);
  CHECK(lock.error().kind == ErrorKind::transient);
  CHECK_THAT(lock.error().message, Catch::Contains(run_dir.string()));
}

}  // namespace

TEST_CASE("one at a time works on a run, and the next one when it has ended") {
  const e2e::TemporaryDirectory directory;
  {
    const auto lock = RunLock::take(directory.path());
    REQUIRE(lock);
    is_taken(directory.path());
    is_taken(directory.path());
  }
  CHECK(RunLock::take(directory.path()));
}

TEST_CASE("two runs do not stand in each other's way") {
  const e2e::TemporaryDirectory one, other;
  const auto lock = RunLock::take(one.path());
  REQUIRE(lock);
  CHECK(RunLock::take(other.path()));
}

TEST_CASE("the lock of a process that was killed is free") {
  const e2e::TemporaryDirectory directory;
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const auto lock = RunLock::take(directory.path());
    const char held = lock ? '1' : '0';
    if (write(ready[1], &held, 1) != 1) _exit(1);
    for (;;) pause();
  }
  char held = 0;
  CHECK(read(ready[0], &held, 1) == 1);
  CHECK(held == '1');
  is_taken(directory.path());
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  CHECK(RunLock::take(directory.path()));
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("who waits for a lock has it once it is free") {
  const e2e::TemporaryDirectory directory;
  std::optional<RunLock> lock;
  if (auto taken = RunLock::take(directory.path()); taken) lock = *std::move(taken);
  REQUIRE(lock);
  int told = 0;
  const auto waited = RunLock::wait_for(directory / "lock", {}, [&] {
    ++told;
    lock.reset();
  });
  CHECK(waited);
  CHECK(told == 1);
  is_taken(directory.path());
}

TEST_CASE("who waits for a lock stops when asked to") {
  const e2e::TemporaryDirectory directory;
  const auto lock = RunLock::take(directory.path());
  REQUIRE(lock);
  std::stop_source stop;
  const auto waited = RunLock::wait_for(directory / "lock", stop.get_token(), [&] { stop.request_stop(); });
  REQUIRE_FALSE(waited);
  CHECK(waited.error().kind == ErrorKind::transient);
}

TEST_CASE("where no lock can be written there is an error that names it") {
  const e2e::TemporaryDirectory directory;
  const auto must_name_it = [&](const Result<RunLock>& lock) {
    REQUIRE_FALSE(lock);
    CHECK(lock.error().kind == ErrorKind::cannot_write);
    CHECK_THAT(lock.error().message, Catch::Contains((directory / "missing").string()));
  };
  must_name_it(RunLock::take(directory / "missing"));
  must_name_it(RunLock::wait_for(directory / "missing" / "lock", {}, [] {}));
}

}  // namespace bulkwrite::run
