#include "engine/run/outcome.h"

#include <catch2/catch.hpp>

namespace bulkwrite::run {
namespace {

std::unique_ptr<Ledger> ledger_of_one_chunk() {
  auto ledger = Ledger::create(":memory:", {});
  REQUIRE(ledger);
  REQUIRE((*ledger)->add_chunk({.records = 1, .sent = 1}));
  return *std::move(ledger);
}

ChunkState state_in(Ledger& ledger) {
  const auto row = ledger.chunk(0);
  REQUIRE(row);
  return (*row)->state;
}

}  // namespace

TEST_CASE("the ledger says finished only when the result is on the disk") {
  const auto ledger = ledger_of_one_chunk();
  const api::Outcome outcome{.kind = api::OutcomeKind::finished, .job_id = "4711", .result_zip = "PK"};
  std::string written;
  SECTION("it is") {
    const auto kept = keep_outcome(*ledger, outcome, [&](uint64_t chunk_index, std::string_view zip) -> Result<void> {
      CHECK(chunk_index == 0);
      CHECK(state_in(*ledger) == ChunkState::packed);
      written = zip;
      return {};
    });
    CHECK(kept);
    CHECK(written == "PK");
    CHECK(state_in(*ledger) == ChunkState::finished);
  }
  SECTION("the disk is full") {
    const auto kept = keep_outcome(*ledger, outcome, [&](uint64_t, std::string_view) -> Result<void> {
      return Error{ErrorKind::cannot_write, "no room"};
    });
    CHECK_FALSE(kept);
    CHECK(state_in(*ledger) == ChunkState::packed);
  }
}

TEST_CASE("an archive that is turned away is uncertain where its job may have been created before") {
  CHECK(turned_away({.chunk_index = 3, .records = 5}).kind == api::OutcomeKind::not_sent);
  CHECK(turned_away({.chunk_index = 3, .records = 5, .resent = true}).kind == api::OutcomeKind::uncertain);
}

TEST_CASE(
    "nothing more is sent after a refusal, or where the service does not answer and nobody has asked us to stop") {
  const Error why{ErrorKind::service_down, "no reply"};
  CHECK(is_hopeless({.kind = api::OutcomeKind::refused, .error = why}, true));
  CHECK(is_hopeless({.kind = api::OutcomeKind::not_sent, .error = why}, false));
  CHECK_FALSE(is_hopeless({.kind = api::OutcomeKind::not_sent, .error = why}, true));
  CHECK_FALSE(is_hopeless({.kind = api::OutcomeKind::not_sent}, false));
  CHECK_FALSE(is_hopeless({.kind = api::OutcomeKind::failed, .error = why}, false));
}

}  // namespace bulkwrite::run
