// A ledger in memory that holds the dispatcher to its order: intent before, outcome after.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/api/dispatcher.h"

namespace twin {

using bulkwrite::Error;
using bulkwrite::ErrorKind;
using bulkwrite::Result;
using bulkwrite::api::JobCounts;

class MemoryJournal final : public bulkwrite::api::Journal {
 public:
  enum class State { fresh, uploaded, creating, created, not_created, uncertain, ended };
  struct Entry {
    State state = State::fresh;
    unsigned creating = 0;
    std::string file_id, job_id, why, status;
  };

  std::optional<size_t> fails_at;  // the call, counted from 1, that cannot be written

  // What is known of a chunk that was created in an earlier session.
  void knows_job(uint64_t chunk, std::string job_id) {
    entries_[chunk].state = State::created;
    entries_[chunk].job_id = std::move(job_id);
  }

  Result<void> uploaded(uint64_t chunk, std::string_view file_id) override {
    entries_[chunk].file_id = file_id;
    return write(chunk, State::uploaded, {State::fresh, State::not_created, State::uncertain});
  }
  Result<void> creating(uint64_t chunk) override {
    ++entries_[chunk].creating;
    return write(chunk, State::creating, {State::uploaded, State::not_created, State::uncertain});
  }
  Result<void> created(uint64_t chunk, std::string_view job_id) override {
    entries_[chunk].job_id = job_id;
    return write(chunk, State::created, {State::creating, State::uncertain});
  }
  Result<void> not_created(uint64_t chunk, std::string_view why) override {
    entries_[chunk].why = why;
    return write(chunk, State::not_created, {State::creating});
  }
  Result<void> create_uncertain(uint64_t chunk, std::string_view why) override {
    entries_[chunk].why = why;
    return write(chunk, State::uncertain, {State::creating, State::uncertain});
  }
  Result<void> job_ended(uint64_t chunk, std::string_view status, const JobCounts&) override {
    entries_[chunk].status = status;
    return write(chunk, State::ended, {State::created});
  }

  const Entry& of(uint64_t chunk) const { return entries_.at(chunk); }
  size_t calls() const { return calls_; }
  const std::vector<std::string>& faults() const { return faults_; }  // calls that came out of order

 private:
  Result<void> write(uint64_t chunk, State state, const std::vector<State>& after) {
    if (++calls_ == fails_at) return Error{ErrorKind::cannot_write, "the ledger's disk is full"};
    Entry& entry = entries_[chunk];
    bool fits = false;
    for (const State before : after) fits |= entry.state == before;
    if (!fits) {
      faults_.push_back("chunk " + std::to_string(chunk) + ": " + std::to_string(static_cast<int>(state)) + " after " +
                        std::to_string(static_cast<int>(entry.state)));
    }
    entry.state = state;
    return {};
  }

  std::map<uint64_t, Entry> entries_;
  std::vector<std::string> faults_;
  size_t calls_ = 0;
};

}  // namespace twin
