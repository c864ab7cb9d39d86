// Whole calls allocate by the chunk, and not by the record.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "engine/run/check.h"
#include "engine/run/pack.h"
#include "tests/allocations.h"
#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

constexpr uint64_t kRecords = 25'000;

// Good records, some with quotes; each e-mail address stands once, which only a second look can tell.
std::string leads(uint64_t records) {
  std::string text = "Last_Name,Company,Email,No_of_Employees,Birthday,Lead_Source\n";
  for (uint64_t i = 0; i < records; ++i)
    text += fmt::format(
        "a name of more than sixteen letters {0},\"the {0}, a "
        "\"\"company\"\"\",first.last.{0}@mail.example.com,{0},1980-02-29,\"Trade Show\"\n",
        i);
  return text;
}

template <typename Call>
uint64_t allocations_of(uint64_t records, const Call& call) {
  const e2e::TemporaryDirectory directory;
  e2e::spill(directory / "leads.csv", leads(records));
  const uint64_t before = allocations();
  call(directory.path());
  return allocations() - before;
}

// What four chunks more cost, of which each may take some hundreds.
template <typename Call>
void check_that_records_cost_none(const Call& call) {
  const uint64_t few = allocations_of(kRecords, call), many = allocations_of(5 * kRecords, call);
  CAPTURE(few, many);
  CHECK(few > 0);
  CHECK(many < few + 4 * kRecords / 20);
}

TEST_CASE("pack allocates by the chunk, not by the record") {
  check_that_records_cost_none([](const std::filesystem::path& directory) {
    Progress progress;
    const auto packed =
        pack({.input = {.files = {directory / "leads.csv"}}, .directory = directory / "out", .workers = 2}, progress,
             {}, [](const std::string&) {});
    REQUIRE(packed);
    REQUIRE(packed->rejected == 0);
  });
}

TEST_CASE("check with rules, repeats and a profile allocates by the chunk, not by the record") {
  const ModuleTexts module{.fields = e2e::slurp(BULKWRITE_SOURCE_DIR "/data/leads.schema.json"),
                           .layouts = R"({"layouts": []})"};
  check_that_records_cost_none([&](const std::filesystem::path& directory) {
    Progress progress;
    const auto report = check(
        {.input = {.files = {directory / "leads.csv"}}, .module = module, .workers = 2}, progress, {},
        [](const std::string&) {}, [](const Reject&, const std::string&) {});
    INFO((report ? "" : report.error().message));
    REQUIRE(report);
    REQUIRE(report->summary.rejected == 0);
  });
}

}  // namespace
}  // namespace bulkwrite::run
