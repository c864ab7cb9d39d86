// Kills the program at every crash point in turn (kill_point.h). BULKWRITE_KILL_STRIDE=S tries each S-th point only,
// and BULKWRITE_KILL_SLICE=I/K, I from 1, each K-th of those.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

#include "tests/kill/kill_point.h"

using namespace kill_anywhere;

namespace {

constexpr uint64_t kPointsMax = 2000;  // more than any load here passes

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : std::strtoull(value, nullptr, 10);
}

// The points to try: first, first + step, ...
struct Points {
  uint64_t first = 1, step = 1;
};

Points points_to_try() {
  const uint64_t stride = setting("BULKWRITE_KILL_STRIDE", 1);
  uint64_t slice = 1, slices = 1;
  if (const char* const text = std::getenv("BULKWRITE_KILL_SLICE"); text != nullptr)
    REQUIRE(std::sscanf(text, "%lu/%lu", &slice, &slices) == 2);
  return {1 + (slice - 1) * stride, stride * slices};
}

Program crashing() {
  return {std::string(BULKWRITE_BIN_DIR) + "/bulkwrite-crashing", ""};
}

// What a whole series of kills has shown.
struct Tally {
  uint64_t points = 0, second_deaths = 0, named = 0, resubmitted = 0;
  std::map<std::string, uint64_t> places;

  void add(const Attempt& attempt) {
    ++points;
    second_deaths += attempt.places.size() - 1;
    named += attempt.named;
    resubmitted += attempt.resubmitted;
    for (const std::string& place : attempt.places) ++places[place];
  }

  void print(const Scenario& scenario) const {
    fmt::print("{}: {} kill points tried, {} sessions killed again, uncertain chunks: {} named, {} sent again\n",
               scenario.name, points, second_deaths, named, resubmitted);
    for (const auto& [place, count] : places) fmt::print("  {:>5}  {}\n", count, place);
  }
};

void kill_everywhere(const Scenario& scenario) {
  const Points points = points_to_try();
  Tally tally;
  bool came_to_the_end = false;
  for (uint64_t point = points.first; !came_to_the_end && point < kPointsMax; point += points.step) {
    const Attempt attempt = kill_at(scenario, crashing(), {point, ""});
    CAPTURE(scenario.name, point, attempt.places);
    for (const std::string& complaint : attempt.complaints) FAIL_CHECK(complaint);
    came_to_the_end = !attempt.died;
    if (attempt.died) tally.add(attempt);
  }
  tally.print(scenario);
  CHECK(came_to_the_end);
  CHECK(tally.points > 0);
}

}  // namespace

TEST_CASE("a plain insert that is killed anywhere loads every record once", "[anywhere]") {
  kill_everywhere({.name = "insert", .source = events()});
}

TEST_CASE("an upsert that is killed anywhere loads every record once", "[anywhere]") {
  kill_everywhere({.name = "upsert", .source = leads(), .upserts = true});
}

TEST_CASE("a plain insert of a compressed file that is killed anywhere loads every record once", "[anywhere]") {
  kill_everywhere({.name = "insert of a compressed file", .source = events(), .kept = Scenario::Kept::gzip});
}

TEST_CASE("an upsert of stdin that is killed anywhere loads every record once", "[anywhere]") {
  kill_everywhere(
      {.name = "upsert of stdin", .source = leads(), .kept = Scenario::Kept::standard_input, .upserts = true});
}

TEST_CASE("an upsert of stdin that is killed anywhere knows which values it has seen", "[anywhere]") {
  kill_everywhere({.name = "upsert of stdin without repeats",
                   .source = leads_once(),
                   .kept = Scenario::Kept::standard_input,
                   .upserts = true,
                   .on_repeat = "reject"});
}

TEST_CASE("a killed load whose file has changed is refused until the file is as it was", "[anywhere]") {
  kill_everywhere({.name = "insert of a file that changes", .source = events(), .changes = true});
}

// So that no point is lost unseen when the code around it changes.
TEST_CASE("an undisturbed load passes every kind of crash point") {
  const Scenario scenario{.name = "insert", .source = events(), .kept = Scenario::Kept::gzip};
  const std::vector<std::string> points = points_of(scenario, crashing());
  for (const std::string place : {"session: about to ask",
                                  "session: answered",
                                  "http: a request has left, and its reply has begun",
                                  "directory: made",
                                  "lock: taken",
                                  "renamed: fields.json",
                                  "renamed: layouts.json",
                                  "renamed: repeats",
                                  "renamed: decisions.json",
                                  "ledger: its file is made",
                                  "commit; pragma journal_mode=wal;",
                                  "renamed: ledger.db",
                                  "file: written, not renamed yet",
                                  "renamed: chunk-N.csv",
                                  "insert or ignore into sources",
                                  "commit",
                                  "upload: about to leave",
                                  "upload: answered",
                                  "state = 'uploaded'",
                                  "state = 'creating'",
                                  "create: about to leave",
                                  "create: answered",
                                  "state = 'created'",
                                  "details: about to be asked for",
                                  "details: answered",
                                  "set job_status",
                                  "download: about to be asked for",
                                  "download: answered",
                                  "renamed: chunk-N.zip",
                                  "update chunks set state = ?",
                                  "ended_with_blank_lines",
                                  "renamed: results.csv",
                                  "renamed: failed.csv",
                                  "renamed: failed-reasons.csv",
                                  "renamed: rejected.csv",
                                  "renamed: rejected-reasons.csv",
                                  "renamed: summary.json",
                                  "spool: removed"}) {
    INFO(place);
    CHECK(std::any_of(points.begin(), points.end(),
                      [&](const std::string& point) { return point.find(place) != std::string::npos; }));
  }
}
