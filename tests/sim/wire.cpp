#include "tests/sim/wire.h"

#include <algorithm>

#include "tests/api/service_words.h"
#include "tests/sim/violation.h"

namespace sim {
namespace {

using bulkwrite::api::Completion;
using bulkwrite::api::Delivery;
using bulkwrite::api::Reply;
using bulkwrite::api::Request;
using service_words::complete;
using service_words::error_body;
using std::chrono::minutes;
using std::chrono::seconds;
using twin::Fate;
using twin::Kind;

constexpr size_t kTokensMax = 10;  // in ten minutes (contract 1.6)

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::token:
      return "token";
    case Kind::upload:
      return "upload";
    case Kind::create:
      return "create";
    case Kind::details:
      return "details";
    case Kind::download:
      return "download";
    default:
      return "another request";
  }
}

Reply server_error() {
  return complete(500, error_body("INTERNAL_ERROR", "Internal Server Error"));
}
Reply bad_gateway() {
  return complete(502, "<html><body>Bad Gateway</body></html>");
}
Reply garbled() {
  return complete(200, "{\"status\":\"succ");
}
Reply throttled_for(int64_t wait) {
  Reply reply = service_words::throttled();
  reply.headers.emplace_back("retry-after", std::to_string(wait));
  return reply;
}
Reply bare(int status) {
  return complete(status, "<html>go away</html>");
}

std::string told(const Reply& reply) {
  if (reply.delivery == Delivery::not_sent) return "not sent";
  if (reply.delivery == Delivery::uncertain) return "no reply";
  return fmt::format("HTTP {}", reply.status);
}

}  // namespace

Wire::Wire(const Setup& setup, Books& books, bulkwrite::ManualClock& clock, Faults& faults, CrashPlan& crash,
           Random random, Trace& trace)
    : setup_(setup),
      books_(books),
      clock_(clock),
      faults_(faults),
      crash_(crash),
      random_(random),
      trace_(trace),
      inner_(books, clock) {
  inner_.fate = [this](Kind kind, size_t, const Request& request) { return fate_of(kind, request); };
}

void Wire::begin_session() {
  failures_.clear();
  tokens_asked_.clear();
  token_since_.reset();
  token_refused_ = creates_forbidden_ = false;
  told_.clear();
  limits_ = {};
  credits_ = 0;
  ahead_.clear();
  downloads_.clear();
  not_before_ = {};
}

void Wire::end_session() {
  while (!flights_.empty()) cancel(flights_.begin()->first);
  inner_.cut_off();
}

void Wire::lose(const Flight& flight) {
  if (flight.kind == Kind::create) ++doubtful_[flight.chunk];
  trace_.tell("{} of chunk {}: nobody waits for its reply any more", name_of(flight.kind), flight.chunk);
}

void Wire::start(uint64_t id, Request request) {
  Flight flight{.kind = twin::kind_of(request), .chunk = id - 1, .session_token = tokens_};
  trace_.tell("{} of chunk {} leaves", name_of(flight.kind), flight.chunk);
  if (flight.kind == Kind::token) watch_tokens();
  spending_ += flight.kind == Kind::upload || flight.kind == Kind::create;
  inner_.start(id, std::move(request));
  flight.certainty = next_certainty_;
  flights_[id] = flight;
  watch_budgets(id, flight);
  if (flight.kind != Kind::token) watch_limits(flight);
  crash_.pass(Fault::crash_at_request);
  if (flight.kind == Kind::create && faults_.may_strike(Fault::crash_at_create)) throw Crash{Fault::crash_at_create};
}

void Wire::cancel(uint64_t id) {
  const auto flight = flights_.extract(id);
  if (!flight.empty()) lose(flight.mapped());
  const size_t orphans = inner_.orphans();
  inner_.cancel(id);
  if (inner_.orphans() > orphans) faults_.note(Fault::request_outlived_us);
}

std::vector<Completion> Wire::wait(Milliseconds at_most) {
  std::vector<Completion> completions = inner_.wait(at_most);
  if (completions.empty()) return completions;
  crash_.pass(Fault::crash_at_reply);
  for (const Completion& done : completions) {
    const auto flight = flights_.extract(done.id);
    demand(!flight.empty(), "a reply belongs to no request");
    trace_.tell("{} of chunk {}: {}", name_of(flight.mapped().kind), flight.mapped().chunk, told(done.reply));
    heard(flight.mapped(), done.reply);
  }
  return completions;
}

void Wire::heard(const Flight& flight, const Reply& reply) {
  const bool answered = reply.delivery == Delivery::complete && reply.status < 300;
  if (flight.kind == Kind::token) {
    if (!answered || reply.body.find("access_token") == std::string::npos) return;
    ++tokens_;
    token_since_ = clock_.now();
    token_refused_ = false;
    return;
  }
  count_credits(flight, reply);
  if (reply.status == 401 && flight.session_token == tokens_) token_refused_ = true;
  if (flight.kind == Kind::create && flight.certainty == Certainty::doubt) ++doubtful_[flight.chunk];
  if (flight.kind == Kind::create && flight.certainty == Certainty::job && answered) {
    told_.insert(flight.chunk);
    ++sure_[flight.chunk];
  }
  auto& [kind, failures] = failures_[flight.chunk];
  if (kind != flight.kind || (answered && flight.certainty != Certainty::doubt)) failures = 0;
  kind = flight.kind;
  failures += !(answered && flight.certainty != Certainty::doubt) && reply.status != 401;
}

// Contract 8.3, and what the options promise.
void Wire::watch_budgets(uint64_t id, const Flight& flight) {
  const auto& options = setup_.dispatcher;
  size_t requests = 0, archives = 0;
  for (const auto& [other, one] : flights_) {
    requests += one.kind != Kind::token;
    archives += one.kind == Kind::upload || one.kind == Kind::create;
  }
  demand(requests <= options.requests_in_flight_max, "{} requests are under way, and at most {} may be", requests,
         options.requests_in_flight_max);
  demand(archives <= options.archives_held_max, "{} archives are under way, and at most {} may be held", archives,
         options.archives_held_max);
  demand(flight.kind != Kind::create || !creates_forbidden_, "a job of chunk {} is asked for after the stop", id - 1);
  const auto failures = failures_.find(flight.chunk);
  const unsigned attempts_max = setup_.dispatcher.submission.retry.attempts_max;
  if (failures != failures_.end() && failures->second.first == flight.kind) {
    demand(failures->second.second < attempts_max, "{} of chunk {} has failed {} times in a row and is sent again",
           name_of(flight.kind), flight.chunk, failures->second.second);
  }
}

// What the loader may spend, what waits for the first verdicts, and what the service has asked for.
void Wire::watch_limits(const Flight& flight) {
  const Instant now = clock_.now();
  credits_ += flight.kind == Kind::create ? 500 : 1;
  demand(!limits_.credits_max || credits_ <= *limits_.credits_max, "{} credits are spent, and {} may be", credits_,
         limits_.credits_max.value_or(0));
  demand(now >= not_before_, "{} of chunk {} leaves {} ms before the service wants it", name_of(flight.kind),
         flight.chunk, (not_before_ - now).count());
  if (flight.kind == Kind::download) {
    downloads_.push_back(now);
    const auto recent =
        std::count_if(downloads_.begin(), downloads_.end(), [&](Instant at) { return at + minutes(1) > now; });
    const unsigned most = setup_.dispatcher.downloads_a_minute_max;
    demand(most == 0 || static_cast<unsigned>(recent) <= most, "{} results are fetched in a minute, and {} may be",
           recent, most);
  }
  if (flight.kind != Kind::create || !limits_.canary) return;
  demand(ahead_.empty() || ahead_.contains(flight.chunk),
         "a job of chunk {} is asked for before the verdicts of chunk {}", flight.chunk,
         ahead_.empty() ? 0 : *ahead_.begin());
  ahead_.insert(flight.chunk);
}

void Wire::verdicts_are_in(uint64_t chunk, bulkwrite::api::FirstVerdicts verdicts) {
  using bulkwrite::api::FirstVerdicts;
  const bool went_ahead = ahead_.erase(chunk) > 0;
  if (verdicts == FirstVerdicts::taken)
    limits_.canary = false;
  else if (limits_.canary && went_ahead && verdicts == FirstVerdicts::not_taken)
    creates_forbidden_ = true;
}

// A call that never left, or that the service itself has turned away, costs nothing.
void Wire::count_credits(const Flight& flight, const Reply& reply) {
  const bool turned_away = reply.status == 429 && reply.body.find("TOO_MANY_REQUESTS") != std::string::npos;
  if (reply.delivery == Delivery::not_sent || turned_away) credits_ -= flight.kind == Kind::create ? 500 : 1;
  if (const std::string_view wait = reply.header("retry-after"); reply.status == 429 && !wait.empty())
    not_before_ = std::max(not_before_, clock_.now() + seconds(std::stoi(std::string(wait))));
  if (turned_away && !reply.header("x-api-credits-remaining").empty()) creates_forbidden_ = true;
}

// One renewal serves all, and only where the token is refused or nears its end (contract 1.6).
void Wire::watch_tokens() {
  const Instant now = clock_.now();
  tokens_asked_.push_back(now);
  const auto recent =
      std::count_if(tokens_asked_.begin(), tokens_asked_.end(), [&](Instant at) { return at + minutes(10) > now; });
  demand(static_cast<size_t>(recent) <= kTokensMax, "{} tokens are asked for in 10 minutes", recent);
  if (!token_since_ || token_refused_) return;
  demand(now >= *token_since_ + setup_.token_life / 2, "a token is asked for while the one of {} ms ago is good",
         (now - *token_since_).count());
  faults_.note(Fault::token_expired);
}

Fate Wire::fate_of(Kind kind, const Request& request) {
  Fate fate{.takes = random_.between(Milliseconds(20), random_.chance(0.1) ? seconds(10) : Milliseconds(800))};
  next_certainty_ = Certainty::job;
  if (faults_.is_calm()) return fate;
  fate.outlives = kind == Kind::create && random_.chance(0.5);
  if (draw_storm(kind, fate)) return fate;
  if (kind != Kind::token && faults_.strikes(Fault::token_revoked)) books_.forget_tokens();
  switch (kind) {
    case Kind::token:
      draw_token(fate);
      break;
    case Kind::upload:
      draw_upload(fate);
      break;
    case Kind::create:
      draw_create(fate);
      break;
    case Kind::details:
      draw_details(fate);
      break;
    case Kind::download:
      draw_download(fate, request.url);
      break;
    default:
      break;
  }
  return fate;
}

// For a while, everything fares the same.
bool Wire::draw_storm(Kind kind, Fate& fate) {
  if (storm_ && clock_.now() >= storm_until_) storm_.reset();
  for (const Fault storm :
       {Fault::storm_of_429, Fault::storm_with_retry_after, Fault::storm_without_envelope, Fault::outage}) {
    if (storm_ || !faults_.strikes(storm)) continue;
    storm_ = storm;
    storm_until_ = clock_.now() + random_.between(seconds(5), minutes(10));
    trace_.tell("network: {} begins", fault_name(storm));
  }
  if (!storm_ || (kind == Kind::token && storm_ != Fault::outage)) return false;
  fate.arrives = false;
  next_certainty_ = Certainty::no_job;
  switch (*storm_) {
    case Fault::storm_of_429:
      fate.instead = service_words::throttled();
      break;
    case Fault::storm_with_retry_after:
      fate.instead = throttled_for(random_.small(1, 120));
      break;
    case Fault::storm_without_envelope:
      fate.instead = bare(429);
      next_certainty_ = Certainty::doubt;
      break;
    default:
      fate.instead = random_.chance(0.5) ? service_words::not_sent() : bad_gateway();
      if (fate.instead->delivery == Delivery::complete) next_certainty_ = Certainty::doubt;
      break;
  }
  return true;
}

void Wire::draw_token(Fate& fate) {
  if (faults_.strikes(Fault::token_not_sent))
    fate = Fate::no_connection();
  else if (faults_.strikes(Fault::token_reply_lost))
    fate.instead = service_words::lost();
  else if (faults_.strikes(Fault::token_5xx))
    fate.instead = bad_gateway();
  else if (faults_.strikes(Fault::token_throttled)) {
    fate.arrives = false;
    fate.instead = complete(200, R"({"error_description":"You have made too many requests continuously. Please try )"
                                 R"(again after some time.","error":"Access Denied","status":"failure"})");
  }
}

void Wire::draw_upload(Fate& fate) {
  if (faults_.strikes(Fault::upload_not_sent))
    fate = Fate::no_connection();
  else if (faults_.strikes(Fault::upload_reset_midway))
    fate = Fate::lost_on_the_way();
  else if (faults_.strikes(Fault::upload_reply_lost))
    fate.instead = service_words::lost();
  else if (faults_.strikes(Fault::upload_5xx))
    fate = Fate::answered_with(server_error());
  else if (faults_.strikes(Fault::upload_5xx_after_commit))
    fate.instead = bad_gateway();
  else if (faults_.strikes(Fault::upload_429))
    fate = Fate::answered_with(service_words::throttled());
  else if (faults_.strikes(Fault::upload_garbled)) {
    fate.instead = garbled();
    next_certainty_ = Certainty::doubt;
  }
}

void Wire::draw_create(Fate& fate) {
  const bool outlives = fate.outlives;
  next_certainty_ = Certainty::doubt;
  if (faults_.strikes(Fault::create_lost_before_commit)) {
    fate = Fate::lost_on_the_way();
  } else if (faults_.strikes(Fault::create_reply_lost)) {
    fate.instead = service_words::lost();
  } else if (faults_.strikes(Fault::create_silent)) {
    fate.is_answered = false;
  } else if (faults_.strikes(Fault::create_5xx_before_commit)) {
    fate = Fate::answered_with(server_error());
  } else if (faults_.strikes(Fault::create_5xx_after_commit)) {
    fate.instead = random_.chance(0.5) ? server_error() : bad_gateway();
  } else if (faults_.strikes(Fault::create_429_without_envelope)) {
    fate.arrives = random_.chance(0.5);
    fate.instead = bare(429);
  } else if (faults_.strikes(Fault::create_401_without_envelope)) {
    fate.arrives = random_.chance(0.5);
    fate.instead = bare(401);
  } else if (faults_.strikes(Fault::create_garbled)) {
    fate.instead = garbled();
  } else {
    next_certainty_ = Certainty::no_job;
    if (faults_.strikes(Fault::create_not_sent)) {
      fate = Fate::no_connection();
    } else if (faults_.strikes(Fault::create_credits_used_up)) {
      Reply reply = service_words::throttled();
      reply.headers.emplace_back("x-api-credits-remaining", std::to_string(random_.below(500)));
      fate = Fate::answered_with(std::move(reply));
    } else if (faults_.strikes(Fault::create_429)) {
      fate =
          Fate::answered_with(random_.chance(0.5) ? service_words::throttled() : throttled_for(random_.small(1, 60)));
    } else {
      next_certainty_ = Certainty::job;
      if (faults_.strikes(Fault::file_forgotten)) books_.forget_files();
    }
  }
  fate.outlives = outlives && fate.arrives;
}

void Wire::draw_details(Fate& fate) {
  if (faults_.strikes(Fault::details_not_sent))
    fate = Fate::no_connection();
  else if (faults_.strikes(Fault::details_reply_lost))
    fate.instead = service_words::lost();
  else if (faults_.strikes(Fault::details_5xx))
    fate.instead = server_error();
  else if (faults_.strikes(Fault::details_429))
    fate = Fate::answered_with(service_words::throttled());
  else if (faults_.strikes(Fault::details_garbled)) {
    fate.instead = garbled();
    next_certainty_ = Certainty::doubt;
  }
}

void Wire::draw_download(Fate& fate, const std::string& url) {
  if (!not_found_until_.contains(url) && faults_.strikes(Fault::download_404_for_a_while))
    not_found_until_[url] = clock_.now() + random_.between(seconds(1), minutes(5));
  const auto not_found = not_found_until_.find(url);
  if (not_found != not_found_until_.end() && clock_.now() < not_found->second)
    fate = Fate::answered_with(complete(404, R"({"x-info":"Link not valid","http_status":"404"})"));
  else if (faults_.strikes(Fault::download_not_sent))
    fate = Fate::no_connection();
  else if (faults_.strikes(Fault::download_reply_lost))
    fate.instead = service_words::lost();
  else if (faults_.strikes(Fault::download_5xx))
    fate.instead = bad_gateway();
  else if (faults_.strikes(Fault::download_429))
    fate = Fate::answered_with(service_words::throttled());
}

}  // namespace sim
