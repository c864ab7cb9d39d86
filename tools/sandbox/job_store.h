// Uploads, jobs and results in the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/sandbox/store.h"
#include "tools/sandbox/verdicts.h"

namespace bulkwrite::sandbox {

struct Upload {
  int64_t id = 0;
  int64_t created_ms = 0;
  int64_t uses = 0;
  std::string zip;
};

struct Job {
  int64_t id = 0;
  std::string status;   // ADDED, INPROGRESS, COMPLETED, FAILED
  std::string outcome;  // how it is to end: COMPLETED, ALL_SKIPPED, FAILED, STUCK
  int64_t file_id = 0;
  int64_t created_ms = 0;
  int64_t finished_ms = 0;
  std::string code;  // of the resource
  std::string file_name;
  Tally tally;
  std::string request;   // the body of POST /write
  std::string mappings;  // as the details echo them
  std::string origin;    // http://host:port as the creator saw it
};

int64_t add_upload(Store& store, const std::string& name, const std::string& zip, int64_t now);
std::optional<Upload> find_upload(Store& store, int64_t id);

// Stores the job as ADDED, gives it its id, and counts the use of its file, in one transaction.
int64_t add_job(Store& store, const Job& job);
std::optional<Job> find_job(Store& store, int64_t id);
void set_in_progress(Store& store, int64_t id);
// For use in the transaction that applies the job.
void finish_job(Database& database, const Job& job);
void add_result(Database& database, int64_t job_id, const std::string& zip);
std::optional<std::string> find_result(Store& store, int64_t job_id);
// The jobs that a stop or a crash left undone, oldest first; they are ADDED again. Those that are to be STUCK stay so.
std::vector<int64_t> requeue_unfinished(Store& store);

}  // namespace bulkwrite::sandbox
