#include "engine/api/agenda.h"

#include <algorithm>

#include "engine/api/credit_budget.h"

namespace bulkwrite::api {
namespace {

// What must be left for a submission to come to its end.
uint64_t credits_for(const Submission& submission) {
  if (!submission.wants_job() || (submission.stage() == RequestKind::create && submission.is_awaiting()))
    return kTrackingCredits;
  return submission.stage() == RequestKind::upload ? kJobCredits : kJobCredits - kCallCredits;
}

}  // namespace

Agenda::Standing Agenda::standing_of(const Submission& submission) {
  return {.stage = submission.stage(),
          .due = submission.due(),
          .deadline = submission.deadline(),
          .holds_archive = submission.holds_archive(),
          .waits_for_job = submission.wants_job() && !submission.is_awaiting(),
          .credits_ahead = credits_for(submission)};
}

void Agenda::put(const Submission& submission) {
  const uint64_t chunk = submission.work().chunk_index;
  const auto [known, fresh] = standings_.try_emplace(chunk);
  if (!fresh) take_away(chunk, known->second);
  known->second = standing_of(submission);
  add(chunk, known->second);
}

void Agenda::remove(uint64_t chunk_index) {
  const auto found = standings_.find(chunk_index);
  if (found == standings_.end()) return;
  take_away(chunk_index, found->second);
  standings_.erase(found);
}

void Agenda::add(uint64_t chunk_index, const Standing& standing) {
  if (standing.due) due_[static_cast<size_t>(standing.due->request)].emplace(standing.due->at, chunk_index);
  if (standing.deadline) deadlines_.emplace(*standing.deadline, chunk_index);
  ++at_stage_[static_cast<size_t>(standing.stage)];
  archives_held_ += standing.holds_archive ? 1 : 0;
  waiting_for_jobs_ += standing.waits_for_job ? 1 : 0;
  credits_ahead_ += standing.credits_ahead;
}

void Agenda::take_away(uint64_t chunk_index, const Standing& standing) {
  if (standing.due) due_[static_cast<size_t>(standing.due->request)].erase({standing.due->at, chunk_index});
  if (standing.deadline) deadlines_.erase({*standing.deadline, chunk_index});
  --at_stage_[static_cast<size_t>(standing.stage)];
  archives_held_ -= standing.holds_archive ? 1 : 0;
  waiting_for_jobs_ -= standing.waits_for_job ? 1 : 0;
  credits_ahead_ -= standing.credits_ahead;
}

bool Agenda::has_due() const {
  return std::any_of(due_.begin(), due_.end(), [](const Due& of_kind) { return !of_kind.empty(); });
}

std::vector<uint64_t> Agenda::run_out(Instant now) const {
  std::vector<uint64_t> chunks;
  for (auto at = deadlines_.begin(); at != deadlines_.end() && at->first <= now; ++at) chunks.push_back(at->second);
  std::sort(chunks.begin(), chunks.end());
  return chunks;
}

}  // namespace bulkwrite::api
