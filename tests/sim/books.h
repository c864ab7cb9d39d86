// The service with its books: the table that the jobs write, and what each job was given and did. It unpacks and splits
// what was uploaded by itself, and does no more than the contract says.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/api/service_twin.h"
#include "tests/sim/faults.h"
#include "tests/sim/setup.h"
#include "tests/sim/source.h"
#include "tests/sim/trace.h"

namespace sim {

// A record of the module.
struct Row {
  std::string record_id, note;
};

// What the service does with one record of a job.
struct Verdict {
  std::string status = "UNPROCESSED";
  std::string record_id, errors;
};

struct JobRecords {
  uint64_t chunk_index = 0;
  std::vector<std::vector<std::string>> records;  // their fields
  std::vector<Verdict> verdicts;
  bool has_written = false;  // a record was added or changed
  bool is_over = false;
  bool has_failed = false;
  bool result_is_sound = true;   // what the contract says, in the order of the upload or provably in another
  size_t records_processed = 0;  // these, and then it fails
};

class Books final : public twin::ServiceTwin {
 public:
  Books(const Setup& setup, const Source& source, Faults& faults, Random random, Trace& trace);

  twin::Reply answer(const twin::Request& request, Instant now) override;
  // The jobs work until then.
  void work(Instant until);

  const std::vector<Row>* rows(const std::string& key) const;
  const JobRecords* job(const std::string& job_id) const;
  std::vector<std::string> jobs_of_chunk(uint64_t chunk_index) const;

 private:
  twin::JobPlan plan_job(const twin::Job& job);
  void draw_end(twin::JobPlan& planned, JobRecords& records);
  void finish(const twin::Job& job);
  Verdict take(const twin::Job& job, const std::vector<std::string>& fields);
  std::string result_of(const twin::Job& job);
  bool token_is_throttled(Instant now);

  const Setup& setup_;
  Faults& faults_;
  Random random_;
  Trace& trace_;
  std::map<std::string, std::vector<Row>> table_;   // by key
  std::map<std::string, JobRecords> job_records_;   // by job id
  std::map<std::string, std::string> results_;      // archives that were made, by job id
  std::set<std::pair<Instant, std::string>> open_;  // jobs that work, by when they end
  std::set<std::string> bad_keys_;
  std::deque<Instant> tokens_given_;
  uint64_t next_record_id_ = 7'000'000;
};

}  // namespace sim
