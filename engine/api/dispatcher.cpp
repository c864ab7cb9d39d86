#include "engine/api/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/api/data_centre.h"
#include "engine/api/throttle.h"
#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/base/deliberate_bug.h"

namespace bulkwrite::api {
namespace {

constexpr uint64_t kTokenExchange = UINT64_MAX;
constexpr unsigned kTokenThrottlesMax = 3;
// An accounts host that stumbles is waited for some minutes, within what it takes in ten (contract 1.6).
constexpr RetryPolicy kRenewal{
    .delay_min = std::chrono::seconds(5), .delay_max = std::chrono::minutes(2), .attempts_max = 8};
constexpr Milliseconds kDownloadWindow =
    std::chrono::seconds(61);                 // a minute, and what replies may overtake each other
constexpr size_t kAnswerBytesMax = 1 << 20;   // of an upload, a create, a job's details
constexpr size_t kResultBytesMax = 32 << 20;  // of a result archive

uint64_t exchange_of(uint64_t chunk_index) {
  return chunk_index + 1;
}
uint64_t chunk_of(uint64_t exchange) {
  return exchange - 1;
}

uint64_t credits_of(RequestKind kind) {
  return kind == RequestKind::create ? kCreateCredits : kCallCredits;
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
      canary_(options_.canary),
      rate_(options_.requests_in_flight_max),
      downloads_(options_.downloads_a_minute_max, kDownloadWindow),
      renewal_backoff_(kRenewal, options_.jitter_seed) {}

bool Dispatcher::has_room() const {
  if (stopping_ || creating() != Creating::open || submissions_.size() >= options_.jobs_in_flight_max) return false;
  if (!session_.credits().can_afford(kJobCredits + agenda_.credits_ahead())) return false;
  return agenda_.archives_held() < options_.archives_held_max || deliberate_bug(DeliberateBug::archives_without_bound);
}

Dispatcher::Creating Dispatcher::creating() const {
  const CreditBudget& credits = session_.credits();
  if (credits.is_used_up(kCreateCredits)) return Creating::credits_used_up;
  if (canary_.is_dead()) return Creating::ended;
  if (!credits.can_afford(kJobCredits)) return Creating::credits_kept;
  return creating_no_more_ ? Creating::ended : Creating::open;
}

bool Dispatcher::wants_jobs() const {
  return agenda_.waiting_for_jobs() > 0;
}

void Dispatcher::create_no_more() {
  if (creating_no_more_) return;
  creating_no_more_ = true;
  held_back_ += end_all([](Submission& submission, Instant now) { return submission.create_no_more(now); });
}

bool Dispatcher::is_out_of_credits() const {
  if (session_.credits().can_afford(kCallCredits) && !credits_used_up_) return false;
  return agenda_.has_due();
}

void Dispatcher::submit(Work work) {
  BULKWRITE_CHECK(has_room(), "an archive comes only where there is room");
  const uint64_t chunk = work.chunk_index;
  const auto [at, fresh] =
      submissions_.try_emplace(chunk, std::move(work), options_.submission, options_.jitter_seed + chunk, clock_.now());
  BULKWRITE_CHECK(fresh, "a chunk is submitted once");
  agenda_.put(at->second);
}

void Dispatcher::track(Work work, std::string job_id) {
  canary_.goes_ahead(work.chunk_index);
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
  const auto [at, fresh] = submissions_.try_emplace(chunk, std::move(submission));
  BULKWRITE_CHECK(fresh, "a chunk is tracked once");
  agenda_.put(at->second);
}

Result<void> Dispatcher::on_callback(uint64_t chunk_index, const std::string& job_id, const std::string& url) {
  const auto found = submissions_.find(chunk_index);
  if (found == submissions_.end()) return {};
  return note(found->second, found->second.on_callback(job_id, url, clock_.now()));
}

Result<void> Dispatcher::step(Milliseconds at_most) {
  if (auto ok = send_due(); !ok) return ok;
  // What came with a reserve has used it up, in requests that failed.
  if (wants_jobs() && !session_.credits().can_afford(kCreateCredits)) create_no_more();
  for (Completion& done : transport_.wait(time_to_next(at_most)))
    if (auto ok = on_completion(std::move(done)); !ok) return ok;
  const Instant now = clock_.now();
  for (const uint64_t chunk : agenda_.run_out(now)) {
    Submission& submission = submissions_.find(chunk)->second;
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
  // Who has waited longest comes first, so that none is starved where only few may be under way.
  std::array<Agenda::Due::const_iterator, kRequestKinds.size()> next;
  for (size_t i = 0; i < kRequestKinds.size(); ++i) next[i] = agenda_.due(kRequestKinds[i]).begin();
  while (!renewing_ && requests_.size() < rate_.calls_at_once()) {
    // What has left meanwhile may have used up what there was, so each kind is looked at anew.
    std::optional<size_t> first;
    for (size_t i = 0; i < kRequestKinds.size(); ++i)
      if (is_next_due(kRequestKinds[i], next[i], now) && (!first || *next[i] < *next[*first])) first = i;
    if (!first) return {};
    const uint64_t chunk = next[*first]->second;
    ++next[*first];  // what is sent is no longer due
    if (kRequestKinds[*first] == RequestKind::create && !lets_create(chunk)) continue;
    if (auto ok = send(submissions_.find(chunk)->second, kRequestKinds[*first]); !ok) return ok;
  }
  return {};
}

// Whether the first request of the kind that has not been looked at is due, and requests of its kind may leave.
bool Dispatcher::is_next_due(RequestKind kind, Agenda::Due::const_iterator next, Instant now) const {
  if (next == agenda_.due(kind).end() || next->first > now) return false;
  const auto opens = opens_at(kind);
  return opens && *opens <= now;
}

// From when on requests of the kind may leave; nothing while that is not a question of time.
std::optional<Instant> Dispatcher::opens_at(RequestKind kind) const {
  const bool is_for_job = kind == RequestKind::upload || kind == RequestKind::create;
  if (is_for_job && (canary_.is_dead() || session_.credits().is_used_up(kCreateCredits))) return std::nullopt;
  if (!session_.credits().can_afford(credits_of(kind))) return std::nullopt;
  return kind == RequestKind::download ? downloads_.next_start(rate_.not_before()) : rate_.not_before();
}

bool Dispatcher::lets_create(uint64_t chunk) const {
  return canary_.lets_create(chunk) || deliberate_bug(DeliberateBug::canary_overtaken);
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
  submission.sent({.token_generation = session_.generation(), .renewals = session_.renewals()});
  agenda_.put(submission);
  requests_[chunk] = clock_.now();
  if (!deliberate_bug(DeliberateBug::credits_counted_late)) session_.credits().spend(credits_of(kind));
  if (kind == RequestKind::create) canary_.goes_ahead(chunk);
  if (kind == RequestKind::download) downloads_.started(clock_.now());
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
  const auto found = submissions_.find(chunk_of(completion.id));
  BULKWRITE_CHECK(found != submissions_.end(), "a reply belongs to a submission");
  Submission& submission = found->second;
  count(submission.stage(), completion.reply, requests_.extract(found->first).mapped());
  crash_point(places_of(submission.stage()).answered);
  // Of a create only the service's own words say that there is no job.
  const bool speaks_for_service =
      submission.stage() != RequestKind::create || parse_service_error(completion.reply.body).has_value();
  if (classify(completion.reply) == ReplyClass::unauthorised && speaks_for_service)
    return on_unauthorised(submission, completion.reply);
  const RequestKind kind = submission.stage();
  const Submission::Change change = submission.on_reply(completion.reply, clock_.now());
  if (change == Submission::Change::ended && classify(completion.reply) == ReplyClass::throttled)
    submission.add_reason(why_throttled(kind, completion.reply));
  return note(submission, change);
}

std::string Dispatcher::why_throttled(RequestKind kind, const Reply& reply) const {
  const CreditBudget& credits = session_.credits();
  const Milliseconds lasting = rate_.throttled_for(clock_.now());
  return throttle_text(throttle_cause(reply, credits, credits_of(kind), lasting), credits, lasting);
}

// What a reply teaches of the limits.
void Dispatcher::count(RequestKind kind, const Reply& reply, Instant left_at) {
  CreditBudget& credits = session_.credits();
  if (deliberate_bug(DeliberateBug::credits_counted_late)) credits.spend(credits_of(kind));
  credits.hear(reply);
  if (CreditBudget::costs_nothing(reply)) credits.give_back(credits_of(kind));
  if (const ReplyClass said = classify(reply); said == ReplyClass::throttled) {
    // Too many calls at once, or too few credits: the second passes only with the hours.
    credits_used_up_ |= credits.is_used_up(kCallCredits);
    const auto asked = deliberate_bug(DeliberateBug::retry_after_ignored) ? std::nullopt : retry_after(reply);
    rate_.throttled(left_at, clock_.now(), asked);
  } else if (reply.delivery == Delivery::complete) {
    rate_.answered();
  }
}

// The same request goes out again, with a new token, but is renewed for only once (contract 1.6). Where one has come
// meanwhile, others were refused with the old one too.
Result<void> Dispatcher::on_unauthorised(Submission& submission, const Reply& reply) {
  if (!session_.can_refresh())
    return Error{ErrorKind::not_allowed, "the service does not take the token: " + describe(reply)};
  if (submission.has_renewed()) return renewed_in_vain(reply);
  if (submission.token_generation() == session_.generation() && !renewing_ && !renewal_wanted_) renewal_wanted_ = true;
  if (deliberate_bug(DeliberateBug::token_renewed_by_all)) renewal_wanted_ = true;
  const bool creating = submission.stage() == RequestKind::create;
  submission.on_unauthorised();
  agenda_.put(submission);
  if (creating)
    if (auto ok = journal_.not_created(submission.work().chunk_index, describe(reply)); !ok) return ok;
  return stopping_ || creating_no_more_ ? hold_back(submission) : Result<void>();
}

// Nothing that a stop forbids comes after what has just been written.
Result<void> Dispatcher::hold_back(Submission& submission) {
  const Instant now = clock_.now();
  if (stopping_) return note(submission, submission.let_go(now));
  const Submission::Change change = submission.create_no_more(now);
  held_back_ += change == Submission::Change::ended ? 1 : 0;
  return note(submission, change);
}

// Writes what has changed into the journal, and takes an ended submission out.
Result<void> Dispatcher::note(Submission& submission, Submission::Change change) {
  const uint64_t chunk = submission.work().chunk_index;
  if (change != Submission::Change::ended) agenda_.put(submission);
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
      agenda_.remove(chunk);
      submissions_.erase(chunk);
      return {};
  }
  if (!written || !(stopping_ || creating_no_more_)) return written;
  return hold_back(submission);
}

Milliseconds Dispatcher::time_to_next(Milliseconds at_most) const {
  if (requests_.size() >= rate_.calls_at_once() || renewing_) return at_most;
  const Instant now = clock_.now();
  Milliseconds wait = at_most;
  const auto look_at = [&](Instant at) { wait = std::min(wait, std::max(Milliseconds(0), at - now)); };
  if (renewal_wanted_ || session_.is_stale(now)) look_at(renew_at_);
  if (renewal_wanted_) return wait;
  for (const RequestKind kind : kRequestKinds) {
    const Agenda::Due& due = agenda_.due(kind);
    const auto next = std::find_if(due.begin(), due.end(), [&](const auto& entry) {
      return kind != RequestKind::create || lets_create(entry.second);
    });
    const auto opens = opens_at(kind);
    if (opens && next != due.end()) look_at(std::max(next->first, *opens));
  }
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

uint64_t Dispatcher::end_all(Submission::Change (*how)(Submission&, Instant)) {
  const Instant now = clock_.now();
  uint64_t ended = 0;
  for (auto at = submissions_.begin(); at != submissions_.end();) {
    const bool was_awaiting = at->second.is_awaiting();
    if (how(at->second, now) != Submission::Change::ended) {
      agenda_.put(at->second);
      ++at;
      continue;
    }
    agenda_.remove(at->first);
    if (was_awaiting) {
      transport_.cancel(exchange_of(at->first));  // its bytes are the submission's
      requests_.erase(at->first);
    }
    outcomes_.push_back(at->second.take_outcome());
    at = submissions_.erase(at);
    ++ended;
  }
  return ended;
}

Dispatcher::Gauges Dispatcher::gauges() const {
  return {.uploading = agenda_.at_stage(RequestKind::upload),
          .creating = agenda_.at_stage(RequestKind::create),
          .tracking = agenda_.at_stage(RequestKind::details),
          .fetching = agenda_.at_stage(RequestKind::download)};
}

}  // namespace bulkwrite::api
