// Holds what the loader says against the service's own books and against what went over the wire. A broken promise is a
// Violation.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "tests/sim/session.h"
#include "tests/sim/world.h"

namespace sim {

class Oracle {
 public:
  explicit Oracle(World& world) : world_(world) {}

  void after_crash();
  void after_session(const Report& report);
  // Of the last session, when nothing is left to do.
  void at_end(const Report& report);
  // The user has looked at the books.
  void resubmitted(uint64_t chunk_index) { ++resubmitted_[chunk_index]; }

 private:
  void look_at_table();
  void look_at_creates();
  void look_at(const ChunkReport& chunk);
  void look_at_job(const ChunkReport& chunk);
  void look_at_verdicts(const ChunkReport& chunk, const JobRecords& job);
  bool may_be_uncertain(uint64_t chunk_index) const;
  uint64_t resubmissions(uint64_t chunk_index) const;

  World& world_;
  std::set<uint64_t> created_at_crash_;  // chunks that were being created when we died
  std::map<uint64_t, uint64_t> resubmitted_;
};

}  // namespace sim
