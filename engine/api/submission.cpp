#include "engine/api/submission.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/api/throttle.h"
#include "engine/base/check.h"
#include "engine/base/deliberate_bug.h"

namespace bulkwrite::api {
namespace {

// A file that the service has forgotten is uploaded again, but not for ever.
constexpr unsigned kUploadsMax = 3;

bool is_forgotten_file(const Reply& reply) {
  const auto error = parse_service_error(reply.body);
  return error && (error->code == "INVALID_FILE_ID" || error->code == "FILE_NOT_FOUND");
}

// It may have forgotten the job, or a user may have named another one.
bool is_unknown_job(const Reply& reply) {
  const auto error = parse_service_error(reply.body);
  return error && error->code == "RESOURCE_NOT_FOUND";
}

bool looks_like_zip(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06");
}

ErrorKind kind_of(const Reply& reply) {
  switch (classify(reply)) {
    case ReplyClass::throttled:
      return ErrorKind::transient;
    case ReplyClass::refused:
      return is_forbidden(reply) ? ErrorKind::not_allowed : ErrorKind::configuration;
    default:
      return ErrorKind::service_down;
  }
}

}  // namespace

Submission::Submission(Work work, const SubmissionPolicy& policy, uint64_t seed, Instant now)
    : work_(std::move(work)),
      policy_(policy),
      backoff_(policy.retry, seed),
      due_at_(now),
      poll_interval_(policy.poll_min) {
  outcome_.resent = work_.resent;
}

Submission Submission::track(Work work, std::string job_id, const SubmissionPolicy& policy, uint64_t seed,
                             Instant now) {
  Submission tracked(std::move(work), policy, seed);
  tracked.job_id_ = std::move(job_id);
  tracked.created_at_ = now;
  tracked.go_on(RequestKind::details, now);
  return tracked;
}

Submission Submission::hear_of(Work work, const SubmissionPolicy& policy, uint64_t seed, Instant now) {
  Submission waiting(std::move(work), policy, seed);
  waiting.go_on(RequestKind::create, now);
  waiting.why_ = "the reply to its creation is missing";
  waiting.wait_until_ = now + policy.callback_wait;
  return waiting;
}

std::optional<Submission::Due> Submission::due() const {
  if (awaiting_ || done_ || wait_until_) return std::nullopt;
  return Due{stage_, due_at_};
}

Submission::Change Submission::on_reply(const Reply& reply, Instant now) {
  BULKWRITE_CHECK(awaiting_, "a reply answers a request");
  awaiting_ = false;
  // What has failed for the moment is the same request when it is sent again; only an answer ends it.
  if (const ReplyClass said = classify(reply); said == ReplyClass::answered || said == ReplyClass::refused) {
    refused_with_.reset();
    throttled_since_.reset();
  }
  Change change = Change::none;
  switch (stage_) {
    case RequestKind::upload:
      change = on_upload(reply, now);
      break;
    case RequestKind::create:
      change = on_create(reply, now);
      break;
    case RequestKind::details:
      change = on_details(reply, now);
      break;
    case RequestKind::download:
      change = on_download(reply, now);
      break;
  }
  if (done_ || change != Change::none) return change;
  if (letting_go_) return let_go(now);
  if (creating_no_more_) return create_no_more(now);
  return change;
}

void Submission::on_unauthorised() {
  awaiting_ = false;
  if (!refused_with_) refused_with_ = sent_with_;
}

void Submission::go_on(RequestKind stage, Instant at) {
  if (stage != stage_) backoff_.succeeded();
  stage_ = stage;
  due_at_ = at;
}

Submission::Change Submission::end(OutcomeKind kind, std::optional<Error> error) {
  done_ = true;
  // What was created before may exist, whatever became of this attempt.
  if (outcome_.resent && (kind == OutcomeKind::refused || kind == OutcomeKind::not_sent)) kind = OutcomeKind::uncertain;
  if (error) why_ = error->message;
  outcome_.kind = kind;
  outcome_.error = std::move(error);
  return Change::ended;
}

// Tries the same request again after a while; gives up as `otherwise` when it has been tried often enough.
Submission::Change Submission::again(const Reply& reply, Instant now, OutcomeKind otherwise) {
  const Milliseconds at_least = wait_at_least(reply, now);
  const auto wait = backoff_.next(at_least);
  if (!wait) return end(otherwise, Error{kind_of(reply), describe(reply)});
  due_at_ = now + *wait;
  return Change::none;
}

// What the service asks for. The last attempt after nothing but 429 comes so late that its reply tells too many calls
// from too few credits.
Milliseconds Submission::wait_at_least(const Reply& reply, Instant now) {
  const Milliseconds asked = retry_after(reply).value_or(Milliseconds(0));
  if (classify(reply) != ReplyClass::throttled) {
    throttled_since_.reset();
    return asked;
  }
  if (!throttled_since_) throttled_since_ = now;
  return backoff_.is_next_last() ? std::max(asked, *throttled_since_ + kTooManyCallsPass - now) : asked;
}

Submission::Change Submission::on_upload(const Reply& reply, Instant now) {
  const ReplyClass kind = classify(reply);
  if (kind == ReplyClass::refused)
    return end(OutcomeKind::refused, Error{kind_of(reply), "the upload was refused: " + describe(reply)});
  if (kind != ReplyClass::answered) return again(reply, now, OutcomeKind::not_sent);
  // A 200 alone is no success (contract 2.3).
  file_id_ = parse_file_id(reply.body);
  if (file_id_.empty()) {
    if (parse_service_error(reply.body))
      return end(OutcomeKind::refused, Error{is_forbidden(reply) ? ErrorKind::not_allowed : ErrorKind::configuration,
                                             "the upload was refused: " + describe(reply)});
    return again(reply, now, OutcomeKind::not_sent);
  }
  ++uploads_;
  go_on(RequestKind::create, now);
  return Change::uploaded;
}

Submission::Change Submission::on_create(const Reply& reply, Instant now) {
  switch (classify(reply)) {
    case ReplyClass::answered:
      job_id_ = parse_job_id(reply.body);
      if (job_id_.empty()) return uncertain_create(reply, now);
      created_at_ = now;
      free_archive();
      go_on(RequestKind::details, now + backoff_.jittered(poll_interval_));
      return Change::created;
    case ReplyClass::throttled:
      // Only the service's own words say that there is no job; something between us and it may answer 429, too.
      if (!parse_service_error(reply.body)) return uncertain_create(reply, now);
      [[fallthrough]];
    case ReplyClass::not_sent:
      // No job exists, so even a plain insert may be sent again.
      why_ = describe(reply);
      return again(reply, now, OutcomeKind::not_sent) == Change::ended ? Change::ended : Change::not_created;
    case ReplyClass::refused:
      if (is_forgotten_file(reply) && uploads_ < kUploadsMax) {
        why_ = describe(reply);
        go_on(RequestKind::upload, now);
        return Change::not_created;
      }
      return end(OutcomeKind::refused, Error{kind_of(reply), "the job was refused: " + describe(reply)});
    default:
      if (deliberate_bug(DeliberateBug::server_error_is_refusal) && reply.status >= 500)
        return again(reply, now, OutcomeKind::not_sent) == Change::ended ? Change::ended : Change::not_created;
      return uncertain_create(reply, now);
  }
}

// The job may exist. Only what cannot double a record is sent again (contract 10.2).
Submission::Change Submission::uncertain_create(const Reply& reply, Instant now) {
  why_ = "the reply to its creation is missing: " + describe(reply);
  if (!called_back_.empty()) return confirm(called_back_, now);
  if ((policy_.resend_is_safe || deliberate_bug(DeliberateBug::blind_resend)) && !letting_go_ && !creating_no_more_) {
    if (const auto wait = backoff_.next(retry_after(reply))) {
      outcome_.resent = true;
      due_at_ = now + *wait;
      return Change::create_uncertain;
    }
  }
  if (policy_.callback_wait > Milliseconds(0) && !letting_go_) {
    free_archive();  // never sent again
    wait_until_ = now + policy_.callback_wait;
    return Change::create_uncertain;
  }
  return end(OutcomeKind::uncertain, Error{ErrorKind::service_down, why_});
}

Submission::Change Submission::on_callback(const std::string& job_id, const std::string& url, Instant now) {
  if (done_) return Change::none;
  if (stage_ == RequestKind::details && !confirming_) {
    if (job_id.empty() || job_id == job_id_) due_at_ = now;
    return Change::none;
  }
  if (job_id.empty() || stage_ == RequestKind::download || confirming_) return Change::none;
  called_back_ = job_id;
  work_.callback_url = url;
  // While the reply is awaited it may still name the job itself.
  if (awaiting_ || !(wait_until_ || outcome_.resent)) return Change::none;
  return confirm(job_id, now);
}

// A callback has named the job: ask the service for it.
Submission::Change Submission::confirm(const std::string& job_id, Instant now) {
  wait_until_.reset();
  confirming_ = true;
  job_id_ = job_id;
  called_back_.clear();  // job_id may be the same string
  go_on(RequestKind::details, now);
  return Change::create_uncertain;
}

Submission::Change Submission::not_confirmed(const Reply& reply, Instant now) {
  if (classify(reply) != ReplyClass::answered && classify(reply) != ReplyClass::refused) {
    if (const auto wait = backoff_.next(retry_after(reply))) {
      due_at_ = now + *wait;
      return Change::none;
    }
  }
  confirming_ = false;
  job_id_.clear();
  return end(OutcomeKind::uncertain,
             Error{ErrorKind::service_down, why_ + "; a callback named a job that is not this chunk's"});
}

void Submission::add_reason(const std::string& reason) {
  BULKWRITE_CHECK(outcome_.error.has_value(), "a reason is added to another");
  outcome_.error->message += "; " + reason;
  why_ = outcome_.error->message;
}

Submission::Change Submission::cannot_fetch(Error error) {
  return end(OutcomeKind::unfetched, std::move(error));
}

Submission::Change Submission::on_details(const Reply& reply, Instant now) {
  const auto details = classify(reply) == ReplyClass::answered ? parse_job_details(reply.body) : std::nullopt;
  if (confirming_) {
    // The service echoes the callback's URL, which nobody else knows (contract 4.2).
    const bool ours = details && (details->callback_url.empty() || details->callback_url == work_.callback_url ||
                                  deliberate_bug(DeliberateBug::callback_believed));
    if (!ours) return not_confirmed(reply, now);
    confirming_ = false;
    free_archive();
    created_at_ = due_at_ = now;
    return Change::created;
  }
  if (!details) return again(reply, now, is_unknown_job(reply) ? OutcomeKind::uncertain : OutcomeKind::in_flight);
  backoff_.succeeded();
  details_ = *details;
  outcome_.counts = details_.counts;
  if (details_.status == JobStatus::running) {
    poll_interval_ = std::min(policy_.poll_max, poll_interval_ * 2);
    due_at_ = now + backoff_.jittered(poll_interval_);
    return on_time(now);
  }
  // A FAILED or SKIPPED job may still have a result; without one there is nothing more to learn.
  if (!details_.download_url.empty()) {
    go_on(RequestKind::download, now);
    return Change::job_ended;
  }
  if (details_.status == JobStatus::completed)
    return end(OutcomeKind::unfetched, Error{ErrorKind::transient, fmt::format("job {} is {} but names no result",
                                                                               job_id_, details_.status_text)});
  return job_failed();
}

// A FAILED job may have written records before it failed. What can be sent again does no harm then; a plain insert is
// uncertain, unless the service says that nothing was written.
Submission::Change Submission::job_failed() {
  const Error error{ErrorKind::transient, fmt::format("job {} is {}{}{}", job_id_, details_.status_text,
                                                      details_.code.empty() ? "" : ": ", details_.code)};
  const bool wrote_nothing = details_.counts.added == uint64_t{0} && details_.counts.updated.value_or(0) == 0;
  const bool is_known =
      policy_.resend_is_safe || wrote_nothing || deliberate_bug(DeliberateBug::failed_job_wrote_nothing);
  return end(is_known ? OutcomeKind::failed : OutcomeKind::uncertain, error);
}

Submission::Change Submission::on_download(const Reply& reply, Instant now) {
  if (classify(reply) != ReplyClass::answered || !looks_like_zip(reply.body))
    return again(reply, now, OutcomeKind::unfetched);
  outcome_.result_zip = reply.body;
  return end(OutcomeKind::finished);
}

std::optional<Instant> Submission::deadline() const {
  if (done_) return std::nullopt;
  if (wait_until_) return wait_until_;
  if (stage_ != RequestKind::details || confirming_ || awaiting_) return std::nullopt;
  return created_at_ + policy_.job_deadline;
}

Submission::Change Submission::on_time(Instant now) {
  const auto over = deadline();
  if (!over || now < *over) return Change::none;
  if (wait_until_) return end(OutcomeKind::uncertain, Error{ErrorKind::service_down, why_ + "; no callback came"});
  return end(OutcomeKind::in_flight,
             Error{ErrorKind::transient, fmt::format("job {} had not ended when its deadline was over", job_id_)});
}

Submission::Change Submission::let_go(Instant) {
  letting_go_ = true;
  if (awaiting_ || done_) return Change::none;
  const Error stopped{ErrorKind::transient, "stopped"};
  if (confirming_ || wait_until_) return end(OutcomeKind::uncertain, Error{ErrorKind::service_down, why_});
  if (stage_ == RequestKind::details) return end(OutcomeKind::in_flight, stopped);
  if (stage_ == RequestKind::download) return end(OutcomeKind::unfetched, stopped);
  return end(OutcomeKind::not_sent, stopped);
}

Submission::Change Submission::create_no_more(Instant now) {
  creating_no_more_ = true;
  if (awaiting_ || !wants_job()) return Change::none;
  return let_go(now);
}

Submission::Change Submission::give_up() {
  letting_go_ = true;
  if (done_) return Change::none;
  const bool asked_for_job = awaiting_ && stage_ == RequestKind::create;
  awaiting_ = false;
  if (asked_for_job)
    return end(OutcomeKind::uncertain, Error{ErrorKind::service_down, "stopped before the reply to its creation came"});
  return let_go(Instant());
}

void Submission::free_archive() {
  std::string archive = std::exchange(work_.archive, {});
  if (work_.give_back && !archive.empty()) work_.give_back(std::move(archive));
}

Outcome Submission::take_outcome() {
  outcome_.chunk_index = work_.chunk_index;
  outcome_.records = work_.records;
  outcome_.job_id = job_id_;
  return std::move(outcome_);
}

}  // namespace bulkwrite::api
