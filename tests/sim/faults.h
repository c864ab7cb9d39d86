// What may go wrong, by name, how likely each is in a seed, and how often each has happened.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/sim/random.h"

namespace sim {

enum class Fault {
  upload_not_sent,
  upload_reset_midway,
  upload_reply_lost,
  upload_5xx,
  upload_5xx_after_commit,
  upload_429,
  upload_garbled,
  create_not_sent,
  create_lost_before_commit,
  create_reply_lost,
  create_silent,
  create_5xx_before_commit,
  create_5xx_after_commit,
  create_429,
  create_credits_used_up,
  create_429_without_envelope,
  create_401_without_envelope,
  create_garbled,
  details_not_sent,
  details_reply_lost,
  details_5xx,
  details_429,
  details_garbled,
  download_not_sent,
  download_reply_lost,
  download_5xx,
  download_429,
  download_404_for_a_while,
  token_not_sent,
  token_reply_lost,
  token_5xx,
  token_throttled,
  token_revoked,
  token_expired,
  storm_of_429,
  storm_with_retry_after,
  storm_without_envelope,
  outage,
  file_forgotten,
  job_stuck,
  job_failed_without_writing,
  job_failed_midway,
  job_failed_without_counts,
  job_failed_with_result,
  record_skipped,
  record_unprocessed,
  result_shuffled,
  result_shuffled_ambiguous,
  result_truncated,
  result_too_long,
  result_damaged,
  callback_lost,
  callback_late,
  callback_duplicated,
  callback_of_unknown_job,
  callback_of_other_job,
  callback_of_unknown_chunk,
  request_outlived_us,
  stop_request,
  crash_at_ledger,
  crash_at_request,
  crash_at_create,
  crash_at_reply,
  crash_at_result,
  count_of_faults,
};
constexpr size_t kFaults = static_cast<size_t>(Fault::count_of_faults);
std::string_view fault_name(Fault fault);

using FaultCounts = std::array<uint64_t, kFaults>;

// The faults of one seed.
class Faults {
 public:
  explicit Faults(Random random);

  // Whether it shall happen now; who makes it happen notes it.
  bool may_strike(Fault fault);
  // The same, and noted.
  bool strikes(Fault fault);
  void note(Fault fault) { ++counts_[static_cast<size_t>(fault)]; }
  void calm() { calm_ = true; }
  bool is_calm() const { return calm_; }
  const FaultCounts& counts() const { return counts_; }

 private:
  Random random_;
  std::array<double, kFaults> likely_{};
  FaultCounts counts_{};
  bool calm_ = false;
};

}  // namespace sim
