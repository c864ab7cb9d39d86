#include "engine/api/agenda.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "engine/api/credit_budget.h"
#include "tests/api/service_words.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using namespace service_words;
using Change = Submission::Change;

namespace {

using Submissions = std::map<uint64_t, Submission>;

constexpr RequestKind kKinds[] = {RequestKind::upload, RequestKind::create, RequestKind::details,
                                  RequestKind::download};

// What a walk over all of them would find.
void check_agrees(const Agenda& agenda, const Submissions& submissions, Instant now) {
  std::map<RequestKind, Agenda::Due> due;
  std::map<RequestKind, uint64_t> at_stage;
  std::vector<uint64_t> run_out;
  uint64_t archives = 0, waiting = 0, credits = 0;
  for (const auto& [chunk, submission] : submissions) {
    if (const auto next = submission.due()) due[next->request].emplace(next->at, chunk);
    ++at_stage[submission.stage()];
    archives += submission.holds_archive() ? 1 : 0;
    waiting += submission.wants_job() && !submission.is_awaiting() ? 1 : 0;
    const bool asked = submission.stage() == RequestKind::create && submission.is_awaiting();
    if (!submission.wants_job() || asked)
      credits += kTrackingCredits;
    else
      credits += submission.stage() == RequestKind::upload ? kJobCredits : kJobCredits - kCallCredits;
    Submission copy = submission;
    if (copy.on_time(now) == Change::ended) run_out.push_back(chunk);
  }
  for (const RequestKind kind : kKinds) {
    CHECK(agenda.due(kind) == due[kind]);
    CHECK(agenda.at_stage(kind) == at_stage[kind]);
  }
  CHECK(agenda.has_due() == std::any_of(due.begin(), due.end(), [](const auto& of) { return !of.second.empty(); }));
  CHECK(agenda.archives_held() == archives);
  CHECK(agenda.waiting_for_jobs() == waiting);
  CHECK(agenda.credits_ahead() == credits);
  CHECK(agenda.run_out(now) == run_out);
}

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}
  uint64_t below(uint64_t sides) { return random_() % sides; }

  Reply reply_to(RequestKind kind) {
    switch (below(5)) {
      case 0:
        return lost();
      case 1:
        return not_sent();
      case 2:
        return throttled();
      default:
        return answer_to(kind);
    }
  }

 private:
  Reply answer_to(RequestKind kind) {
    if (kind == RequestKind::upload) return complete(200, upload_body("file"));
    if (kind == RequestKind::create) return complete(200, created_body("77"));
    if (kind == RequestKind::download) return complete(200, "PK\x03\x04 verdicts");
    const bool has_ended = below(3) == 0;
    return complete(200, has_ended ? R"({"id":"77","status":"COMPLETED","result":{"download_url":"/77.zip"}})"
                                   : R"({"id":"77","status":"IN PROGRESS"})");
  }

  std::mt19937_64 random_;
};

Submission make_submission(Dice& dice, uint64_t chunk, const SubmissionPolicy& policy, Instant now) {
  Work work{.chunk_index = chunk, .records = 1, .callback_url = "https://loader.example/cb/7f"};
  if (dice.below(4) == 0) return Submission::track(std::move(work), "77", policy, chunk, now);
  if (dice.below(4) == 0) return Submission::hear_of(std::move(work), policy, chunk, now);
  work.archive = "PK";
  return {std::move(work), policy, chunk, now};
}

Change change_somehow(Dice& dice, Submission& submission, Instant now) {
  if (submission.is_awaiting()) {
    if (dice.below(10) == 0) return submission.give_up();
    return submission.on_reply(dice.reply_to(submission.stage()), now);
  }
  if (dice.below(20) == 0) return submission.let_go(now);
  if (dice.below(20) == 0) return submission.create_no_more(now);
  if (dice.below(6) == 0) return submission.on_callback("77", submission.work().callback_url, now);
  if (dice.below(6) == 0 || !submission.due()) return submission.on_time(now);
  submission.sent({});
  return Change::none;
}

}  // namespace

TEST_CASE("what is due and what it comes to is what a walk over all submissions finds, whatever becomes of them") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Dice dice(seed);
  SubmissionPolicy policy{.job_deadline = std::chrono::minutes(5), .callback_wait = std::chrono::minutes(2)};
  for (int round = 0; round < 20; ++round) {
    policy.resend_is_safe = round % 2 == 0;
    Instant now{std::chrono::hours(1'000)};
    Agenda agenda;
    Submissions submissions;
    for (uint64_t step = 0; step < 400; ++step) {
      now += Milliseconds(dice.below(3) == 0 ? dice.below(20'000) : 0);
      if (submissions.empty() || (submissions.size() < 12 && dice.below(4) == 0)) {
        agenda.put(submissions.try_emplace(step, make_submission(dice, step, policy, now)).first->second);
      } else {
        const auto at = std::next(submissions.begin(), static_cast<ptrdiff_t>(dice.below(submissions.size())));
        if (change_somehow(dice, at->second, now) == Change::ended) {
          agenda.remove(at->first);
          submissions.erase(at);
        } else {
          agenda.put(at->second);
        }
      }
      check_agrees(agenda, submissions, now);
    }
  }
}

TEST_CASE("a submission that is not known may be removed") {
  Agenda agenda;
  agenda.remove(7);
  CHECK_FALSE(agenda.has_due());
  CHECK(agenda.run_out(Instant::max()).empty());
}
