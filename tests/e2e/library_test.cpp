// The engine without the program: what an ETL job in C++ would write.
#include <catch2/catch.hpp>

#include "engine/run/load.h"
#include "tests/e2e/world.h"

using namespace e2e;

TEST_CASE("a C++ program loads through the library alone") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {"--token", "of-the-test"});
  spill(directory / "leads.csv", leads(12));

  bulkwrite::run::LoadOptions options;
  options.input.files = {directory / "leads.csv"};
  options.module = "Leads";
  options.target = {.api_base = sandbox.url(), .accounts_base = sandbox.url(), .upload_base = sandbox.url()};
  options.credentials.access_token = "of-the-test";
  options.run_dir = directory / "run";
  options.poll_min = options.poll_max = std::chrono::milliseconds(20);
  std::vector<std::string> told;
  bulkwrite::run::Progress progress;
  const auto summary =
      bulkwrite::run::load(options, progress, {}, [&](const std::string& line) { told.push_back(line); });
  REQUIRE(summary);
  CHECK(summary->added == 12);
  CHECK(bulkwrite::run::exit_codes(*summary).front() == 0);
  CHECK(progress.added == 12);
  CHECK_FALSE(told.empty());
}

TEST_CASE("a load goes over the transport that its caller makes, and over no other") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", leads(1));

  bulkwrite::run::LoadOptions options;
  options.input.files = {directory / "leads.csv"};
  options.module = "Leads";
  options.target = {.api_base = sandbox.url(), .accounts_base = sandbox.url(), .upload_base = sandbox.url()};
  options.run_dir = directory / "run";
  options.make_transport = [] { return bulkwrite::Error{bulkwrite::ErrorKind::service_down, "no line today"}; };
  bulkwrite::run::Progress progress;
  const auto summary = bulkwrite::run::load(options, progress, {}, [](const std::string&) {});
  REQUIRE_FALSE(summary);
  CHECK(summary.error().message == "no line today");
  CHECK(sandbox.requests().empty());
}
