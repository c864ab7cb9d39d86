#include "engine/run/brake.h"

#include <catch2/catch.hpp>

#include "tests/zip/zip_builder.h"

namespace bulkwrite::run {
namespace {

using api::FirstVerdicts;
using api::Outcome;
using api::OutcomeKind;

std::string result_of(const std::vector<std::string>& verdicts) {
  std::string csv = "Last_Name,STATUS,RECORD_ID,ERRORS\n";
  for (const std::string& verdict : verdicts) csv += "Okafor," + verdict + "\n";
  return zip_builder::build({{.name = "Leads-x.csv", .bytes = csv}});
}

Outcome finished(const std::vector<std::string>& verdicts) {
  return {.records = verdicts.size(), .kind = OutcomeKind::finished, .job_id = "7", .result_zip = result_of(verdicts)};
}

constexpr const char* kAdded = "ADDED,1,";
constexpr const char* kSkipped = "SKIPPED,,MANDATORY_NOT_FOUND-Company";
constexpr const char* kDuplicate = "SKIPPED,,DUPLICATE_DATA-Email";
constexpr const char* kUnprocessed = "UNPROCESSED,,";

Brake canary(std::string present_field = "") {
  return {std::nullopt, true, std::move(present_field)};
}
FailedMax records(uint64_t most) {
  return {most, std::nullopt};
}
FailedMax percent(double most) {
  return {std::nullopt, most};
}

}  // namespace

TEST_CASE("the first verdicts are good where one record was taken, and bad where none was") {
  CHECK(canary().see(finished({kSkipped, kAdded, kSkipped})) == FirstVerdicts::taken);
  CHECK(canary().see(finished({"UPDATED,1,"})) == FirstVerdicts::taken);
  CHECK(canary().see(finished({kSkipped, kUnprocessed})) == FirstVerdicts::not_taken);
  CHECK(canary().see(finished({kDuplicate})) == FirstVerdicts::not_taken);
  CHECK(canary("Email").see(finished({kDuplicate})) == FirstVerdicts::taken);
  CHECK(canary("External_Id").see(finished({kDuplicate})) == FirstVerdicts::not_taken);
  CHECK(canary().see(finished({"SURPRISE,,"})) == FirstVerdicts::unknown);
}

TEST_CASE("a first job that has no verdicts is judged by what is known of it") {
  const auto said_of = [](OutcomeKind kind, const std::string& job_id, api::JobCounts counts = {}) {
    return canary().see({.records = 10, .kind = kind, .job_id = job_id, .counts = counts});
  };
  CHECK(said_of(OutcomeKind::failed, "7") == FirstVerdicts::not_taken);
  CHECK(said_of(OutcomeKind::in_flight, "7") == FirstVerdicts::not_taken);
  CHECK(said_of(OutcomeKind::uncertain, "7") == FirstVerdicts::not_taken);
  CHECK(said_of(OutcomeKind::uncertain, "") == FirstVerdicts::unknown);
  CHECK(said_of(OutcomeKind::unfetched, "7") == FirstVerdicts::unknown);
  CHECK(said_of(OutcomeKind::unfetched, "7", {.added = 3}) == FirstVerdicts::taken);
  CHECK(said_of(OutcomeKind::finished, "7", {.updated = 1}) == FirstVerdicts::taken);
  CHECK(said_of(OutcomeKind::not_sent, "") == FirstVerdicts::unknown);
  CHECK(said_of(OutcomeKind::refused, "") == FirstVerdicts::not_taken);
}

TEST_CASE("records that are not taken are counted up to their limit, and not beyond") {
  Brake brake(records(3), false, "");
  brake.see(finished({kSkipped, kSkipped, kAdded}));
  CHECK_FALSE(brake.is_on());
  brake.see(finished({kUnprocessed, kAdded}));
  CHECK_FALSE(brake.is_on());
  brake.see(finished({kSkipped}));
  CHECK(brake.is_on());
  CHECK(brake.why().find("4 of the 6") != std::string::npos);
  CHECK(brake.why().find("MANDATORY_NOT_FOUND-Company") != std::string::npos);
}

TEST_CASE("a failed job's records are not taken, and a limit of nought is the first of them") {
  Brake brake(records(0), false, "");
  brake.see(finished({kAdded}));
  CHECK_FALSE(brake.is_on());
  brake.see({.records = 5, .kind = OutcomeKind::failed, .job_id = "7"});
  CHECK(brake.is_on());
}

TEST_CASE("a part of the records is counted of those whose verdicts are in") {
  Brake brake(percent(25), false, "Email");
  CHECK_FALSE(brake.is_on());
  brake.see(finished({kSkipped, kAdded, kAdded, kDuplicate}));
  CHECK_FALSE(brake.is_on());
  brake.see(finished({kSkipped}));
  CHECK(brake.is_on());
  brake.see(finished({kAdded, kAdded, kAdded}));
  CHECK(brake.is_on());  // and stays
}

TEST_CASE("without a limit and a canary nothing is looked at") {
  Brake brake(std::nullopt, false, "");
  CHECK(brake.see(finished({kSkipped})) == FirstVerdicts::unknown);
  CHECK_FALSE(brake.is_on());
  CHECK_FALSE(brake.has_seen_failure());
}

}  // namespace bulkwrite::run
