// The proof is proved: with each of these mistakes (engine/base/deliberate_bug.h) a kill leaves something wrong behind.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/kill/kill_point.h"

using namespace kill_anywhere;

namespace {

constexpr uint64_t kPointsMax = 5;

std::vector<std::string> complaints_of(const Scenario& scenario, const std::string& place, uint64_t number,
                                       const std::string& bug) {
  const Program program{std::string(BULKWRITE_BIN_DIR) + "/bulkwrite-crashing-with-bugs", bug};
  const Attempt attempt = kill_at(scenario, program, {number, place});
  INFO(place << ", " << number);
  CHECK(attempt.died);
  return attempt.complaints;
}

// Kills at the first points of one kind are enough to find the mistake, and without it leave nothing to complain of.
void check_found(const std::string& bug, const Scenario& scenario, const std::string& place) {
  for (uint64_t number = 1; number <= kPointsMax; ++number) {
    const std::vector<std::string> complaints = complaints_of(scenario, place, number, bug);
    if (complaints.empty()) continue;
    fmt::print("{}: found at point {} of \"{}\": {}\n", bug, number, place, complaints.front());
    for (const std::string& complaint : complaints_of(scenario, place, number, "")) FAIL_CHECK(complaint);
    return;
  }
  FAIL("no kill has shown the mistake " << bug);
}

Scenario insert() {
  return {.name = "insert", .source = events()};
}
Scenario insert_of_stream() {
  return {.name = "insert of a compressed file", .source = events(), .kept = Scenario::Kept::gzip};
}

}  // namespace

TEST_CASE("a kill shows an intent that is not committed") {
  check_found("intent_not_committed", insert(), "create: answered");
}

TEST_CASE("a kill shows a job that is said to be created before the reply") {
  check_found("created_before_reply", insert(), "create: about to leave");
}

TEST_CASE("a kill shows that what was being created is taken for not sent") {
  check_found("settled_as_not_sent", insert(), "create: answered");
}

TEST_CASE("a kill shows that an uncertain plain insert is sent again") {
  check_found("uncertain_sent_again", insert(), "create: answered");
}

TEST_CASE("a kill shows that a job is not tracked by the next session") {
  check_found("job_not_tracked_again", insert(), "details: about to be asked for");
}

TEST_CASE("a kill shows that the ledger says finished before the result is on the disk") {
  check_found("finished_before_result", insert(), "update chunks set state = ?, job_id = coalesce");
}

TEST_CASE("a kill shows that a chunk is cut again from a wrong range") {
  check_found("chunk_cut_from_wrong_range", insert(), "upload: about to leave");
}

TEST_CASE("a kill shows that the bytes that are read again are not compared") {
  Scenario scenario = insert();
  scenario.changes = true;
  check_found("crc_not_compared", scenario, "upload: about to leave");
}

TEST_CASE("a kill shows that the copy of a stream goes too early") {
  check_found("spool_removed_early", insert_of_stream(), "spool: removed");
}

TEST_CASE("a kill shows a ledger that has its name before it is complete") {
  check_found("ledger_named_early", insert(), "ledger: its file is made");
}
