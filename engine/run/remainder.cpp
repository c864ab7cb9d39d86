#include "engine/run/remainder.h"

#include <fmt/format.h>

namespace bulkwrite::run {
namespace {

// How far a chunk is from which a session goes on.
ChunkState open_state(NextStep step) {
  switch (step) {
    case NextStep::submit:
      return ChunkState::packed;
    case NextStep::track:
      return ChunkState::created;
    default:
      return ChunkState::creating;
  }
}

}  // namespace

Result<Remainder> take_up_chunks(Ledger& ledger, uint64_t chunks, bool resend_is_safe, bool listens) {
  Remainder remainder{.chunks = chunks};
  for (uint64_t i = 0; i < chunks; ++i) {
    auto found = ledger.chunk(i);
    if (!found) return std::move(found).error();
    if (!found->has_value())
      return Error{ErrorKind::input_data, fmt::format("the ledger has lost chunk {} of its {}", i, chunks)};
    ChunkRow row = **std::move(found);
    const NextStep step = next_step(row.state, resend_is_safe);
    remainder.records += row.records;
    if (step != NextStep::submit) remainder.rejected += row.records - row.sent;
    if (step == NextStep::nothing || (step == NextStep::hear_of && !listens)) continue;
    // Refused before is not created before.
    row.resent |= step == NextStep::submit && (row.state == ChunkState::uncertain || row.maybe_created);
    if (auto ok = ledger.set_state(i, open_state(step), row.job_id, ""); !ok) return std::move(ok).error();
    remainder.steps.push_back({std::move(row), step});
  }
  return remainder;
}

}  // namespace bulkwrite::run
