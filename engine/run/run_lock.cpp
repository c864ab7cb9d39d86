#include "engine/run/run_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>

namespace bulkwrite::run {
namespace {

Result<Descriptor> open_lock(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file.is_open())
    return Error{ErrorKind::cannot_write, fmt::format("cannot write {}: {}", path.string(), errno_text(errno))};
  return file;
}

Error cannot_lock(const std::filesystem::path& directory, int error_number) {
  return {ErrorKind::cannot_write, fmt::format("cannot lock {}: {}", directory.string(), errno_text(error_number))};
}

}  // namespace

Result<RunLock> RunLock::take(const std::filesystem::path& run_dir) {
  auto file = open_lock(run_dir);
  if (!file) return std::move(file).error();
  if (::flock(file->get(), LOCK_EX | LOCK_NB) == 0) return RunLock(*std::move(file));
  if (errno != EWOULDBLOCK) return cannot_lock(run_dir, errno);
  return Error{ErrorKind::transient,
               fmt::format("another process is working on the run {}: wait until it has ended", run_dir.string())};
}

Result<RunLock> RunLock::wait_for(const std::filesystem::path& directory) {
  auto file = open_lock(directory);
  if (!file) return std::move(file).error();
  while (::flock(file->get(), LOCK_EX) != 0)
    if (errno != EINTR) return cannot_lock(directory, errno);
  return RunLock(*std::move(file));
}

}  // namespace bulkwrite::run
