// The network between the loader and the service: what befalls each request, what each side can know of it, and whether
// the loader keeps to its budgets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/api/canary.h"
#include "engine/api/transport.h"
#include "tests/api/fake_transport.h"
#include "tests/sim/books.h"
#include "tests/sim/crash.h"
#include "tests/sim/faults.h"
#include "tests/sim/setup.h"
#include "tests/sim/trace.h"

namespace sim {

class Wire final : public bulkwrite::api::Transport {
 public:
  Wire(const Setup& setup, Books& books, bulkwrite::ManualClock& clock, Faults& faults, CrashPlan& crash, Random random,
       Trace& trace);

  void start(uint64_t id, bulkwrite::api::Request request) override;
  std::vector<bulkwrite::api::Completion> wait(Milliseconds at_most) override;
  void cancel(uint64_t id) override;
  void wake() override { inner_.wake(); }

  void begin_session();
  void end_session();  // what is under way is heard by nobody
  void idle(Milliseconds time) { (void)inner_.wait(time); }
  bool is_quiet() const { return inner_.in_flight() + inner_.orphans() == 0; }

  // Requests to create a job of the chunk of whose end the loader cannot know.
  uint64_t doubtful_creates(uint64_t chunk) const { return doubtful_.contains(chunk) ? doubtful_.at(chunk) : 0; }
  uint64_t sure_creates(uint64_t chunk) const { return sure_.contains(chunk) ? sure_.at(chunk) : 0; }  // with a job
  // The loader was told in this session that the chunk has a job.
  bool was_told_of_job(uint64_t chunk) const { return told_.contains(chunk); }
  uint64_t spending_requests() const { return spending_; }  // uploads and creates
  void forbid_creates() { creates_forbidden_ = true; }      // the loader has been asked to stop

  // The limits of this session, and what the loader learns that changes them.
  struct Limits {
    bool canary = false;
    std::optional<uint64_t> credits_max;
  };
  void set_limits(Limits limits) { limits_ = limits; }
  void goes_ahead(uint64_t chunk) { ahead_.insert(chunk); }  // a job of an earlier session is tracked
  void verdicts_are_in(uint64_t chunk, bulkwrite::api::FirstVerdicts verdicts);

 private:
  enum class Certainty { job, no_job, doubt };
  struct Flight {
    twin::Kind kind;
    uint64_t chunk;
    uint64_t session_token;  // how many tokens had come when it left
    Certainty certainty = Certainty::no_job;
  };

  twin::Fate fate_of(twin::Kind kind, const bulkwrite::api::Request& request);
  bool draw_storm(twin::Kind kind, twin::Fate& fate);
  void draw_token(twin::Fate& fate);
  void draw_upload(twin::Fate& fate);
  void draw_create(twin::Fate& fate);
  void draw_details(twin::Fate& fate);
  void draw_download(twin::Fate& fate, const std::string& url);
  void watch_budgets(uint64_t id, const Flight& flight);
  void watch_tokens();
  void watch_limits(const Flight& flight);
  void count_credits(const Flight& flight, const bulkwrite::api::Reply& reply);
  void heard(const Flight& flight, const bulkwrite::api::Reply& reply);
  void lose(const Flight& flight);

  const Setup& setup_;
  Books& books_;
  bulkwrite::ManualClock& clock_;
  Faults& faults_;
  CrashPlan& crash_;
  Random random_;
  Trace& trace_;
  twin::FakeTransport inner_;
  std::map<uint64_t, Flight> flights_;
  std::optional<Fault> storm_;
  Instant storm_until_{};
  std::map<std::string, Instant> not_found_until_;  // downloads
  std::map<uint64_t, uint64_t> doubtful_, sure_;
  std::set<uint64_t> told_;
  Certainty next_certainty_ = Certainty::job;
  uint64_t spending_ = 0;
  bool creates_forbidden_ = false;

  // Of this session.
  std::map<uint64_t, std::pair<twin::Kind, unsigned>> failures_;  // of a chunk's last requests, in a row
  std::vector<Instant> tokens_asked_;
  std::optional<Instant> token_since_;
  uint64_t tokens_ = 0;
  bool token_refused_ = false;
  Limits limits_;
  uint64_t credits_ = 0;
  std::set<uint64_t> ahead_;  // chunks whose verdicts are awaited
  Instant not_before_{};      // by the service's own words
  std::vector<Instant> downloads_;
};

}  // namespace sim
