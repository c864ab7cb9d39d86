// Whether more jobs may be created, by what became of those before: the verdicts of the first one, and --max-failed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/api/canary.h"
#include "engine/api/submission.h"

namespace bulkwrite::run {

// How many records the service may leave: a number, or a part of those whose verdicts are in.
struct FailedMax {
  std::optional<uint64_t> records;
  std::optional<double> percent;
};

// Sees the chunks of one session as they end. A value; one thread.
class Brake {
 public:
  // `present_field`: by which a record of an insert is there already, which is as good as taken; may be empty.
  Brake(std::optional<FailedMax> failed_max, bool canary, std::string present_field)
      : failed_max_(failed_max), canary_(canary), present_field_(std::move(present_field)) {}

  // What its end means to the chunks that wait for it.
  api::FirstVerdicts see(const api::Outcome& outcome);

  // More records were not taken than may be. Stays so.
  bool is_on() const { return on_; }
  // That some job has failed by its verdicts, as against one that is stuck or unknown.
  bool has_seen_failure() const { return not_taken_ > 0 || failed_job_; }
  // Why nothing more is to be created, for people.
  std::string why() const;

 private:
  struct Count {
    uint64_t taken = 0, not_taken = 0, unknown = 0;
  };
  api::FirstVerdicts look_at(const api::Outcome& outcome);
  bool has_passed_limit() const;
  Count count(const api::Outcome& outcome);
  static Count count_of_job(const api::Outcome& outcome);

  std::optional<FailedMax> failed_max_;
  bool canary_;  // and no record has been taken yet
  std::string present_field_;
  uint64_t taken_ = 0, not_taken_ = 0;
  bool failed_job_ = false, on_ = false;
  std::string first_errors_;  // of the first record that was not taken
  std::string last_why_;      // of the last job without verdicts
};

}  // namespace bulkwrite::run
