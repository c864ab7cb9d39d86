// One process at a time serves a database.
#pragma once

#include <string>

namespace bulkwrite::sandbox {

// Held until the process ends, however it ends.
class DatabaseLock {
 public:
  // The one that held it may be about to end: waits for it for some seconds, then throws DatabaseError.
  explicit DatabaseLock(const std::string& database);
  ~DatabaseLock();
  DatabaseLock(const DatabaseLock&) = delete;
  DatabaseLock& operator=(const DatabaseLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace bulkwrite::sandbox
