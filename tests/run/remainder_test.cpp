#include "engine/run/remainder.h"

#include <catch2/catch.hpp>

#include "engine/run/run_catalog.h"

namespace bulkwrite::run {
namespace {

// A ledger in memory that holds one chunk.
std::unique_ptr<Ledger> ledger_of_one_chunk() {
  auto ledger = Ledger::create(":memory:", {.module = "Leads", .operation = "insert"});
  REQUIRE(ledger);
  ChunkRow row{.records = 10, .sent = 8};
  row.ranges.parts = {{.end = 100, .records = 10}};
  REQUIRE((*ledger)->add_chunk(row));
  return *std::move(ledger);
}

ChunkRow chunk_of(Ledger& ledger) {
  auto row = ledger.chunk(0);
  REQUIRE(row);
  REQUIRE(row->has_value());
  return **std::move(row);
}

// Ends what runs, as a crash does, and begins a session.
Remainder next_session(Ledger& ledger, bool resend_is_safe, bool listens = false) {
  REQUIRE(ledger.settle_open());
  auto remainder = take_up_chunks(ledger, 1, resend_is_safe, listens);
  REQUIRE(remainder);
  CHECK(remainder->chunks == 1);
  CHECK(remainder->records == 10);
  return *std::move(remainder);
}

}  // namespace

TEST_CASE("a chunk that was packed when we died is sent, and not said to be sent again") {
  const auto ledger = ledger_of_one_chunk();
  const Remainder remainder = next_session(*ledger, false);
  REQUIRE(remainder.steps.size() == 1);
  CHECK(remainder.steps[0].step == NextStep::submit);
  CHECK_FALSE(remainder.steps[0].row.resent);
  CHECK(remainder.rejected == 0);  // it is judged once more
  CHECK(chunk_of(*ledger).state == ChunkState::packed);
}

TEST_CASE("a plain insert that was being created when we died is left alone unless a callback may name its job") {
  const auto ledger = ledger_of_one_chunk();
  REQUIRE(ledger->creating(0));
  CHECK(next_session(*ledger, false).steps.empty());
  CHECK(chunk_of(*ledger).state == ChunkState::uncertain);

  const Remainder heard = next_session(*ledger, false, true);
  REQUIRE(heard.steps.size() == 1);
  CHECK(heard.steps[0].step == NextStep::hear_of);
  CHECK(heard.rejected == 2);
  CHECK(chunk_of(*ledger).state == ChunkState::creating);
}

TEST_CASE("what can be sent twice and was being created when we died is sent again and stays uncertain until then") {
  const auto ledger = ledger_of_one_chunk();
  REQUIRE(ledger->creating(0));
  const Remainder remainder = next_session(*ledger, true);
  REQUIRE(remainder.steps.size() == 1);
  CHECK(remainder.steps[0].step == NextStep::submit);
  CHECK(remainder.steps[0].row.resent);
  // We die before it leaves once more.
  REQUIRE(ledger->settle_open());
  CHECK(chunk_of(*ledger).state == ChunkState::uncertain);
}

TEST_CASE("a chunk whose job was refused is sent without being taken for one that may exist") {
  const auto ledger = ledger_of_one_chunk();
  REQUIRE(ledger->creating(0));
  REQUIRE(ledger->not_created(0, "HTTP 429"));
  const Remainder remainder = next_session(*ledger, false);
  REQUIRE(remainder.steps.size() == 1);
  CHECK(remainder.steps[0].row.creates == 1);
  CHECK_FALSE(remainder.steps[0].row.resent);
}

TEST_CASE("a create that leaves again while its first may have worked is written down as resent") {
  const auto ledger = ledger_of_one_chunk();
  REQUIRE(ledger->creating(0));
  CHECK_FALSE(chunk_of(*ledger).resent);
  SECTION("of which nobody knows the end") {
    REQUIRE(ledger->create_uncertain(0, "the reply is missing"));
    REQUIRE(ledger->creating(0));
    REQUIRE(ledger->created(0, "4711"));
    const Remainder remainder = next_session(*ledger, true);
    REQUIRE(remainder.steps.size() == 1);
    CHECK(remainder.steps[0].step == NextStep::track);
    CHECK(remainder.steps[0].row.job_id == "4711");
    CHECK(remainder.steps[0].row.resent);
  }
  SECTION("which was refused") {
    REQUIRE(ledger->not_created(0, "HTTP 429"));
    REQUIRE(ledger->creating(0));
    REQUIRE(ledger->created(0, "4711"));
    CHECK_FALSE(next_session(*ledger, true).steps.at(0).row.resent);
  }
}

TEST_CASE("what the user settles is what the next session does") {
  const auto ledger = ledger_of_one_chunk();
  REQUIRE(ledger->creating(0));
  REQUIRE(ledger->settle_open());
  SECTION("the job exists") {
    REQUIRE(resolve(*ledger, 0, {Resolution::Kind::job, "4711"}));
    const Remainder remainder = next_session(*ledger, false);
    CHECK(remainder.steps.at(0).step == NextStep::track);
    CHECK(remainder.steps.at(0).row.job_id == "4711");
    CHECK_FALSE(remainder.steps.at(0).row.resent);
  }
  SECTION("it does not") {
    REQUIRE(resolve(*ledger, 0, {Resolution::Kind::resubmit, ""}));
    CHECK(next_session(*ledger, false).steps.at(0).step == NextStep::submit);
  }
  SECTION("it is given up") {
    REQUIRE(resolve(*ledger, 0, {Resolution::Kind::abandon, ""}));
    CHECK(next_session(*ledger, false).steps.empty());
  }
  const auto again = resolve(*ledger, 0, {Resolution::Kind::abandon, ""});
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::usage);
}

TEST_CASE("a ledger that lacks a chunk is damaged") {
  const auto ledger = ledger_of_one_chunk();
  const auto taken = take_up_chunks(*ledger, 2, false, false);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().kind == ErrorKind::input_data);
}

}  // namespace bulkwrite::run
