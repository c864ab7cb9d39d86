// One job goes ahead of all others: until somebody has seen its verdicts, no other is created, so that what is wrong
// with all of them shows in the first.
#pragma once

#include <cstdint>
#include <set>

namespace bulkwrite::api {

// What the verdicts of a chunk said, or their absence.
enum class FirstVerdicts {
  taken,      // a record was taken: the others may go
  not_taken,  // none was, or its job failed: the others must not
  unknown,    // nobody knows what became of it: another one goes ahead
};

// Chunks are named by their index. A value; one thread.
class Canary {
 public:
  static constexpr unsigned kUnknownMax = 3;  // goes ahead so often without an answer

  explicit Canary(bool wanted) : state_(wanted ? State::waiting : State::sung) {}

  // Whether a job of the chunk may be created now. The one that goes ahead may be asked for again.
  bool lets_create(uint64_t chunk) const {
    return state_ == State::sung || (state_ == State::waiting && (ahead_.empty() || ahead_.contains(chunk)));
  }
  void goes_ahead(uint64_t chunk) {  // its create leaves, or it has a job already
    if (state_ == State::waiting) ahead_.insert(chunk);
  }
  // The chunk has ended. Of one that did not go ahead only that it was taken counts.
  void hear(uint64_t chunk, FirstVerdicts verdicts);
  bool is_dead() const { return state_ == State::dead; }

 private:
  enum class State { waiting, sung, dead } state_;
  std::set<uint64_t> ahead_;
  unsigned unknown_ = 0;
};

}  // namespace bulkwrite::api
