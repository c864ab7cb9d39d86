// Mistakes that are made on purpose, so that the tests can show that they would be found. Only the objects of
// NAME_with_bugs (cmake/flags.cmake) are compiled with BULKWRITE_DELIBERATE_BUGS; in every other program
// deliberate_bug() is false when it is compiled, and nothing is left of the mistake.
#pragma once

#include <array>
#include <atomic>
#include <optional>
#include <string_view>
#include <utility>

namespace bulkwrite {

enum class DeliberateBug {
  none,
  intent_not_committed,        // a job is asked for before the ledger knows it
  created_before_reply,        // the ledger takes a job for created when it is asked for
  blind_resend,                // a plain insert whose reply was lost is sent again
  server_error_is_refusal,     // a 5xx to a create is taken for "there is no job"
  retries_without_end,         // what fails is tried for ever
  token_renewed_by_all,        // each submission whose token was refused gets a new one for itself
  archives_without_bound,      // more archives are taken than may be held
  stop_is_not_heard,           // jobs are created after a stop
  callback_believed,           // the job that a callback names is not compared with the chunk
  callback_of_neighbour,       // a callback's token leads to another chunk
  failed_job_wrote_nothing,    // a FAILED plain insert is said to have written nothing
  settled_as_not_sent,         // what was being created when we died is said not to be sent
  creation_forgotten,          // a chunk that is sent again forgets that it may have been created
  uncertain_sent_again,        // a plain insert that is uncertain is sent again by the next session
  job_not_tracked_again,       // a job that had not ended is not looked for by the next session
  finished_before_result,      // the ledger says finished before the result is on the disk
  verdicts_shifted,            // verdicts are tied to the record before theirs
  echo_ignored,                // verdicts are tied by position without the proof
  chunk_cut_from_wrong_range,  // a chunk is cut again from the range of another
  crc_not_compared,            // what is read again of a source is taken for what was sent
  spool_removed_early,         // the copy of a stream goes before the run's results are there
  ledger_named_early,          // the ledger has its name before it is complete
  credits_counted_late,        // a call's credits are counted when its reply is there
  canary_overtaken,            // a second job is created before the first one's verdicts are in
  retry_after_ignored,         // only the request that was told to wait waits
};

constexpr std::array<std::pair<std::string_view, DeliberateBug>, 25> kDeliberateBugs{{
    {"intent_not_committed", DeliberateBug::intent_not_committed},
    {"created_before_reply", DeliberateBug::created_before_reply},
    {"blind_resend", DeliberateBug::blind_resend},
    {"server_error_is_refusal", DeliberateBug::server_error_is_refusal},
    {"retries_without_end", DeliberateBug::retries_without_end},
    {"token_renewed_by_all", DeliberateBug::token_renewed_by_all},
    {"archives_without_bound", DeliberateBug::archives_without_bound},
    {"stop_is_not_heard", DeliberateBug::stop_is_not_heard},
    {"callback_believed", DeliberateBug::callback_believed},
    {"callback_of_neighbour", DeliberateBug::callback_of_neighbour},
    {"failed_job_wrote_nothing", DeliberateBug::failed_job_wrote_nothing},
    {"settled_as_not_sent", DeliberateBug::settled_as_not_sent},
    {"creation_forgotten", DeliberateBug::creation_forgotten},
    {"uncertain_sent_again", DeliberateBug::uncertain_sent_again},
    {"job_not_tracked_again", DeliberateBug::job_not_tracked_again},
    {"finished_before_result", DeliberateBug::finished_before_result},
    {"verdicts_shifted", DeliberateBug::verdicts_shifted},
    {"echo_ignored", DeliberateBug::echo_ignored},
    {"chunk_cut_from_wrong_range", DeliberateBug::chunk_cut_from_wrong_range},
    {"crc_not_compared", DeliberateBug::crc_not_compared},
    {"spool_removed_early", DeliberateBug::spool_removed_early},
    {"ledger_named_early", DeliberateBug::ledger_named_early},
    {"credits_counted_late", DeliberateBug::credits_counted_late},
    {"canary_overtaken", DeliberateBug::canary_overtaken},
    {"retry_after_ignored", DeliberateBug::retry_after_ignored},
}};

constexpr std::optional<DeliberateBug> deliberate_bug_named(std::string_view name) {
  for (const auto& [known, bug] : kDeliberateBugs)
    if (known == name) return bug;
  return std::nullopt;
}

#ifdef BULKWRITE_DELIBERATE_BUGS
// The one that this process makes.
inline std::atomic<DeliberateBug> deliberate_bug_made{DeliberateBug::none};

// Whether to make the mistake here.
inline bool deliberate_bug(DeliberateBug bug) {
  return deliberate_bug_made.load(std::memory_order_relaxed) == bug;
}
#else
constexpr bool deliberate_bug(DeliberateBug) {
  return false;
}
#endif

}  // namespace bulkwrite
