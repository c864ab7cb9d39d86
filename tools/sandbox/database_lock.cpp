#include "tools/sandbox/database_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tools/sandbox/sqlite.h"

namespace bulkwrite::sandbox {
namespace {

constexpr int kTries = 50;
constexpr std::chrono::milliseconds kBetweenTries{100};

}  // namespace

// On a file of its own: closing any descriptor of the database would let go of SQLite's locks.
DatabaseLock::DatabaseLock(const std::string& database) {
  const std::string path = database + "-lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw DatabaseError("cannot write " + path);
  for (int i = 0; i < kTries; ++i) {
    if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    std::this_thread::sleep_for(kBetweenTries);
  }
  ::close(file_);
  throw DatabaseError("another sandbox serves it: load into that one, by its URL");
}

DatabaseLock::~DatabaseLock() {
  ::close(file_);
}

}  // namespace bulkwrite::sandbox
