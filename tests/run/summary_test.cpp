#include "engine/run/summary.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/e2e/process.h"
#include "tests/json_schema.h"

namespace bulkwrite::run {
namespace {

using nlohmann::json;
using Codes = std::vector<int>;

const Error kWrote{ErrorKind::cannot_write, "disk full"};

// One record in each part.
Summary one_of_each() {
  Summary s;
  s.added = s.updated = s.present = s.skipped = s.unprocessed = s.failed = 1;
  s.in_flight = s.uncertain = s.unattributed = 1;
  s.sent = 9;
  s.rejected = s.not_sent = 1;
  s.records_read = 11;
  return s;
}

using Count = uint64_t Summary::*;
constexpr std::pair<const char*, Count> kParts[] = {{"added", &Summary::added},
                                                    {"updated", &Summary::updated},
                                                    {"present", &Summary::present},
                                                    {"skipped", &Summary::skipped},
                                                    {"unprocessed", &Summary::unprocessed},
                                                    {"failed", &Summary::failed},
                                                    {"in_flight", &Summary::in_flight},
                                                    {"uncertain", &Summary::uncertain},
                                                    {"unattributed", &Summary::unattributed},
                                                    {"rejected", &Summary::rejected},
                                                    {"not_sent", &Summary::not_sent},
                                                    {"sent", &Summary::sent},
                                                    {"records_read", &Summary::records_read}};

Codes codes_of(const std::function<void(Summary&)>& change) {
  Summary summary;
  change(summary);
  return exit_codes(summary);
}

}  // namespace

TEST_CASE("every record is accounted for once, and one too many or too few anywhere is an error") {
  CHECK(check_conservation(Summary{}));
  REQUIRE(check_conservation(one_of_each()));
  for (const auto& [name, count] : kParts) {
    for (const int64_t by : {1, -1}) {
      CAPTURE(name, by);
      Summary summary = one_of_each();
      summary.*count += static_cast<uint64_t>(by);
      const auto checked = check_conservation(summary);
      REQUIRE_FALSE(checked);
      CHECK(checked.error().kind == ErrorKind::unexpected);
      CHECK_THAT(checked.error().message, Catch::Contains("do not add up"));
    }
  }
}

TEST_CASE("records that are in the wrong part add up to nothing else") {
  Summary summary = one_of_each();
  summary.sent += 1;
  summary.added += 1;
  CHECK_FALSE(check_conservation(summary));
  summary.records_read += 1;
  CHECK(check_conservation(summary));
  summary.resent = 5;  // of sent, and no part of it
  CHECK(check_conservation(summary));
}

TEST_CASE("each kind of error has the exit code of the table") {
  const std::string table = e2e::slurp(BULKWRITE_SOURCE_DIR "/docs/exit-codes.md");
  std::set<int> codes;
  for (const ErrorKind kind :
       {ErrorKind::unexpected, ErrorKind::usage, ErrorKind::input_data, ErrorKind::no_input, ErrorKind::service_down,
        ErrorKind::cannot_write, ErrorKind::transient, ErrorKind::not_allowed, ErrorKind::configuration}) {
    const int code = exit_code_of(kind);
    CHECK_THAT(table, Catch::Contains("| " + std::to_string(code) + " |"));
    CHECK(codes.insert(code).second);
  }
  CHECK(codes == std::set<int>{1, 64, 65, 66, 69, 73, 75, 77, 78});
}

TEST_CASE("what a load came to says its exit code") {
  CHECK(codes_of([](Summary&) {}) == Codes{0});
  CHECK(codes_of([](Summary& s) { s.added = s.updated = s.not_sent = 5; }) == Codes{0});
  for (const Count count : {&Summary::rejected, &Summary::skipped, &Summary::unprocessed, &Summary::failed})
    CHECK(codes_of([&](Summary& s) { s.*count = 1; }) == Codes{2});
  for (const Count count : {&Summary::uncertain, &Summary::unattributed})
    CHECK(codes_of([&](Summary& s) { s.*count = 1; }) == Codes{4});
  CHECK(codes_of([](Summary& s) { s.in_flight = 1; }) == Codes{5});
  CHECK(codes_of([](Summary& s) { s.deadline_reached = true; }) == Codes{5});
  CHECK(codes_of([](Summary& s) { s.threshold_reached = true; }) == Codes{3});
  CHECK(codes_of([](Summary& s) { s.signal = 2; }) == Codes{130});
  CHECK(codes_of([](Summary& s) { s.signal = 15; }) == Codes{143});
  CHECK(codes_of([](Summary& s) { s.errors = {kWrote}; }) == Codes{73});
}

TEST_CASE("a record that is there already is good, unless the call is strict") {
  CHECK(codes_of([](Summary& s) { s.present = 1; }) == Codes{0});
  CHECK(codes_of([](Summary& s) {
          s.present = 1;
          s.strict = true;
        }) == Codes{2});
  CHECK(codes_of([](Summary& s) { s.strict = true; }) == Codes{0});
}

TEST_CASE("of several exit codes the first of the documented order counts, and each is told once") {
  const std::string text = e2e::slurp(BULKWRITE_SOURCE_DIR "/docs/exit-codes.md");
  const size_t from = text.find("order **") + 8;
  std::string order = text.substr(from, text.find("**", from) - from);
  std::replace(order.begin(), order.end(), ',', ' ');
  std::istringstream numbers(order);
  Codes documented;
  for (int code = 0; numbers >> code;) documented.push_back(code);
  REQUIRE(documented.size() == 16);

  Summary all = one_of_each();
  all.threshold_reached = true;
  all.signal = 2;
  for (const ErrorKind kind : {ErrorKind::configuration, ErrorKind::transient, ErrorKind::service_down,
                               ErrorKind::usage, ErrorKind::cannot_write, ErrorKind::input_data, ErrorKind::not_allowed,
                               ErrorKind::no_input, ErrorKind::unexpected, ErrorKind::cannot_write})
    all.errors.push_back({kind, ""});
  Codes wanted = documented;
  wanted.pop_back();  // 0: not where anything else applies
  std::erase(wanted, 143);
  CHECK(exit_codes(all) == wanted);
  all.signal = 15;
  wanted = documented;
  wanted.pop_back();
  std::erase(wanted, 130);
  CHECK(exit_codes(all) == wanted);
}

TEST_CASE("the summary is one line of JSON with exactly the documented keys, each of its type") {
  Summary summary = one_of_each();
  summary.run_dir = "runs/\"x\"\nY";
  summary.errors = {kWrote, {ErrorKind::input_data, "\xFF is no UTF-8"}};
  const std::string line = to_json(summary);
  CHECK(line.find('\n') == std::string::npos);
  const json told = json::parse(line);
  CHECK(schema_violations(told, "summary.schema.json").empty());
  CHECK(told["run_dir"] == summary.run_dir);
  CHECK(told["exit_code"] == told["exit_codes"][0]);
  CHECK(told["errors"][0] == "disk full");
}

TEST_CASE("the documented schema refuses a summary with a key too few, a key too many, or a wrong type") {
  const json whole = json::parse(to_json(one_of_each()));
  for (const auto& [name, value] : whole.items()) {
    CAPTURE(name);
    json other = whole;
    other.erase(name);
    CHECK_FALSE(schema_violations(other, "summary.schema.json").empty());
    other[name] = nullptr;
    CHECK_FALSE(schema_violations(other, "summary.schema.json").empty());
  }
  json more = whole;
  more["surprise"] = 1;
  CHECK_FALSE(schema_violations(more, "summary.schema.json").empty());
}

TEST_CASE("a finished run's numbers and exit codes are read back as they were") {
  Summary summary = one_of_each();
  uint64_t next = 100;
  for (const auto& [name, count] : kParts) summary.*count = next++;
  summary.resent = next++;
  summary.blank_lines = next++;
  summary.chunks = next++;
  summary.jobs = next++;
  summary.bytes_read = uint64_t{1} << 60;
  summary.seconds = 1.5;
  summary.run_dir = "runs/a";
  summary.signal = 15;
  const auto back = summary_from_json(to_json(summary) + "\n");
  REQUIRE(back);
  for (const auto& [name, count] : kParts) {
    CAPTURE(name);
    CHECK(*back.*count == summary.*count);
  }
  CHECK(back->resent == summary.resent);
  CHECK(back->blank_lines == summary.blank_lines);
  CHECK(back->chunks == summary.chunks);
  CHECK(back->jobs == summary.jobs);
  CHECK(back->bytes_read == summary.bytes_read);
  CHECK(back->seconds == summary.seconds);
  CHECK(back->run_dir == summary.run_dir);
  CHECK(exit_codes(*back) == exit_codes(summary));
  CHECK(to_json(*back) == to_json(summary));
}

TEST_CASE("what is no summary of a run is refused, however it is broken") {
  const std::string whole = to_json(one_of_each());
  for (size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(summary_from_json(whole.substr(0, size)));
  for (const std::string text : {"", "null", "[]", "{}", "7", "\"x\""}) CHECK_FALSE(summary_from_json(text));
  for (const char* const key : {"records_read", "jobs", "seconds", "run_dir", "exit_codes"}) {
    CAPTURE(key);
    json broken = json::parse(whole);
    broken[key] = nullptr;
    const auto summary = summary_from_json(broken.dump());
    REQUIRE_FALSE(summary);
    CHECK(summary.error().kind == ErrorKind::input_data);
    broken.erase(key);
    CHECK_FALSE(summary_from_json(broken.dump()));
  }
}

TEST_CASE("a summary that names no exit code is none") {
  json broken = json::parse(to_json(one_of_each()));
  broken["exit_codes"] = json::array();
  CHECK_FALSE(summary_from_json(broken.dump()));
}

}  // namespace bulkwrite::run
