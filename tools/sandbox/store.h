// The one SQLite file: opens it, gives out its single writer and its readers, and numbers everything that gets an id.
// Any thread may call; writers queue in order of arrival.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tools/sandbox/modules.h"
#include "tools/sandbox/sqlite.h"

namespace bulkwrite::sandbox {

class Store {
 public:
  // Creates what is missing: internal tables, a table per module, a column per field, an index per unique field.
  // Throws DatabaseError or std::runtime_error.
  Store(std::string path, const Catalog& catalog);

  // Runs `work` in one transaction; an exception rolls it back and passes on.
  void write(const std::function<void(Database&)>& work);
  void read(const std::function<void(Database&)>& work);

  // The next free id, for use inside write() only. Ids given out in a transaction that was rolled back are not reused
  // before the next start.
  int64_t next_id() { return next_id_++; }

 private:
  void create_internal_tables();
  void create_module(const Module& module, bool lookup_target);
  void lock_writer();
  void unlock_writer();
  std::unique_ptr<Database> take_reader();

  const std::string path_;
  Database writer_;  // guarded by the tickets below
  int64_t next_id_;  // as writer_

  std::mutex mutex_;
  std::condition_variable served_changed_;
  uint64_t next_ticket_ = 0;
  uint64_t served_ticket_ = 0;
  std::vector<std::unique_ptr<Database>> idle_readers_;
};

}  // namespace bulkwrite::sandbox
