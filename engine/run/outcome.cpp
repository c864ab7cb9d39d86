#include "engine/run/outcome.h"

#include <string>

#include "engine/base/deliberate_bug.h"

namespace bulkwrite::run {

ChunkState state_of(api::OutcomeKind kind) {
  switch (kind) {
    case api::OutcomeKind::finished:
      return ChunkState::finished;
    case api::OutcomeKind::failed:
      return ChunkState::failed;
    case api::OutcomeKind::refused:
      return ChunkState::refused;
    case api::OutcomeKind::uncertain:
      return ChunkState::uncertain;
    case api::OutcomeKind::in_flight:
      return ChunkState::in_flight;
    case api::OutcomeKind::unfetched:
      return ChunkState::unfetched;
    case api::OutcomeKind::not_sent:
      return ChunkState::not_sent;
  }
  return ChunkState::uncertain;
}

api::Outcome turned_away(const api::Work& work) {
  return {.chunk_index = work.chunk_index,
          .records = work.records,
          .kind = work.resent ? api::OutcomeKind::uncertain : api::OutcomeKind::not_sent,
          .resent = work.resent};
}

bool is_hopeless(const api::Outcome& outcome, bool stopping) {
  if (!outcome.error) return false;
  return outcome.kind == api::OutcomeKind::refused || (outcome.kind == api::OutcomeKind::not_sent && !stopping);
}

Result<void> keep_outcome(Ledger& ledger, const api::Outcome& outcome, const WriteResult& write_result) {
  const std::string why = outcome.error ? outcome.error->message : "";
  const auto settle = [&] {
    return ledger.settle(outcome.chunk_index, state_of(outcome.kind), outcome.job_id, outcome.counts, why,
                         outcome.resent);
  };
  if (outcome.kind != api::OutcomeKind::finished) return settle();
  if (deliberate_bug(DeliberateBug::finished_before_result))
    if (auto ok = settle(); !ok) return ok;
  if (auto ok = write_result(outcome.chunk_index, outcome.result_zip); !ok) return ok;
  return settle();
}

}  // namespace bulkwrite::run
