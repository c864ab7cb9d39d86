#include "engine/run/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "engine/base/crash_point.h"

namespace bulkwrite::run {
namespace {

constexpr std::chrono::milliseconds kLookAgain{100};

Result<Descriptor> open_lock(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file.is_open())
    return Error{ErrorKind::cannot_write, fmt::format("cannot write {}: {}", path.string(), errno_text(errno))};
  return file;
}

// Whether it could be had.
Result<bool> lock(const Descriptor& file, const std::filesystem::path& path) {
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno == EINTR) continue;
    return Error{ErrorKind::cannot_write, fmt::format("cannot lock {}: {}", path.string(), errno_text(errno))};
  }
  return true;
}

}  // namespace

Result<RunLock> RunLock::take(const std::filesystem::path& run_dir) {
  auto file = open_lock(run_dir / "lock");
  if (!file) return std::move(file).error();
  const auto locked = lock(*file, run_dir);
  if (!locked) return locked.error();
  if (!*locked)
    return Error{ErrorKind::transient,
                 fmt::format("another process is working on the run {}: wait until it has ended", run_dir.string())};
  crash_point("lock: taken");
  return RunLock(*std::move(file));
}

Result<RunLock> RunLock::wait_for(const std::filesystem::path& path, std::stop_token stop,
                                  const std::function<void()>& waits) {
  auto file = open_lock(path);
  if (!file) return std::move(file).error();
  for (bool told = false;; told = true) {
    const auto locked = lock(*file, path);
    if (!locked) return locked.error();
    if (*locked) return RunLock(*std::move(file));
    if (stop.stop_requested()) return Error{ErrorKind::transient, "stopped while " + path.string() + " was waited for"};
    if (!told) waits();
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace bulkwrite::run
