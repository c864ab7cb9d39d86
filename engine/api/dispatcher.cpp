#include "engine/api/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/api/data_centre.h"
#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/base/deliberate_bug.h"

namespace bulkwrite::api {
namespace {

constexpr uint64_t kTokenExchange = UINT64_MAX;
constexpr unsigned kTokenRefusalsMax = 3;
constexpr unsigned kTokenThrottlesMax = 3;
// An accounts host that stumbles is waited for some minutes, within what it takes in ten (contract 1.6).
constexpr RetryPolicy kRenewal{
    .delay_min = std::chrono::seconds(5), .delay_max = std::chrono::minutes(2), .attempts_max = 8};
constexpr size_t kAnswerBytesMax = 1 << 20;   // of an upload, a create, a job's details
constexpr size_t kResultBytesMax = 32 << 20;  // of a result archive

uint64_t exchange_of(uint64_t chunk_index) {
  return chunk_index + 1;
}
uint64_t chunk_of(uint64_t exchange) {
  return exchange - 1;
}

struct Places {
  const char *about_to_ask, *answered;
};
Places places_of(RequestKind kind) {
  switch (kind) {
    case RequestKind::upload:
      return {"upload: about to leave", "upload: answered"};
    case RequestKind::create:
      return {"create: about to leave", "create: answered"};
    case RequestKind::details:
      return {"details: about to be asked for", "details: answered"};
    case RequestKind::download:
      return {"download: about to be asked for", "download: answered"};
  }
  return {"", ""};
}

}  // namespace

Dispatcher::Dispatcher(Transport& transport, const Clock& clock, Journal& journal, Session& session,
                       DispatcherOptions options)
    : transport_(transport),
      clock_(clock),
      journal_(journal),
      session_(session),
      options_(std::move(options)),
      renewal_backoff_(kRenewal, options_.jitter_seed) {}

bool Dispatcher::has_room() const {
  if (stopping_ || submissions_.size() >= options_.jobs_in_flight_max) return false;
  const auto held = std::count_if(submissions_.begin(), submissions_.end(),
                                  [](const auto& entry) { return entry.second.holds_archive(); });
  return held < static_cast<ptrdiff_t>(options_.archives_held_max) ||
         deliberate_bug(DeliberateBug::archives_without_bound);
}

void Dispatcher::submit(Work work) {
  BULKWRITE_CHECK(has_room(), "an archive comes only where there is room");
  const uint64_t chunk = work.chunk_index;
  const bool fresh =
      submissions_.try_emplace(chunk, std::move(work), options_.submission, options_.jitter_seed + chunk).second;
  BULKWRITE_CHECK(fresh, "a chunk is submitted once");
}

void Dispatcher::track(Work work, std::string job_id) {
  const uint64_t seed = options_.jitter_seed + work.chunk_index;
  take_in(Submission::track(std::move(work), std::move(job_id), options_.submission, seed, clock_.now()));
}

void Dispatcher::hear_of(Work work) {
  const uint64_t seed = options_.jitter_seed + work.chunk_index;
  take_in(Submission::hear_of(std::move(work), options_.submission, seed, clock_.now()));
}

void Dispatcher::take_in(Submission submission) {
  BULKWRITE_CHECK(can_track(), "a job is tracked only where there is room");
  const uint64_t chunk = submission.work().chunk_index;
  const bool fresh = submissions_.try_emplace(chunk, std::move(submission)).second;
  BULKWRITE_CHECK(fresh, "a chunk is tracked once");
}

Result<void> Dispatcher::on_callback(uint64_t chunk_index, const std::string& job_id, const std::string& url) {
  const auto found = submissions_.find(chunk_index);
  if (found == submissions_.end()) return {};
  return note(found->second, found->second.on_callback(job_id, url, clock_.now()));
}

Result<void> Dispatcher::step(Milliseconds at_most) {
  if (auto ok = send_due(); !ok) return ok;
  for (Completion& done : transport_.wait(time_to_next(at_most)))
    if (auto ok = on_completion(std::move(done)); !ok) return ok;
  const Instant now = clock_.now();
  for (auto at = submissions_.begin(); at != submissions_.end();) {
    Submission& submission = at->second;
    ++at;  // note() may take it away
    if (auto ok = note(submission, submission.on_time(now)); !ok) return ok;
  }
  if (stopping_ && now >= give_up_at_) end_all([](Submission& submission, Instant) { return submission.give_up(); });
  return {};
}

Result<void> Dispatcher::send_due() {
  const Instant now = clock_.now();
  if ((renewal_wanted_ || session_.is_stale(now)) && now >= renew_at_)
    if (auto ok = renew_token(); !ok) return ok;
  if (renewal_wanted_) return {};
  for (auto at = submissions_.begin(); at != submissions_.end();) {
    Submission& submission = at->second;
    ++at;  // send() may take it away
    if (renewing_ || requests_ >= options_.requests_in_flight_max) return {};
    const auto due = submission.due();
    if (!due || due->at > now) continue;
    if (auto ok = send(submission, due->request); !ok) return ok;
  }
  return {};
}

Result<void> Dispatcher::renew_token() {
  if (renewing_ || !session_.can_refresh()) return {};
  auto renewal = session_.renew();
  if (!renewal) return std::move(renewal).error();
  switch (renewal->kind) {
    case Session::Renewal::Kind::renewed:
      renewal_wanted_ = false;
      return {};
    case Session::Renewal::Kind::wait:
      renew_at_ = clock_.now() + renewal->wait;
      return {};
    case Session::Renewal::Kind::ask:
      crash_point("token: about to be asked for");
      transport_.start(kTokenExchange, std::move(renewal->request));
      renewing_ = true;
      return {};
  }
  return {};
}

Result<void> Dispatcher::on_token(const Reply& reply) {
  renewing_ = false;
  crash_point("token: answered");
  if (is_last_word_on_token(reply)) {
    auto accepted = session_.accept(reply);
    if (!accepted && is_token_throttle(reply) && ++throttles_of_token_ <= kTokenThrottlesMax) {
      renew_at_ = clock_.now() + kTokenQuiet;
      return {};
    }
    if (!accepted) return accepted;
    renewal_wanted_ = false;
    throttles_of_token_ = 0;
    renewal_backoff_.succeeded();
    return {};
  }
  session_.nothing_came();
  const auto wait = renewal_backoff_.next(retry_after(reply));
  if (!wait) return Error{ErrorKind::service_down, "the token cannot be renewed: " + describe(reply)};
  renew_at_ = clock_.now() + *wait;
  return {};
}

Result<void> Dispatcher::send(Submission& submission, RequestKind kind) {
  auto request = request_for(submission, kind);
  if (!request) return note(submission, submission.cannot_fetch(std::move(request).error()));
  const uint64_t chunk = submission.work().chunk_index;
  if (kind == RequestKind::create && !deliberate_bug(DeliberateBug::intent_not_committed))
    if (auto ok = journal_.creating(chunk); !ok) return ok;
  if (kind == RequestKind::create && deliberate_bug(DeliberateBug::created_before_reply))
    if (auto ok = journal_.created(chunk, submission.file_id()); !ok) return ok;
  submission.sent(session_.generation());
  ++requests_;
  crash_point(places_of(kind).about_to_ask);
  transport_.start(exchange_of(chunk), *std::move(request));
  return {};
}

Result<Request> Dispatcher::request_for(const Submission& submission, RequestKind kind) {
  const Target& target = session_.target();
  Request request{.timeout = options_.request_timeout, .reply_bytes_max = kAnswerBytesMax};
  request.headers = {{"Authorization", session_.authorization()}};
  switch (kind) {
    case RequestKind::upload:
      request.method = Request::Method::post;
      request.url = target.upload_base + "/crm/v8/upload";
      request.headers.insert(request.headers.end(), {{"feature", "bulk-write"}, {"X-CRM-ORG", target.org}});
      request.file_name = submission.work().archive_name;
      request.file = submission.work().archive;
      break;
    case RequestKind::create:
      request.method = Request::Method::post;
      request.url = target.api_base + "/crm/bulk/v8/write";
      request.headers.emplace_back("Content-Type", "application/json");
      request.body =
          create_body(options_.job, submission.file_id(), submission.work().csv_name, submission.work().callback_url);
      request.fresh_connection = true;
      break;
    case RequestKind::details:
      request.url = fmt::format("{}/crm/bulk/v8/write/{}", target.api_base, submission.job_id());
      break;
    case RequestKind::download: {
      auto url = result_url(submission.download_url());
      if (!url) return std::move(url).error();
      request.url = *std::move(url);
      request.reply_bytes_max = kResultBytesMax;
      break;
    }
  }
  return request;
}

// Absolute, or relative to the API (contract 6.1). The token goes to the service's own hosts only.
Result<std::string> Dispatcher::result_url(std::string_view download_url) const {
  const std::string& base = session_.target().api_base;
  if (!download_url.starts_with("http"))
    return fmt::format("{}{}{}", base, download_url.starts_with('/') ? "" : "/", download_url);
  const bool ours =
      origin_of(download_url) == origin_of(base) || origin_of(download_url) == origin_of(session_.target().upload_base);
  if (ours || (download_url.starts_with("https://") && is_service_host(host_of(download_url))))
    return std::string(download_url);
  return Error{ErrorKind::not_allowed,
               fmt::format("a result is offered on a host that is not the service's, {}: the token does not go there",
                           host_of(download_url))};
}

Result<void> Dispatcher::on_completion(Completion completion) {
  if (completion.id == kTokenExchange) return on_token(completion.reply);
  --requests_;
  const auto found = submissions_.find(chunk_of(completion.id));
  BULKWRITE_CHECK(found != submissions_.end(), "a reply belongs to a submission");
  Submission& submission = found->second;
  crash_point(places_of(submission.stage()).answered);
  // Of a create only the service's own words say that there is no job.
  const bool speaks_for_service =
      submission.stage() != RequestKind::create || parse_service_error(completion.reply.body).has_value();
  if (classify(completion.reply) == ReplyClass::unauthorised && speaks_for_service)
    return on_unauthorised(submission, completion.reply);
  refusals_of_token_ = 0;
  return note(submission, submission.on_reply(completion.reply, clock_.now()));
}

// The same request goes out again, with a new token. Where one has come meanwhile, others were refused with the old one
// too.
Result<void> Dispatcher::on_unauthorised(Submission& submission, const Reply& reply) {
  if (submission.token_generation() == session_.generation() && !renewing_ && !renewal_wanted_) {
    if (!session_.can_refresh() || ++refusals_of_token_ > kTokenRefusalsMax)
      return Error{ErrorKind::not_allowed, "the service does not take the token: " + describe(reply)};
    renewal_wanted_ = true;
  }
  if (deliberate_bug(DeliberateBug::token_renewed_by_all)) renewal_wanted_ = true;
  const bool creating = submission.stage() == RequestKind::create;
  submission.on_unauthorised();
  if (creating)
    if (auto ok = journal_.not_created(submission.work().chunk_index, describe(reply)); !ok) return ok;
  return stopping_ ? note(submission, submission.let_go(clock_.now())) : Result<void>();
}

// Writes what has changed into the journal, and takes an ended submission out.
Result<void> Dispatcher::note(Submission& submission, Submission::Change change) {
  const uint64_t chunk = submission.work().chunk_index;
  Result<void> written;
  switch (change) {
    case Submission::Change::none:
      return {};
    case Submission::Change::uploaded:
      written = journal_.uploaded(chunk, submission.file_id());
      break;
    case Submission::Change::created:
      written = journal_.created(chunk, submission.job_id());
      if (!written)
        return in_context(
            fmt::format("job {} of chunk {} exists, but that cannot be written down", submission.job_id(), chunk),
            std::move(written).error());
      break;
    case Submission::Change::not_created:
      written = journal_.not_created(chunk, submission.why());
      break;
    case Submission::Change::create_uncertain:
      written = journal_.create_uncertain(chunk, submission.why());
      break;
    case Submission::Change::job_ended:
      written = journal_.job_ended(chunk, submission.details().status_text, submission.details().counts);
      break;
    case Submission::Change::ended:
      outcomes_.push_back(submission.take_outcome());
      submissions_.erase(chunk);
      return {};
  }
  if (!written || !stopping_) return written;
  return note(submission, submission.let_go(clock_.now()));
}

Milliseconds Dispatcher::time_to_next(Milliseconds at_most) const {
  if (requests_ >= options_.requests_in_flight_max || renewing_) return at_most;
  const Instant now = clock_.now();
  Milliseconds wait = at_most;
  const auto look_at = [&](Instant at) { wait = std::min(wait, std::max(Milliseconds(0), at - now)); };
  if (renewal_wanted_ || session_.is_stale(now)) look_at(renew_at_);
  if (renewal_wanted_) return wait;
  for (const auto& [chunk, submission] : submissions_)
    if (const auto due = submission.due()) look_at(due->at);
  return wait;
}

std::vector<Outcome> Dispatcher::take_outcomes() {
  return std::exchange(outcomes_, {});
}

void Dispatcher::stop() {
  if (stopping_) return;
  stopping_ = true;
  give_up_at_ = clock_.now() + options_.stop_grace;
  if (deliberate_bug(DeliberateBug::stop_is_not_heard)) return;
  end_all([](Submission& submission, Instant now) { return submission.let_go(now); });
}

void Dispatcher::end_all(Submission::Change (*how)(Submission&, Instant)) {
  const Instant now = clock_.now();
  for (auto at = submissions_.begin(); at != submissions_.end();) {
    const bool was_awaiting = at->second.is_awaiting();
    if (how(at->second, now) != Submission::Change::ended) {
      ++at;
      continue;
    }
    if (was_awaiting) {
      transport_.cancel(exchange_of(at->first));  // its bytes are the submission's
      --requests_;
    }
    outcomes_.push_back(at->second.take_outcome());
    at = submissions_.erase(at);
  }
}

Dispatcher::Gauges Dispatcher::gauges() const {
  Gauges gauges;
  for (const auto& [chunk, submission] : submissions_) {
    switch (submission.stage()) {
      case RequestKind::upload:
        ++gauges.uploading;
        break;
      case RequestKind::create:
        ++gauges.creating;
        break;
      case RequestKind::details:
        ++gauges.tracking;
        break;
      case RequestKind::download:
        ++gauges.fetching;
        break;
    }
  }
  return gauges;
}

}  // namespace bulkwrite::api
