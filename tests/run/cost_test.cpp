#include "engine/run/cost.h"

#include <catch2/catch.hpp>

#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

using Catch::Matchers::Contains;
using e2e::spill;
using e2e::TemporaryDirectory;

std::optional<Cost> estimate(const std::string& csv, InputOptions options = {}) {
  const TemporaryDirectory directory;
  spill(directory / "input.csv", csv);
  options.files = {directory / "input.csv"};
  Progress progress;
  auto front = Front::open(options, progress);
  REQUIRE(front);
  return estimate_cost(**front, options);
}

std::string leads(size_t records) {
  std::string csv = "Last_Name,Company\n";
  for (size_t i = 0; i < records; ++i) csv += "Okafor,\"Lagos\nFreight\"\n";
  return csv;
}

}  // namespace

TEST_CASE("an input is estimated by its size and its first records, newlines in quotes and all") {
  for (const size_t records : {0U, 1U, 2U, 999U, 60'000U}) {
    CAPTURE(records);
    const auto cost = estimate(leads(records));
    REQUIRE(cost);
    CHECK(cost->records >= records - records / 1'000);
    CHECK(cost->records <= records + records / 1'000);
    CHECK(cost->chunks == (records + 24'999) / 25'000);
    CHECK(cost->jobs == cost->chunks);
    CHECK_FALSE(cost->is_exact);
  }
}

TEST_CASE("chunks are estimated by records and by bytes, whichever are more") {
  InputOptions small;
  small.records_max = 30;
  CHECK(estimate(leads(100), small)->chunks == 4);
  InputOptions short_ones;
  short_ones.bytes_max = 1'000;
  CHECK(estimate(leads(1'000), short_ones)->chunks == 23);
}

TEST_CASE("the plan says jobs and credits, what the edition grants, and the time that the downloads take") {
  const Cost cost{.records = 1'000'000, .chunks = 40, .jobs = 40};
  const std::string plain = cost_text(cost, {});
  CHECK_THAT(plain, Contains("about 1,000,000 records in 40 chunks: 40 jobs, 20,000 credits (500 each"));
  CHECK_THAT(plain, !Contains("minute") && !Contains("a day"));

  const std::string full =
      cost_text(cost, {.edition = api::edition_named("free", 3), .credits_max = 10'000, .downloads_a_minute = 10});
  CHECK_THAT(full, Contains("5,000 a day (free, 3 users), which is too few for one day"));
  CHECK_THAT(full, Contains("at most 10,000 and stops before that"));
  CHECK_THAT(full, Contains("10 downloads a minute: 3 min at least"));

  const std::string exact = cost_text({.records = 10, .chunks = 2, .jobs = 1, .is_exact = true},
                                      {.edition = api::edition_named("enterprise", 10), .downloads_a_minute = 10});
  CHECK_THAT(exact, Contains("10 records in 2 chunks: 1 job, 500 credits") && !Contains("about"));
  CHECK_THAT(exact, Contains("60,000 a day") && !Contains("too few") && !Contains("a minute"));
}

}  // namespace bulkwrite::run
