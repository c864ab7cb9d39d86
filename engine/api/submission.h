// One chunk's life at the service as a pure state machine: replies and the time go in, the next request comes out.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/api/replies.h"
#include "engine/api/retry.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"

namespace bulkwrite::api {

// A chunk on its way. The archive is owned until its job exists.
struct Work {
  uint64_t chunk_index = 0;
  uint64_t records = 0;
  std::string archive_name, csv_name;
  std::string archive;
  // Takes the archive's memory once its job exists, from the thread that drives the submission; may be empty.
  std::function<void(std::string)> give_back;
  std::string callback_url;  // of this chunk alone, unguessable; empty: nobody listens
  bool resent = false;       // its job may have been created before
};

enum class OutcomeKind {
  finished,   // the job ended and its result is here
  failed,     // the service says that the job FAILED
  refused,    // the service refused the upload or the job for good: there is no job
  uncertain,  // whether the job was created is not known, or the service does not know it any more
  in_flight,  // the job runs; a deadline or a stop ended our waiting
  unfetched,  // the job ended, but its result could not be downloaded
  not_sent,   // stopped before the job was created: nothing of it is at the service but a file
};

struct Outcome {
  uint64_t chunk_index = 0;
  uint64_t records = 0;
  OutcomeKind kind = OutcomeKind::not_sent;
  std::string job_id;
  JobCounts counts;
  std::string result_zip;
  std::optional<Error> error;  // why, where it is not finished
  bool resent = false;         // the job was created more than once
};

struct SubmissionPolicy {
  RetryPolicy retry;
  bool resend_is_safe = false;                       // update, upsert, insert with find_by (contract 10.2)
  Milliseconds poll_min{2'000}, poll_max{60'000};    // the wait between looks doubles, with jitter
  Milliseconds job_deadline{std::chrono::hours(6)};  // from the job's creation
  // How long a create whose reply was lost, and that must not be sent again, waits for its callback. 0: nobody listens.
  Milliseconds callback_wait{0};
};

enum class RequestKind { upload, create, details, download };
constexpr std::array<RequestKind, 4> kRequestKinds{RequestKind::upload, RequestKind::create, RequestKind::details,
                                                   RequestKind::download};

class Submission {
 public:
  Submission(Work work, const SubmissionPolicy& policy, uint64_t seed, Instant now = {});
  // Of a chunk whose job exists already: it is only tracked and its result fetched.
  static Submission track(Work work, std::string job_id, const SubmissionPolicy& policy, uint64_t seed, Instant now);

  // Of a chunk whose job may exist and must not be created again: only a callback can name it.
  static Submission hear_of(Work work, const SubmissionPolicy& policy, uint64_t seed, Instant now);

  // What to send next, and when. Nothing while a reply is awaited, and once done.
  struct Due {
    RequestKind request;
    Instant at;
  };
  std::optional<Due> due() const;
  // What the request was sent with: the token, and how many had been made for us by then.
  struct SentWith {
    unsigned token_generation = 0, renewals = 0;
  };
  void sent(SentWith with) {
    awaiting_ = true;
    sent_with_ = with;
  }
  unsigned token_generation() const { return sent_with_.token_generation; }

  // What a reply has changed; the caller writes it into the ledger.
  enum class Change { none, uploaded, created, not_created, create_uncertain, job_ended, ended };
  Change on_reply(const Reply& reply, Instant now);
  // The token was refused: send the same again, once there is a new one.
  void on_unauthorised();
  // Whether the request, if its token is refused, has been sent again with a renewed one already.
  bool has_renewed() const { return refused_with_ && sent_with_.renewals > refused_with_->renewals; }

  // The service called back about a job of this chunk: a hint to look, never trusted (contract 5).
  // `url` is the one that was called.
  Change on_callback(const std::string& job_id, const std::string& url, Instant now);

  // Says more of why it has ended. Once it has ended with an error.
  void add_reason(const std::string& reason);

  // Its result is offered where we do not go.
  Change cannot_fetch(Error error);

  // Ends it now, unless a reply is awaited; then on_reply ends it. Creates nothing any more.
  Change let_go(Instant now);
  // The same, but only where its job has not been asked for yet; a job that exists is tracked to its end.
  Change create_no_more(Instant now);
  // Ends it although a reply is awaited: what it would have said is not known.
  Change give_up();
  // Time passes: the job's deadline, or the wait for a callback, may be over.
  Change on_time(Instant now);
  // From when on on_time() ends it, as things stand; nothing where it does not.
  std::optional<Instant> deadline() const;

  const Work& work() const { return work_; }
  const std::string& file_id() const { return file_id_; }
  const std::string& job_id() const { return job_id_; }
  const std::string& download_url() const { return details_.download_url; }
  const JobDetails& details() const { return details_; }
  RequestKind stage() const { return stage_; }
  // Its upload or its job is still to be asked for.
  bool wants_job() const { return !done_ && !wait_until_ && stage_ <= RequestKind::create; }
  bool is_awaiting() const { return awaiting_; }
  bool holds_archive() const { return !work_.archive.empty(); }
  const std::string& why() const { return why_; }
  Outcome take_outcome();  // once `ended`

 private:
  Change on_upload(const Reply& reply, Instant now);
  Change on_create(const Reply& reply, Instant now);
  Change on_details(const Reply& reply, Instant now);
  Change on_download(const Reply& reply, Instant now);
  Change again(const Reply& reply, Instant now, OutcomeKind otherwise);
  Milliseconds wait_at_least(const Reply& reply, Instant now);
  Change uncertain_create(const Reply& reply, Instant now);
  Change confirm(const std::string& job_id, Instant now);
  Change not_confirmed(const Reply& reply, Instant now);
  Change job_failed();
  Change end(OutcomeKind kind, std::optional<Error> error = {});
  void go_on(RequestKind stage, Instant at);
  void free_archive();

  Work work_;
  const SubmissionPolicy policy_;
  Backoff backoff_;
  RequestKind stage_ = RequestKind::upload;
  Instant due_at_{};
  bool awaiting_ = false, done_ = false, letting_go_ = false, creating_no_more_ = false;
  bool confirming_ = false;            // job_id_ is what a callback says; the service has not been asked yet
  std::optional<Instant> wait_until_;  // for a callback
  std::string called_back_;            // a job id that came by callback while the reply was awaited
  SentWith sent_with_;
  std::optional<Instant> throttled_since_;  // nothing but 429 since, of this request
  std::optional<SentWith> refused_with_;    // where the token of this request was refused first
  unsigned uploads_ = 0;
  Instant created_at_{};
  Milliseconds poll_interval_;
  std::string file_id_, job_id_, why_;
  JobDetails details_;
  Outcome outcome_;
};

}  // namespace bulkwrite::api
