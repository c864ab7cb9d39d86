#include "engine/run/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>

namespace bulkwrite::run {

Result<RunLock> RunLock::take(const std::filesystem::path& run_dir) {
  const std::filesystem::path path = run_dir / "lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file.is_open())
    return Error{ErrorKind::cannot_write, fmt::format("cannot write {}: {}", path.string(), errno_text(errno))};
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return RunLock(std::move(file));
  if (errno != EWOULDBLOCK)
    return Error{ErrorKind::cannot_write, fmt::format("cannot lock {}: {}", path.string(), errno_text(errno))};
  return Error{ErrorKind::transient,
               fmt::format("another process is working on the run {}: wait until it has ended", run_dir.string())};
}

}  // namespace bulkwrite::run
