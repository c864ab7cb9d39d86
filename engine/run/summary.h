// What a call did, in numbers that add up, and the exit code that follows from it (docs/exit-codes.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace bulkwrite::run {

struct Summary {
  uint64_t records_read = 0;
  uint64_t rejected = 0;  // refused before sending
  uint64_t not_sent = 0;  // nothing of it reached a job
  uint64_t sent = 0;      // of these the service said:
  uint64_t added = 0, updated = 0, present = 0, skipped = 0, unprocessed = 0, failed = 0;
  uint64_t in_flight = 0;     // their job had not ended when we stopped
  uint64_t uncertain = 0;     // whether their job was created is not known
  uint64_t unattributed = 0;  // their job ended, but its results cannot be tied to records
  uint64_t blank_lines = 0;
  uint64_t chunks = 0, jobs = 0;
  uint64_t bytes_read = 0;
  double seconds = 0;
  std::string run_dir;
  uint64_t resent = 0;             // of sent: their job was created more than once, or may have been
  uint64_t abandoned = 0;          // of not_sent: given up by the user
  uint64_t repeated = 0;           // of rejected: they repeat another record, and were left out as asked for
  uint64_t credits_spent = 0;      // by this call, as we count them
  bool threshold_reached = false;  // stopped by --max-rejects, --max-failed or the first job's verdicts
  bool credits_kept = false;       // stopped by --max-credits
  bool deadline_reached = false;   // stopped by --max-duration
  bool strict = false;             // `present` is not good enough
  int signal = 0;                  // that stopped it; 0: none
  std::string stopped;             // why it ended early of its own accord, for people; empty where it did not
  std::vector<Error> errors;       // that ended it early
  std::vector<int> earlier_codes;  // of a run that had ended before: these are its exit codes
};

// Every record is accounted for once: read = rejected + not_sent + sent, and sent is the sum of its parts. An error
// (unexpected) that says what does not add up.
Result<void> check_conservation(const Summary& summary);

int exit_code_of(ErrorKind kind);

// All exit codes that apply, the one to use first.
std::vector<int> exit_codes(const Summary& summary);

// A finished run's numbers and exit codes, from its summary.json. Errors: input_data.
Result<Summary> summary_from_json(std::string_view json);

// One line of JSON, as docs/summary.schema.json describes it.
std::string to_json(const Summary& summary);

}  // namespace bulkwrite::run
