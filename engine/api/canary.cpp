#include "engine/api/canary.h"

namespace bulkwrite::api {

void Canary::hear(uint64_t chunk, FirstVerdicts verdicts) {
  const bool went_ahead = ahead_.erase(chunk) > 0;
  if (state_ != State::waiting) return;
  if (verdicts == FirstVerdicts::taken)
    state_ = State::sung;
  else if (went_ahead && (verdicts == FirstVerdicts::not_taken || ++unknown_ == kUnknownMax))
    state_ = State::dead;
}

}  // namespace bulkwrite::api
