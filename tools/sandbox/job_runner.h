// The workers that run jobs, asynchronously to the requests that create them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tools/sandbox/callbacks.h"
#include "tools/sandbox/faults.h"
#include "tools/sandbox/job_store.h"
#include "tools/sandbox/modules.h"
#include "tools/sandbox/store.h"
#include "tools/sandbox/switches.h"

namespace bulkwrite::sandbox {

class JobRunner {
 public:
  JobRunner(Store& store, const Catalog& catalog, const Switches& switches, std::string org, int workers);
  // Undone jobs stay in the database, for the next start.
  ~JobRunner();

  size_t waiting() const;
  void enqueue(int64_t job_id, int64_t created_ms, Crash crash);

 private:
  struct Entry {
    int64_t job_id;
    Crash crash;
  };

  void work();
  void run(const Entry& entry);
  void run_to_end(Job& job, Crash crash);
  void fail(Job& job, const std::string& code);
  void announce(const Job& job);
  // False when the runner is being stopped.
  bool rest(std::chrono::milliseconds time);

  Store& store_;
  const Catalog& catalog_;
  const Switches& switches_;
  const std::string org_;
  Callbacks callbacks_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<int64_t, Entry> waiting_;  // by the time, in ms since 1970, from which a worker may take it
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace bulkwrite::sandbox
