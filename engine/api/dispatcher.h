// Drives many submissions over one transport, on one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/agenda.h"
#include "engine/api/canary.h"
#include "engine/api/job_spec.h"
#include "engine/api/rate.h"
#include "engine/api/session.h"
#include "engine/api/submission.h"
#include "engine/api/transport.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"

namespace bulkwrite::api {

// The ledger as the dispatcher sees it. Each call has committed when it returns; an error of it stops the load.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual Result<void> uploaded(uint64_t chunk, std::string_view file_id) = 0;
  virtual Result<void> creating(uint64_t chunk) = 0;  // before the request leaves
  virtual Result<void> created(uint64_t chunk, std::string_view job_id) = 0;
  virtual Result<void> not_created(uint64_t chunk, std::string_view why) = 0;
  virtual Result<void> create_uncertain(uint64_t chunk, std::string_view why) = 0;
  virtual Result<void> job_ended(uint64_t chunk, std::string_view status, const JobCounts& counts) = 0;
};

struct DispatcherOptions {
  JobSpec job;
  SubmissionPolicy submission;
  unsigned archives_held_max = 4;                  // between submit() and their job's creation
  unsigned jobs_in_flight_max = 10;                // submissions that are not over
  unsigned requests_in_flight_max = kCallsAtOnce;  // by edition (contract 8.3); fewer after a 429
  unsigned downloads_a_minute_max = 10;            // contract 6.7; 0: as many as there are
  bool canary = true;                              // one job ahead of all others
  Milliseconds request_timeout{120'000};
  Milliseconds stop_grace{30'000};  // after stop(): how long replies are awaited
  uint64_t jitter_seed = 1;
};

// What it refers to must outlive it.
class Dispatcher {
 public:
  Dispatcher(Transport& transport, const Clock& clock, Journal& journal, Session& session, DispatcherOptions options);

  // Whether one more archive may come now.
  bool has_room() const;

  // Whether further archives may come in this session.
  enum class Creating {
    open,
    credits_kept,     // the next job could pass our own limit
    credits_used_up,  // the service has too few credits left
    ended,            // the canary is dead, or create_no_more() was called
  };
  Creating creating() const;
  // Whether a chunk is here that waits to ask for its job.
  bool wants_jobs() const;
  // Ends what has no job yet; what has one is tracked to its end.
  void create_no_more();
  // How many chunks were ended by that.
  uint64_t held_back() const { return held_back_; }
  // Whether something is still to be asked, and no call can be paid for any more.
  bool is_out_of_credits() const;

  // What the verdicts of a chunk that has ended came to. Where there is a canary, this is what it waits for.
  void hear_verdicts(uint64_t chunk_index, FirstVerdicts verdicts) { canary_.hear(chunk_index, verdicts); }
  void submit(Work work);  // precondition: has_room()

  // Whether one more job may be tracked that exists already.
  bool can_track() const { return !stopping_ && submissions_.size() < options_.jobs_in_flight_max; }
  void track(Work work, std::string job_id);  // precondition: can_track(); the work needs no archive

  void hear_of(Work work);  // the same, of a job that only a callback can name

  // The service called `url` back about a chunk. Of a chunk that is not under way it is nothing.
  Result<void> on_callback(uint64_t chunk_index, const std::string& job_id, const std::string& url);

  // Sends what is due, waits at most so long for replies, and acts on them. An error is the end of the load: the
  // journal cannot be written, or the sign-in is gone. What is still open then has no outcome; the journal knows how
  // far it came.
  Result<void> step(Milliseconds at_most);
  std::vector<Outcome> take_outcomes();
  size_t unfinished() const { return submissions_.size(); }

  // Creates nothing more. What awaits a reply gets it within stop_grace or ends without; everything else ends now.
  void stop();

  struct Gauges {
    uint64_t uploading = 0, creating = 0, tracking = 0, fetching = 0;
  };
  Gauges gauges() const;

 private:
  // A chunk's submission, by its chunk_index; the exchange's id is chunk_index + 1.
  using Submissions = std::map<uint64_t, Submission>;

  Result<void> send_due();
  Result<void> send(Submission& submission, RequestKind kind);
  Result<Request> request_for(const Submission& submission, RequestKind kind);
  Result<void> renew_token();
  Result<void> on_token(const Reply& reply);
  Result<void> on_completion(Completion completion);
  Result<void> on_unauthorised(Submission& submission, const Reply& reply);
  Result<void> note(Submission& submission, Submission::Change change);
  Result<void> hold_back(Submission& submission);
  void take_in(Submission submission);
  uint64_t end_all(Submission::Change (*how)(Submission&, Instant));
  Milliseconds time_to_next(Milliseconds at_most) const;
  bool is_next_due(RequestKind kind, Agenda::Due::const_iterator next, Instant now) const;
  std::optional<Instant> opens_at(RequestKind kind) const;
  bool lets_create(uint64_t chunk) const;
  std::string why_throttled(RequestKind kind, const Reply& reply) const;
  void count(RequestKind kind, const Reply& reply, Instant left_at);
  Result<std::string> result_url(std::string_view download_url) const;

  Transport& transport_;
  const Clock& clock_;
  Journal& journal_;
  Session& session_;
  const DispatcherOptions options_;
  Submissions submissions_;
  Agenda agenda_;  // of these
  std::vector<Outcome> outcomes_;
  std::map<uint64_t, Instant> requests_;  // under way, by chunk_index: when each left
  Canary canary_;
  Rate rate_;
  Pace downloads_;
  bool credits_used_up_ = false;  // a 429 was for want of any credits
  uint64_t held_back_ = 0;
  bool renewing_ = false, stopping_ = false, creating_no_more_ = false;
  bool renewal_wanted_ = false;  // the token is refused; nothing is sent before there is another
  Backoff renewal_backoff_;
  Instant renew_at_{};  // not before
  Instant give_up_at_{};
  unsigned throttles_of_token_ = 0;  // in a row, with a quiet time behind each
};

}  // namespace bulkwrite::api
