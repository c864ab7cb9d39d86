// Faults on demand: which request or job goes wrong, and how. Read from a file, drawn from a seed, so that a run can be
// repeated. Any thread may ask.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace bulkwrite::sandbox {

enum class When { kBefore, kDuring, kAfter };  // the request has its effect; kDuring: while its body arrives

struct Fault {
  std::string name;  // http_NNN, answer, reset, truncate, garbage, delay, expired_token, throttle, invalid_...
  When when = When::kBefore;
  int http = 0;      // of http_NNN and answer
  std::string body;  // of answer
  int64_t delay_ms = 0;
  int64_t retry_after_s = 0;
};

enum class Crash { kNever, kDuring, kAfter };  // the process kills itself: while applying a job, or right after commit

struct JobFault {
  std::string outcome;  // empty: as the switch job_outcome says
  Crash crash = Crash::kNever;
};

const char* when_text(When when);

class Faults {
 public:
  // Before anybody asks. Throws std::runtime_error that says what is wrong.
  void load(const std::string& path);

  // Counts a request of this kind; the fault of the first rule that fires.
  std::optional<Fault> next_request(const std::string& kind);
  // Counts a created job.
  JobFault next_job();

  static std::string help();

 private:
  struct Trigger {
    std::vector<int64_t> nths;
    double probability = 0;
    int64_t times_max = 0;  // 0: no limit
    int64_t seen = 0;
    int64_t fired = 0;
  };
  struct RequestRule {
    std::string kind;
    Fault fault;
    Trigger trigger;
  };
  struct JobRule {
    JobFault fault;
    Trigger trigger;
  };
  struct Reader;

  bool fires(Trigger& trigger);

  std::mutex mutex_;
  std::mt19937_64 random_;
  std::vector<RequestRule> request_rules_;
  std::vector<JobRule> job_rules_;
};

}  // namespace bulkwrite::sandbox
