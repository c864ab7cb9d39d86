// Holds bench/compare to its outputs. How fast anything is, nobody asks here.
#include <signal.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/process.h"

using namespace e2e;
using nlohmann::json;

namespace {

const std::string kBench = BULKWRITE_SOURCE_DIR "/bench/";

Ended compare(const TemporaryDirectory& directory, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {
      PYTHON,      kBench + "compare",   "--quick", "--bin", BULKWRITE_BIN_DIR, "--out", directory / "out",
      "--scratch", directory / "scratch"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::filesystem::create_directory(directory / "scratch");
  return run(command, directory.path());
}

bool is_wrong_in_quotes(const std::string& name) {
  return name.starts_with("split") || name.starts_with("wc");
}

}  // namespace

TEST_CASE("a comparison leaves numbers, tables and plots behind, and counts records right") {
  const TemporaryDirectory directory;
  const std::string document = "before\n<!-- begin targets -->\nold\n<!-- end targets -->\nbehind\n";
  spill(directory / "doc.md", document);
  const Ended ended = compare(directory, {"--doc", directory / "doc.md"});
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);

  const json results = json::parse(slurp(directory / "out" / "compare.json"));
  const auto records = results["corpus"]["records"].get<uint64_t>();
  CHECK(records == 6'000);
  CHECK(results["corpus"]["lines"].get<uint64_t>() > records);
  size_t ours = 0;
  for (const json& row : results["calls"]) {
    const auto name = row["name"].get<std::string>();
    CAPTURE(name);
    CHECK(row["seconds"].get<double>() > 0);
    CHECK(row["rss_mb"].get<double>() > 0);
    if (is_wrong_in_quotes(name)) CHECK(row["records"] == results["corpus"]["lines"]);
    if (!name.starts_with("bulkwrite") && !name.starts_with("load") && !name.starts_with("Python") &&
        !name.starts_with("miller"))
      continue;
    CHECK(row["records"] == records);
    ++ours;
  }
  CHECK(ours >= 4);
  CHECK(results["targets"].size() == 13);
  size_t loads = 0;
  for (const json& row : results["growth"]) {
    CHECK(row["seconds"].get<double>() > 0);
    if (row["name"].get<std::string>().starts_with("load into the null")) ++loads;
  }
  CHECK((loads > 0) == std::filesystem::exists(BULKWRITE_BIN_DIR "/bench-null-load"));
  CHECK(ended.out.find("| bulkwrite pack --level fast | ") != std::string::npos);
  CHECK(ended.out.find("| `pack --level fast` against the limit | ") != std::string::npos);

  // Where perf is there.
  const json profile = results.value("profile", json::object());
  std::set<std::string> threads;
  for (const auto& [name, sampled] : profile.items()) {
    CAPTURE(name);
    CHECK_FALSE(sampled["functions"].empty());
    CHECK_FALSE(sampled["threads"].empty());
    for (const json& row : sampled["threads"]) threads.insert(row[1].get<std::string>());
  }
  CHECK((profile.empty() || threads.contains("worker")));  // in one of them: who is seen is a matter of samples

  CHECK(slurp(directory / "out" / "compare.md").find("takes line ends in quotes") != std::string::npos);
  for (const char* plot : {"by-workers.svg", "by-size.svg"}) {
    const std::string svg = slurp(directory / "out" / plot);
    CHECK(svg.starts_with("<svg"));
    CHECK(svg.find("MB/s") != std::string::npos);
    CHECK(svg == slurp(directory / plot));
  }
  const std::string refilled = slurp(directory / "doc.md");
  CHECK(refilled.starts_with("before\n<!-- begin targets -->\n\n| "));
  CHECK(refilled.ends_with("<!-- end targets -->\nbehind\n"));
  CHECK(refilled.find("old") == std::string::npos);
  CHECK(std::filesystem::is_empty(directory / "scratch"));
}

TEST_CASE("a comparison with a limit that this build does not have says so, and goes on without it") {
  const TemporaryDirectory directory;
  const Ended ended = compare(directory, {"--only", "calls", "--limit-level", "ISA-L/9"});
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  CHECK(ended.err.find("no limit to compare with: bench-limit") != std::string::npos);
  const json results = json::parse(slurp(directory / "out" / "compare.json"));
  for (const json& row : results["calls"]) CHECK_FALSE(row["name"].get<std::string>().starts_with("the limit"));
  CHECK(results["targets"][0]["measured"].is_null());
}

TEST_CASE("a comparison that is ended takes its files with it") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "scratch");
  Process process({PYTHON, kBench + "compare", "--quick", "--bin", BULKWRITE_BIN_DIR, "--out", directory / "out",
                   "--scratch", directory / "scratch"},
                  directory.path());
  REQUIRE(eventually([&] { return process.err().find("pack --level") != std::string::npos; }));
  process.signal(SIGTERM);
  CHECK(process.wait().exit_code == 143);
  CHECK(std::filesystem::is_empty(directory / "scratch"));
  CHECK_FALSE(std::filesystem::exists(directory / "out"));
}

TEST_CASE("what compare does not know it refuses") {
  const TemporaryDirectory directory;
  CHECK(compare(directory, {"--only", "weather"}).exit_code == 2);
  CHECK(compare(directory, {"--only", "calls", "--doc", directory / "doc.md"}).exit_code == 2);
}
