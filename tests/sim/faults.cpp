#include "tests/sim/faults.h"

namespace sim {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, kFaults> kNames{"upload_not_sent",
                                                       "upload_reset_midway",
                                                       "upload_reply_lost",
                                                       "upload_5xx",
                                                       "upload_5xx_after_commit",
                                                       "upload_429",
                                                       "upload_garbled",
                                                       "create_not_sent",
                                                       "create_lost_before_commit",
                                                       "create_reply_lost",
                                                       "create_silent",
                                                       "create_5xx_before_commit",
                                                       "create_5xx_after_commit",
                                                       "create_429",
                                                       "create_credits_used_up",
                                                       "create_429_without_envelope",
                                                       "create_401_without_envelope",
                                                       "create_garbled",
                                                       "details_not_sent",
                                                       "details_reply_lost",
                                                       "details_5xx",
                                                       "details_429",
                                                       "details_garbled",
                                                       "download_not_sent",
                                                       "download_reply_lost",
                                                       "download_5xx",
                                                       "download_429",
                                                       "download_404_for_a_while",
                                                       "token_not_sent",
                                                       "token_reply_lost",
                                                       "token_5xx",
                                                       "token_throttled",
                                                       "token_revoked",
                                                       "token_expired",
                                                       "storm_of_429",
                                                       "storm_with_retry_after",
                                                       "storm_without_envelope",
                                                       "outage",
                                                       "file_forgotten",
                                                       "job_stuck",
                                                       "job_failed_without_writing",
                                                       "job_failed_midway",
                                                       "job_failed_without_counts",
                                                       "job_failed_with_result",
                                                       "record_skipped",
                                                       "record_unprocessed",
                                                       "result_shuffled",
                                                       "result_shuffled_ambiguous",
                                                       "result_truncated",
                                                       "result_too_long",
                                                       "result_damaged",
                                                       "callback_lost",
                                                       "callback_late",
                                                       "callback_duplicated",
                                                       "callback_of_unknown_job",
                                                       "callback_of_other_job",
                                                       "callback_of_unknown_chunk",
                                                       "request_outlived_us",
                                                       "stop_request",
                                                       "crash_at_ledger",
                                                       "crash_at_request",
                                                       "crash_at_create",
                                                       "crash_at_reply",
                                                       "crash_at_result"};

// How often at most, for each time it could.
double most(Fault fault) {
  switch (fault) {
    case Fault::token_not_sent:
    case Fault::token_reply_lost:
    case Fault::token_5xx:
      return 0.3;
    case Fault::token_throttled:
      return 0.1;
    case Fault::token_revoked:
    case Fault::storm_of_429:
    case Fault::storm_with_retry_after:
    case Fault::storm_without_envelope:
    case Fault::outage:
      return 0.02;
    case Fault::create_credits_used_up:
      return 0.05;
    case Fault::file_forgotten:
      return 0.3;
    case Fault::crash_at_create:
    case Fault::crash_at_result:
      return 0.05;
    default:
      return 0.25;
  }
}

}  // namespace

std::string_view fault_name(Fault fault) {
  return kNames[static_cast<size_t>(fault)];
}

// Some seeds are calm, some are wild; in each about half of the faults can happen.
Faults::Faults(Random random) : random_(random) {
  constexpr std::array<double, 5> kWildness{0.05, 0.15, 0.3, 0.6, 1.0};
  const double wildness = kWildness[random_.below(kWildness.size())];
  for (size_t i = 0; i < kFaults; ++i)
    if (random_.chance(0.5)) likely_[i] = most(static_cast<Fault>(i)) * wildness;
}

bool Faults::may_strike(Fault fault) {
  return !calm_ && random_.chance(likely_[static_cast<size_t>(fault)]);
}

bool Faults::strikes(Fault fault) {
  if (!may_strike(fault)) return false;
  note(fault);
  return true;
}

}  // namespace sim
