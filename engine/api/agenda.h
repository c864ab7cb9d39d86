// What of many submissions is due when, and what they come to together: kept as each of them changes, so that nobody
// has to walk them all.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "engine/api/submission.h"
#include "engine/base/clock.h"

namespace bulkwrite::api {

// Knows submissions by their chunk_index. A value; one thread. What changes a submission must be followed by put().
class Agenda {
 public:
  // By the time from which a request is due, and by chunk_index where that is the same.
  using Due = std::set<std::pair<Instant, uint64_t>>;

  void put(const Submission& submission);  // new, or changed
  void remove(uint64_t chunk_index);       // nothing where it is not known

  const Due& due(RequestKind kind) const { return due_[static_cast<size_t>(kind)]; }
  bool has_due() const;
  // Those of which Submission::on_time() has something to say by now, by chunk_index.
  std::vector<uint64_t> run_out(Instant now) const;

  uint64_t at_stage(RequestKind kind) const { return at_stage_[static_cast<size_t>(kind)]; }
  uint64_t archives_held() const { return archives_held_; }
  uint64_t waiting_for_jobs() const { return waiting_for_jobs_; }  // and no reply is awaited
  uint64_t credits_ahead() const { return credits_ahead_; }        // what all need to come to their ends

 private:
  // What is known of one.
  struct Standing {
    RequestKind stage = RequestKind::upload;
    std::optional<Submission::Due> due;
    std::optional<Instant> deadline;
    bool holds_archive = false, waits_for_job = false;
    uint64_t credits_ahead = 0;
  };
  static Standing standing_of(const Submission& submission);
  void add(uint64_t chunk_index, const Standing& standing);
  void take_away(uint64_t chunk_index, const Standing& standing);

  std::map<uint64_t, Standing> standings_;
  std::array<Due, kRequestKinds.size()> due_;
  Due deadlines_;
  std::array<uint64_t, kRequestKinds.size()> at_stage_{};
  uint64_t archives_held_ = 0, waiting_for_jobs_ = 0, credits_ahead_ = 0;
};

}  // namespace bulkwrite::api
