#include "engine/api/submission.h"

#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "engine/api/throttle.h"
#include "tests/api/service_words.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using namespace service_words;
using Catch::Matchers::Contains;
using Change = Submission::Change;

namespace {

// Long after the clock's zero, as on a machine that has been up for a while.
const Instant kStart{std::chrono::hours(1'000)};
const std::string kUrl = "https://loader.example/cb/7f";

const SubmissionPolicy kPlainInsert{.resend_is_safe = false};
const SubmissionPolicy kSafe{.resend_is_safe = true};
const SubmissionPolicy kListening{.resend_is_safe = false, .callback_wait = std::chrono::minutes(10)};

std::string job(const std::string& status, const std::string& rest = "") {
  return R"({"id":"77","status":")" + status + "\"" + (rest.empty() ? "" : "," + rest) + "}";
}
const std::string kResult = R"("result":{"download_url":"/v8/crm/org1/bulk-write/77/77.zip"})";
const std::string kZip("PK\x03\x04 verdicts");

std::string counts(int added) {
  return R"("resource":[{"code":"LIMIT","file":{"added_count":)" + std::to_string(added) +
         R"(,"updated_count":0,"skipped_count":0,"total_count":3}}])";
}

// A submission and its own time.
struct Life {
  Submission submission;
  Instant now = kStart;
  unsigned renewals = 1;  // of the token, by now

  explicit Life(const SubmissionPolicy& policy, bool resent = false, std::string callback_url = kUrl)
      : submission(Work{.chunk_index = 3,
                        .records = 25,
                        .archive_name = "a.zip",
                        .csv_name = "a.csv",
                        .archive = "PK",
                        .callback_url = std::move(callback_url),
                        .resent = resent},
                   policy, 1) {}
  explicit Life(Submission taken) : submission(std::move(taken)) {}

  // Sends what is due once its time has come, with the token of the first generation.
  RequestKind send() {
    const auto due = submission.due();
    REQUIRE(due);
    now = std::max(now, due->at);
    submission.sent({.token_generation = 1, .renewals = renewals});
    CHECK_FALSE(submission.due());
    return due->request;
  }
  Change answer(const Reply& reply) {
    send();
    return submission.on_reply(reply, now);
  }
  void bring_to(RequestKind stage) {
    if (stage == RequestKind::upload) return;
    REQUIRE(answer(complete(200, upload_body("f1"))) == Change::uploaded);
    if (stage == RequestKind::create) return;
    REQUIRE(answer(complete(201, created_body("77"))) == Change::created);
    if (stage == RequestKind::details) return;
    REQUIRE(answer(complete(200, job("COMPLETED", kResult))) == Change::job_ended);
  }
  Outcome end() { return submission.take_outcome(); }
};

struct Case {
  std::string name;
  Reply reply;
  Change change;
  OutcomeKind kind = OutcomeKind::finished;  // where it ended
  ErrorKind error = ErrorKind::unexpected;   // where it ended
  RequestKind next = RequestKind::upload;    // where it did not
};

void check_cases(RequestKind stage, const SubmissionPolicy& policy, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    CAPTURE(static_cast<int>(stage), one.name);
    Life life(policy);
    life.bring_to(stage);
    REQUIRE(life.answer(one.reply) == one.change);
    if (one.change != Change::ended) {
      const auto due = life.submission.due();
      REQUIRE(due);
      CHECK(due->request == one.next);
      CHECK(due->at >= life.now);
      continue;
    }
    CHECK_FALSE(life.submission.due());
    const Outcome outcome = life.end();
    CHECK(outcome.kind == one.kind);
    CHECK(outcome.chunk_index == 3);
    CHECK(outcome.records == 25);
    if (outcome.kind == OutcomeKind::finished) {
      CHECK_FALSE(outcome.error);
    } else {
      REQUIRE(outcome.error);
      CHECK(outcome.error->kind == one.error);
    }
  }
}

}  // namespace

TEST_CASE("an archive's memory is given back once, when its job exists or it is never sent again") {
  const auto given_back = [](const Reply& reply) {
    std::vector<std::string> archives;
    Work work{.chunk_index = 3, .archive = "PK", .give_back = [&](std::string bytes) { archives.push_back(bytes); }};
    Life life(Submission(std::move(work), kListening, 1));
    life.bring_to(RequestKind::create);
    CHECK(archives.empty());
    life.answer(reply);
    if (life.submission.job_id() == "77") life.answer(complete(200, job("COMPLETED", kResult)));
    return archives;
  };
  CHECK(given_back(complete(201, created_body("77"))) == std::vector<std::string>{"PK"});
  CHECK(given_back(lost()) == std::vector<std::string>{"PK"});
  CHECK(given_back(throttled()).empty());
}

TEST_CASE("a life without faults: upload, create, look until it is done, download") {
  Life life(kPlainInsert);
  CHECK(life.submission.holds_archive());
  CHECK(life.send() == RequestKind::upload);
  CHECK(life.submission.on_reply(complete(200, upload_body("f1")), life.now) == Change::uploaded);
  CHECK(life.submission.file_id() == "f1");
  CHECK(life.send() == RequestKind::create);
  CHECK(life.submission.holds_archive());
  CHECK(life.submission.on_reply(complete(201, created_body("77")), life.now) == Change::created);
  CHECK(life.submission.job_id() == "77");
  CHECK_FALSE(life.submission.holds_archive());
  CHECK(life.now == kStart);

  CHECK(life.send() == RequestKind::details);
  CHECK(life.now >= kStart + Milliseconds(1'500));
  CHECK(life.now <= kStart + Milliseconds(2'000));
  CHECK(life.submission.on_reply(complete(200, job("ADDED")), life.now) == Change::none);
  CHECK(life.answer(complete(200, job("COMPLETED", kResult + "," + counts(2)))) == Change::job_ended);
  CHECK(life.submission.details().status == JobStatus::completed);
  CHECK(life.submission.download_url() == "/v8/crm/org1/bulk-write/77/77.zip");
  CHECK(life.send() == RequestKind::download);
  CHECK(life.submission.on_reply(complete(200, kZip), life.now) == Change::ended);
  const Outcome outcome = life.end();
  CHECK(outcome.kind == OutcomeKind::finished);
  CHECK(outcome.job_id == "77");
  CHECK(outcome.counts.added == 2U);
  CHECK(outcome.counts.total == 3U);
  CHECK(outcome.result_zip == kZip);
  CHECK_FALSE(outcome.resent);
}

TEST_CASE("the memory of an archive is given back once its job is there, or will never be asked for") {
  const auto held = [](const Submission& submission) { return submission.work().archive.capacity(); };
  const auto life_with_archive = [](const SubmissionPolicy& policy) {
    return Life(Submission(Work{.archive = std::string(1 << 20, 'z'), .callback_url = kUrl}, policy, 1));
  };
  constexpr size_t kSmall = 1'000;

  Life created = life_with_archive(kPlainInsert);
  created.bring_to(RequestKind::create);
  CHECK(held(created.submission) >= 1 << 20);  // its upload may have to be made again
  REQUIRE(created.answer(complete(201, created_body("77"))) == Change::created);
  CHECK(held(created.submission) < kSmall);

  Life unanswered = life_with_archive(kListening);
  unanswered.bring_to(RequestKind::create);
  REQUIRE(unanswered.answer(lost()) == Change::create_uncertain);
  CHECK(held(unanswered.submission) < kSmall);
}

TEST_CASE("every reply to an upload") {
  using K = OutcomeKind;
  check_cases(RequestKind::upload, kPlainInsert,
              {{"success", complete(200, upload_body("f")), Change::uploaded, {}, {}, RequestKind::create},
               {"an error with 200", complete(200, error_body("INVALID_FILE_FORMAT", "x")), Change::ended, K::refused,
                ErrorKind::configuration},
               {"an error with 400", complete(400, error_body("INVALID_FILE_FORMAT", "x")), Change::ended, K::refused,
                ErrorKind::configuration},
               {"the gateway's error", complete(400, R"({"ERROR_CODE":400,"ERROR_MESSAGE":"Bad Request"})"),
                Change::ended, K::refused, ErrorKind::configuration},
               {"too large", complete(413, error_body("FILE_TOO_LARGE", "x")), Change::ended, K::refused,
                ErrorKind::configuration},
               {"no permission", complete(403, error_body("NO_PERMISSION", "x")), Change::ended, K::refused,
                ErrorKind::not_allowed},
               {"200 and no sense", complete(200, "<html>"), Change::none},
               {"200 and nothing", complete(200, ""), Change::none},
               {"400 and no sense", complete(400, "<html>"), Change::none},
               {"429", throttled(), Change::none},
               {"500", complete(500, error_body("INTERNAL_ERROR", "x")), Change::none},
               {"502", complete(502, "<html>"), Change::none},
               {"a redirect", complete(302, ""), Change::none},
               {"not sent", not_sent(), Change::none},
               {"lost", lost(), Change::none}});
}

TEST_CASE("every reply to the creation of a plain insert: only what proves that there is no job is sent again") {
  using K = OutcomeKind;
  const auto uncertain = [](const std::string& name, const Reply& reply) {
    return Case{name, reply, Change::ended, K::uncertain, ErrorKind::service_down};
  };
  check_cases(
      RequestKind::create, kPlainInsert,
      {{"created", complete(201, created_body("77")), Change::created, {}, {}, RequestKind::details},
       {"created with 200", complete(200, created_body("77")), Change::created, {}, {}, RequestKind::details},
       {"refused", complete(400, error_body("INVALID_FIELD", "x")), Change::ended, K::refused,
        ErrorKind::configuration},
       {"no permission", complete(403, error_body("NO_PERMISSION", "x")), Change::ended, K::refused,
        ErrorKind::not_allowed},
       {"unknown file",
        complete(400, error_body("INVALID_FILE_ID", "improper file id")),
        Change::not_created,
        {},
        {},
        RequestKind::upload},
       {"file gone", complete(400, error_body("FILE_NOT_FOUND", "")), Change::not_created, {}, {}, RequestKind::upload},
       {"429 of the service", throttled(), Change::not_created, {}, {}, RequestKind::create},
       {"not sent", not_sent(), Change::not_created, {}, {}, RequestKind::create},
       uncertain("lost", lost()),
       uncertain("429 of something between", complete(429, "<html>")),
       uncertain("401 of something between", complete(401, "<html>")),
       uncertain("400 of something between", complete(400, "<html>")),
       uncertain("a redirect", complete(307, "")),
       uncertain("500 of the service", complete(500, error_body("INTERNAL_ERROR", "x"))),
       uncertain("504", complete(504, "")),
       uncertain("201 and no sense", complete(201, "<html>")),
       uncertain("201 and no id", complete(201, R"({"status":"success","details":{}})")),
       uncertain("201 and nothing", complete(201, "")),
       uncertain("204", complete(204, ""))});
}

TEST_CASE("what cannot double a record is created again when its reply is lost, and remembers that it was") {
  for (const Reply& reply : {lost(), complete(429, "<html>"), complete(500, error_body("INTERNAL_ERROR", "x")),
                             complete(201, ""), complete(307, "")}) {
    CAPTURE(describe(reply));
    Life life(kSafe);
    life.bring_to(RequestKind::create);
    CHECK(life.answer(reply) == Change::create_uncertain);
    CHECK(life.submission.due()->at > life.now);
    CHECK(life.submission.holds_archive());
    CHECK(life.answer(complete(201, created_body("78"))) == Change::created);
    life.answer(complete(200, job("COMPLETED", kResult)));
    life.answer(complete(200, kZip));
    const Outcome outcome = life.end();
    CHECK(outcome.kind == OutcomeKind::finished);
    CHECK(outcome.job_id == "78");
    CHECK(outcome.resent);
  }
}

TEST_CASE("once a creation may have succeeded, no later reply makes it surely not sent") {
  struct After {
    std::string name;
    std::vector<Reply> replies;
  };
  for (const After& after :
       {After{"refused", {complete(400, error_body("INVALID_FIELD", "x"))}},
        After{"throttled for good", std::vector<Reply>(20, throttled())},
        After{"not sent for good", std::vector<Reply>(20, not_sent())},
        After{"the file is gone, and its upload is refused",
              {complete(400, error_body("FILE_NOT_FOUND", "")), complete(403, error_body("NO_PERMISSION", ""))}}}) {
    CAPTURE(after.name);
    Life life(kSafe);
    life.bring_to(RequestKind::create);
    Change change = life.answer(lost());
    for (size_t i = 0; change != Change::ended && i < after.replies.size(); ++i) change = life.answer(after.replies[i]);
    REQUIRE(change == Change::ended);
    const Outcome outcome = life.end();
    CHECK(outcome.kind == OutcomeKind::uncertain);
    CHECK(outcome.resent);
    REQUIRE(outcome.error);
  }
  Life earlier(kSafe, true);
  REQUIRE(earlier.answer(complete(403, error_body("NO_PERMISSION", ""))) == Change::ended);
  CHECK(earlier.end().kind == OutcomeKind::uncertain);
}

TEST_CASE("every reply about a job") {
  using K = OutcomeKind;
  const auto again = [](const std::string& name, const Reply& reply) {
    return Case{name, reply, Change::none, {}, {}, RequestKind::details};
  };
  check_cases(
      RequestKind::details, kPlainInsert,
      {again("added", complete(200, job("ADDED"))),
       again("in progress", complete(200, job("IN PROGRESS"))),
       again("a word that nobody knows", complete(200, job("MARINATING"))),
       again("200 and no sense", complete(200, "<html>")),
       again("204", complete(204, "")),
       again("not found", complete(404, error_body("RESOURCE_NOT_FOUND", "x"))),
       again("no permission", complete(403, error_body("NO_PERMISSION", "x"))),
       again("429", throttled()),
       again("500", complete(500, "")),
       again("not sent", not_sent()),
       again("lost", lost()),
       {"completed", complete(200, job("COMPLETED", kResult)), Change::job_ended, {}, {}, RequestKind::download},
       {"failed with a result",
        complete(200, job("FAILED", kResult)),
        Change::job_ended,
        {},
        {},
        RequestKind::download},
       {"skipped with a result",
        complete(200, job("SKIPPED", kResult)),
        Change::job_ended,
        {},
        {},
        RequestKind::download},
       {"completed without a result", complete(200, job("COMPLETED")), Change::ended, K::unfetched,
        ErrorKind::transient},
       {"failed, nothing written", complete(200, job("FAILED", counts(0))), Change::ended, K::failed,
        ErrorKind::transient},
       {"failed, something written", complete(200, job("FAILED", counts(2))), Change::ended, K::uncertain,
        ErrorKind::transient},
       {"failed, and who knows", complete(200, job("FAILED")), Change::ended, K::uncertain, ErrorKind::transient},
       {"skipped", complete(200, job("SKIPPED", counts(0))), Change::ended, K::failed, ErrorKind::transient}});
  check_cases(
      RequestKind::details, kSafe,
      {{"failed, something written", complete(200, job("FAILED", counts(2))), Change::ended, K::failed,
        ErrorKind::transient},
       {"failed, and who knows", complete(200, job("FAILED")), Change::ended, K::failed, ErrorKind::transient}});
}

TEST_CASE("every reply to a download: only a ZIP is a result") {
  const auto again = [](const std::string& name, const Reply& reply) {
    return Case{name, reply, Change::none, {}, {}, RequestKind::download};
  };
  check_cases(RequestKind::download, kPlainInsert,
              {{"a ZIP", complete(200, kZip), Change::ended, OutcomeKind::finished},
               {"an empty ZIP", complete(200, std::string("PK\x05\x06", 4)), Change::ended, OutcomeKind::finished},
               again("no ZIP", complete(200, R"({"info":"Forbidden","http_status":"403"})")),
               again("nothing", complete(200, "")),
               again("forbidden", complete(403, R"({"info":"Forbidden","http_status":"403"})")),
               again("429", throttled()),
               again("503", complete(503, "")),
               again("a redirect", complete(302, "")),
               again("not sent", not_sent()),
               again("cut off", lost())});
}

TEST_CASE("each request is made attempts_max times and no more") {
  struct Last {
    RequestKind stage;
    Reply reply;
    OutcomeKind kind;
    ErrorKind error;
  };
  for (const Last& last :
       {Last{RequestKind::upload, complete(503, ""), OutcomeKind::not_sent, ErrorKind::service_down},
        Last{RequestKind::upload, throttled(), OutcomeKind::not_sent, ErrorKind::transient},
        Last{RequestKind::create, throttled(), OutcomeKind::not_sent, ErrorKind::transient},
        Last{RequestKind::create, not_sent(), OutcomeKind::not_sent, ErrorKind::service_down},
        Last{RequestKind::details, complete(500, ""), OutcomeKind::in_flight, ErrorKind::service_down},
        Last{RequestKind::download, lost(), OutcomeKind::unfetched, ErrorKind::service_down}}) {
    CAPTURE(static_cast<int>(last.stage), describe(last.reply));
    SubmissionPolicy policy = kPlainInsert;
    policy.retry.attempts_max = 5;
    Life life(policy);
    life.bring_to(last.stage);
    unsigned requests = 1;
    while (life.answer(last.reply) != Change::ended) {
      ++requests;
      REQUIRE(requests <= 5);
      CHECK(life.submission.due()->at > life.now);
    }
    CHECK(requests == 5);
    const Outcome outcome = life.end();
    CHECK(outcome.kind == last.kind);
    REQUIRE(outcome.error);
    CHECK(outcome.error->kind == last.error);
  }
  Life safe(kSafe);
  safe.bring_to(RequestKind::create);
  unsigned requests = 1;
  for (; safe.answer(lost()) != Change::ended; ++requests) REQUIRE(requests < 8);
  CHECK(requests == 8);
  CHECK(safe.end().kind == OutcomeKind::uncertain);
}

TEST_CASE(
    "the last attempt after nothing but 429 is made a minute after the first, and no sooner attempt waits for it") {
  for (const RequestKind stage : {RequestKind::upload, RequestKind::create, RequestKind::details}) {
    Life life(kPlainInsert);
    life.bring_to(stage);
    life.answer(throttled());
    const Instant first = life.now;
    for (unsigned made = 1; made < kPlainInsert.retry.attempts_max - 1; ++made) {
      CHECK(life.submission.due()->at < first + kTooManyCallsPass);
      CHECK(life.answer(throttled()) != Change::ended);
    }
    CHECK(life.submission.due()->at >= first + kTooManyCallsPass);
    CHECK(life.answer(throttled()) == Change::ended);
  }
  Life other(kPlainInsert);
  for (unsigned made = 1; made < kPlainInsert.retry.attempts_max; ++made) {
    const Instant before = other.now;
    other.answer(complete(503, ""));
    CHECK(other.submission.due()->at < before + kTooManyCallsPass);
  }
}

TEST_CASE("Retry-After is waited out") {
  Life life(kPlainInsert);
  Reply reply = throttled();
  reply.headers = {{"retry-after", "90"}};
  life.answer(reply);
  CHECK(life.submission.due()->at == life.now + std::chrono::seconds(90));
}

TEST_CASE("a file that the service has forgotten is uploaded again, three times in all") {
  Life life(kPlainInsert);
  for (int upload = 1; upload <= 3; ++upload) {
    CAPTURE(upload);
    CHECK(life.submission.holds_archive());
    REQUIRE(life.answer(complete(200, upload_body("f" + std::to_string(upload)))) == Change::uploaded);
    const Change change = life.answer(complete(400, error_body("INVALID_FILE_ID", "improper file id")));
    CHECK(change == (upload < 3 ? Change::not_created : Change::ended));
  }
  const Outcome outcome = life.end();
  CHECK(outcome.kind == OutcomeKind::refused);
  CHECK_THAT(outcome.error->message, Contains("INVALID_FILE_ID"));
}

TEST_CASE("a job is looked at less and less often, and one that is stuck is left at its deadline") {
  SubmissionPolicy policy = kPlainInsert;
  policy.poll_min = std::chrono::seconds(5);
  policy.poll_max = std::chrono::seconds(60);
  policy.job_deadline = std::chrono::minutes(30);
  Life life(policy);
  life.bring_to(RequestKind::details);
  Milliseconds expected = policy.poll_min;
  unsigned polls = 0;
  Change change = Change::none;
  while (change == Change::none) {
    const Instant before = life.now;
    change = life.answer(complete(200, job("INPROGRESS")));
    CHECK(life.now - before <= expected);
    CHECK(life.now - before >= expected * 3 / 4);
    expected = std::min(policy.poll_max, expected * 2);
    REQUIRE(++polls < 100);
  }
  CHECK(change == Change::ended);
  CHECK(life.now >= kStart + policy.job_deadline);
  CHECK(life.now < kStart + policy.job_deadline + policy.poll_max);
  CHECK(polls < 50);
  const Outcome outcome = life.end();
  CHECK(outcome.kind == OutcomeKind::in_flight);
  CHECK(outcome.job_id == "77");
  CHECK_THAT(outcome.error->message, Contains("77") && Contains("deadline"));
}

TEST_CASE("the deadline ends a job between two looks, but never while a reply is awaited") {
  SubmissionPolicy policy = kPlainInsert;
  policy.job_deadline = std::chrono::minutes(1);
  Life life(policy);
  life.bring_to(RequestKind::details);
  const Instant deadline = life.now + policy.job_deadline;
  CHECK(life.submission.on_time(deadline - Milliseconds(1)) == Change::none);
  life.send();
  CHECK(life.submission.on_time(deadline + std::chrono::hours(1)) == Change::none);
  CHECK(life.submission.on_reply(complete(200, job("COMPLETED", kResult)), deadline + std::chrono::hours(1)) ==
        Change::job_ended);

  Life idle(policy);
  idle.bring_to(RequestKind::details);
  CHECK(idle.submission.on_time(deadline) == Change::ended);
  CHECK(idle.end().kind == OutcomeKind::in_flight);
}

TEST_CASE("a refused token changes nothing but that the same is sent again") {
  for (const RequestKind stage :
       {RequestKind::upload, RequestKind::create, RequestKind::details, RequestKind::download}) {
    Life life(kPlainInsert);
    life.bring_to(stage);
    for (int times = 0; times < 50; ++times) {
      life.send();
      CHECK(life.submission.token_generation() == 1);
      life.submission.on_unauthorised();
      REQUIRE(life.submission.due());
      CHECK(life.submission.due()->request == stage);
      CHECK(life.submission.due()->at <= life.now);
    }
  }
}

TEST_CASE(
    "a request has had its renewal once it was sent again with a token that was made for us, until it is answered") {
  for (const RequestKind stage : {RequestKind::upload, RequestKind::create, RequestKind::details}) {
    Life life(kPlainInsert);
    life.bring_to(stage);
    life.send();
    CHECK_FALSE(life.submission.has_renewed());
    life.submission.on_unauthorised();
    life.send();  // with a token that somebody else had
    CHECK_FALSE(life.submission.has_renewed());
    life.submission.on_unauthorised();
    ++life.renewals;
    life.send();
    CHECK(life.submission.has_renewed());
    life.submission.on_reply(throttled(), life.now);  // no answer: the next is the same request
    life.send();
    CHECK(life.submission.has_renewed());
    life.submission.on_reply(stage == RequestKind::upload   ? complete(200, upload_body("f1"))
                             : stage == RequestKind::create ? complete(201, created_body("77"))
                                                            : complete(200, job("IN PROGRESS")),
                             life.now);
    life.send();
    CHECK_FALSE(life.submission.has_renewed());
  }
}

TEST_CASE("a job of an earlier session is looked at straight away") {
  Life life(Submission::track({.chunk_index = 3, .records = 25}, "77", kPlainInsert, 1, kStart));
  CHECK(life.send() == RequestKind::details);
  CHECK(life.now == kStart);
  CHECK(life.submission.on_reply(complete(200, job("COMPLETED", kResult)), life.now) == Change::job_ended);
  CHECK(life.answer(complete(200, kZip)) == Change::ended);
  CHECK(life.end().job_id == "77");
}

TEST_CASE("a job that the service does not know leaves the chunk uncertain, once it has been asked often enough") {
  SubmissionPolicy policy = kPlainInsert;
  policy.retry.attempts_max = 3;
  Life life(Submission::track({.chunk_index = 3, .records = 25}, "123", policy, 1, kStart));
  const Reply unknown = complete(404, error_body("RESOURCE_NOT_FOUND", "The requested resource doesn't exist."));
  for (int asked = 1; asked < 3; ++asked) {
    CHECK(life.send() == RequestKind::details);
    CHECK(life.submission.on_reply(unknown, life.now) == Change::none);
  }
  CHECK(life.send() == RequestKind::details);
  CHECK(life.submission.on_reply(unknown, life.now) == Change::ended);
  CHECK(life.submission.take_outcome().kind == OutcomeKind::uncertain);
}

TEST_CASE("a callback of a known job is a hint to look now, unless it names another") {
  Life life(kListening);
  life.bring_to(RequestKind::details);
  const Instant at = life.submission.due()->at;
  CHECK(life.submission.on_callback("78", kUrl, life.now) == Change::none);
  CHECK(life.submission.due()->at == at);
  CHECK(life.submission.on_callback("77", kUrl, life.now) == Change::none);
  CHECK(life.submission.due()->at == life.now);
  CHECK(life.submission.job_id() == "77");

  Life nameless(kListening);
  nameless.bring_to(RequestKind::details);
  nameless.submission.on_callback("", kUrl, nameless.now);
  CHECK(nameless.submission.due()->at == nameless.now);
}

TEST_CASE("a callback names the job of a lost reply, and the service confirms it") {
  for (const bool early : {false, true}) {
    CAPTURE(early);
    Life life(kListening);
    life.bring_to(RequestKind::create);
    life.send();
    if (early) CHECK(life.submission.on_callback("77", kUrl, life.now) == Change::none);
    CHECK(life.submission.on_reply(lost(), life.now) == Change::create_uncertain);
    if (!early) {
      CHECK_FALSE(life.submission.due());
      CHECK_FALSE(life.submission.holds_archive());
      life.now += std::chrono::minutes(9);
      CHECK(life.submission.on_time(life.now) == Change::none);
      CHECK(life.submission.on_callback("", kUrl, life.now) == Change::none);
      CHECK(life.submission.on_callback("77", kUrl, life.now) == Change::create_uncertain);
    }
    CHECK(life.submission.on_time(life.now) == Change::none);
    CHECK(life.send() == RequestKind::details);
    CHECK(life.submission.on_reply(complete(200, job("INPROGRESS", R"("callback":{"url":")" + kUrl + "\"}")),
                                   life.now) == Change::created);
    CHECK(life.submission.job_id() == "77");
    CHECK(life.answer(complete(200, job("COMPLETED", kResult))) == Change::job_ended);
    CHECK(life.answer(complete(200, kZip)) == Change::ended);
    CHECK(life.end().kind == OutcomeKind::finished);
  }
}

TEST_CASE("asking about the job that a callback names is repeated, and the deadline of no job ends it") {
  Life life(kListening);
  life.bring_to(RequestKind::create);
  life.answer(lost());
  life.submission.on_callback("77", kUrl, life.now);
  for (const Reply& reply : {complete(503, ""), not_sent(), throttled()}) {
    CHECK(life.answer(reply) == Change::none);
    CHECK(life.submission.on_time(life.now) == Change::none);
    CHECK(life.submission.due()->request == RequestKind::details);
  }
  CHECK(life.answer(complete(200, job("COMPLETED", kResult))) == Change::created);
}

TEST_CASE("a callback that names a job that is not this chunk's leaves it uncertain, under no job's name") {
  for (const Reply& reply : {complete(200, job("COMPLETED", R"("callback":{"url":"https://loader.example/cb/other"})")),
                             complete(404, error_body("RESOURCE_NOT_FOUND", "x")), complete(200, "{}")}) {
    CAPTURE(reply.body);
    Life life(kListening);
    life.bring_to(RequestKind::create);
    life.answer(lost());
    life.submission.on_callback("666", kUrl, life.now);
    CHECK(life.answer(reply) == Change::ended);
    const Outcome outcome = life.end();
    CHECK(outcome.kind == OutcomeKind::uncertain);
    CHECK(outcome.job_id.empty());
  }
}

TEST_CASE("a callback that never comes leaves the chunk uncertain when the wait is over") {
  Life life(kListening);
  life.bring_to(RequestKind::create);
  life.answer(lost());
  CHECK(life.submission.on_time(life.now + kListening.callback_wait - Milliseconds(1)) == Change::none);
  CHECK(life.submission.on_time(life.now + kListening.callback_wait) == Change::ended);
  const Outcome outcome = life.end();
  CHECK(outcome.kind == OutcomeKind::uncertain);
  CHECK_THAT(outcome.error->message, Contains("no callback"));
}

TEST_CASE("a chunk of an earlier session whose job may exist sends nothing, and is found by its callback alone") {
  Life silent(Submission::hear_of({.chunk_index = 3, .records = 25}, kListening, 1, kStart));
  CHECK_FALSE(silent.submission.due());
  CHECK(silent.submission.on_time(kStart + kListening.callback_wait) == Change::ended);
  CHECK(silent.end().kind == OutcomeKind::uncertain);

  Life heard(Submission::hear_of({.chunk_index = 3, .records = 25}, kListening, 1, kStart));
  CHECK(heard.submission.on_callback("77", kUrl, kStart) == Change::create_uncertain);
  CHECK(heard.answer(complete(200, job("COMPLETED", kResult + R"(,"callback":{"url":")" + kUrl + "\"}"))) ==
        Change::created);
}

TEST_CASE("letting go ends at once what awaits nothing, and says how far it came") {
  const std::vector<std::pair<RequestKind, OutcomeKind>> ends = {{RequestKind::upload, OutcomeKind::not_sent},
                                                                 {RequestKind::create, OutcomeKind::not_sent},
                                                                 {RequestKind::details, OutcomeKind::in_flight},
                                                                 {RequestKind::download, OutcomeKind::unfetched}};
  for (const auto& [stage, kind] : ends) {
    CAPTURE(static_cast<int>(stage));
    Life life(kPlainInsert);
    life.bring_to(stage);
    CHECK(life.submission.let_go(life.now) == Change::ended);
    CHECK(life.end().kind == kind);
  }
  Life resent(kSafe);
  resent.bring_to(RequestKind::create);
  resent.answer(lost());
  CHECK(resent.submission.let_go(resent.now) == Change::ended);
  CHECK(resent.end().kind == OutcomeKind::uncertain);

  Life waiting(kListening);
  waiting.bring_to(RequestKind::create);
  waiting.answer(lost());
  CHECK(waiting.submission.let_go(waiting.now) == Change::ended);
  CHECK(waiting.end().kind == OutcomeKind::uncertain);
}

TEST_CASE("letting go while a reply is awaited takes that reply, and repeats nothing") {
  const std::vector<std::tuple<RequestKind, Reply, OutcomeKind>> ends = {
      {RequestKind::upload, complete(503, ""), OutcomeKind::not_sent},
      {RequestKind::create, throttled(), OutcomeKind::not_sent},
      {RequestKind::create, lost(), OutcomeKind::uncertain},
      {RequestKind::create, complete(400, error_body("INVALID_FIELD", "")), OutcomeKind::refused},
      {RequestKind::create, complete(201, created_body("77")), OutcomeKind::in_flight},
      {RequestKind::details, complete(200, job("INPROGRESS")), OutcomeKind::in_flight},
      {RequestKind::download, complete(200, kZip), OutcomeKind::finished},
      {RequestKind::download, complete(503, ""), OutcomeKind::unfetched}};
  for (const auto& policy : {kPlainInsert, kSafe, kListening}) {
    for (const auto& [stage, reply, kind] : ends) {
      CAPTURE(static_cast<int>(stage), describe(reply), policy.resend_is_safe, policy.callback_wait.count());
      Life life(policy);
      life.bring_to(stage);
      life.send();
      CHECK(life.submission.let_go(life.now) == Change::none);
      Change change = life.submission.on_reply(reply, life.now);
      if (change != Change::ended) change = life.submission.let_go(life.now);  // once the journal knows
      CHECK(change == Change::ended);
      CHECK(life.end().kind == kind);
    }
  }
}

TEST_CASE("giving up while a reply is awaited knows what it does not know") {
  const std::vector<std::pair<RequestKind, OutcomeKind>> ends = {{RequestKind::upload, OutcomeKind::not_sent},
                                                                 {RequestKind::create, OutcomeKind::uncertain},
                                                                 {RequestKind::details, OutcomeKind::in_flight},
                                                                 {RequestKind::download, OutcomeKind::unfetched}};
  for (const auto& [stage, kind] : ends) {
    CAPTURE(static_cast<int>(stage));
    Life life(kPlainInsert);
    life.bring_to(stage);
    life.send();
    CHECK(life.submission.give_up() == Change::ended);
    CHECK(life.end().kind == kind);
  }
}

TEST_CASE("a result on a foreign host ends as not fetched, with the reason") {
  Life life(kPlainInsert);
  life.bring_to(RequestKind::download);
  CHECK(life.submission.cannot_fetch({ErrorKind::not_allowed, "elsewhere"}) == Change::ended);
  const Outcome outcome = life.end();
  CHECK(outcome.kind == OutcomeKind::unfetched);
  CHECK(outcome.error->message == "elsewhere");
}

// Any replies, callbacks and stops, in any order.
TEST_CASE(
    "whatever happens, a life ends, it sends what it has, and a plain insert that may have a job makes no other") {
  const unsigned first_seed = std::random_device{}();
  for (unsigned seed = first_seed; seed != first_seed + 3'000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::vector<SubmissionPolicy> policies = {kPlainInsert, kSafe, kListening};
    const SubmissionPolicy& policy = policies[seed % 3];
    const std::vector<Reply> replies = {complete(200, upload_body("f")),
                                        complete(201, created_body("77")),
                                        complete(200, job("INPROGRESS")),
                                        complete(200, job("COMPLETED", kResult)),
                                        complete(200, job("FAILED")),
                                        complete(200, kZip),
                                        complete(200, ""),
                                        complete(400, error_body("INVALID_FILE_ID", "")),
                                        complete(503, ""),
                                        throttled(),
                                        not_sent(),
                                        lost()};
    Life life(policy);
    bool may_exist = false, ended = false;
    unsigned creates = 0, events = 0;
    while (!ended) {
      REQUIRE(++events < 20'000);
      Change change = Change::none;
      if (random() % 8 == 0) {
        change = life.submission.on_callback(random() % 2 == 0 ? "77" : "", kUrl, life.now);
      } else if (random() % 500 == 0) {
        change = life.submission.let_go(life.now);
      } else if (const auto due = life.submission.due()) {
        if (due->request == RequestKind::create) {
          ++creates;
          REQUIRE((policy.resend_is_safe || !may_exist));
        }
        if (due->request == RequestKind::upload || due->request == RequestKind::create)
          REQUIRE(life.submission.holds_archive());
        if (due->request == RequestKind::details) REQUIRE_FALSE(life.submission.job_id().empty());
        if (due->request == RequestKind::download) REQUIRE_FALSE(life.submission.download_url().empty());
        life.send();
        const Reply& reply = replies[random() % replies.size()];
        if (due->request == RequestKind::create)
          may_exist |= classify(reply) != ReplyClass::not_sent && classify(reply) != ReplyClass::throttled &&
                       classify(reply) != ReplyClass::refused;
        change = life.submission.on_reply(reply, life.now);
      } else {
        life.now += std::chrono::minutes(1);
        change = life.submission.on_time(life.now);
      }
      ended = change == Change::ended;
    }
    CHECK_FALSE(life.submission.due());
    CHECK(life.submission.on_callback("77", kUrl, life.now) == Change::none);
    CHECK(life.submission.on_time(life.now + std::chrono::hours(100)) == Change::none);
    CHECK(life.submission.let_go(life.now) == Change::none);
    CHECK(life.submission.give_up() == Change::none);
    const Outcome outcome = life.end();
    CHECK((outcome.kind == OutcomeKind::finished) == !outcome.error.has_value());
    // What is said to have no job surely has none.
    if (outcome.kind == OutcomeKind::not_sent || outcome.kind == OutcomeKind::refused) CHECK_FALSE(may_exist);
    if (outcome.kind == OutcomeKind::finished || outcome.kind == OutcomeKind::in_flight ||
        outcome.kind == OutcomeKind::unfetched)
      CHECK(outcome.job_id == "77");
    CHECK(creates <= 60);
  }
}
