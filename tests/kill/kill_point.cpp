#include "tests/kill/kill_point.h"

#include <fmt/format.h>
#include <signal.h>
#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <set>
#include <sstream>

#include "tests/e2e/world.h"
#include "tests/json_schema.h"
#include "tests/kill/books.h"

namespace kill_anywhere {
namespace {

using e2e::Ended;

constexpr int kKilled = 128 + SIGKILL;
constexpr int kFinishedWithRejects = 2, kUncertain = 4, kInputData = 65, kNoInput = 66;
const Point kNowhere{0, ""};
constexpr int kSessionsMax = 8;
constexpr uint64_t kSecondPointMax = 150;  // a session that goes on passes about as many

// "/tmp/x/run/results/chunk-00003.zip" becomes "renamed: chunk-N.zip".
std::string name_of(std::string place) {
  if (place.starts_with('/')) place = "renamed: " + place.substr(place.rfind('/') + 1);
  std::string name;
  for (const char c : place.substr(0, 90)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit)
      name += c;
    else if (!name.ends_with('N'))
      name += 'N';
  }
  return name;
}

std::string file_name(const Scenario& scenario) {
  const std::string base = scenario.upserts ? "leads" : "events";
  return base + (scenario.kept == Scenario::Kept::gzip ? ".csv.gz" : ".csv");
}

// What the names of its archives begin with.
std::string base_name(const Scenario& scenario) {
  if (scenario.kept == Scenario::Kept::standard_input) return "stdin";
  return scenario.upserts ? "leads" : "events";
}

void write_gzip(const std::filesystem::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

struct Session {
  Ended ended;
  std::vector<std::string> points;  // passed, in order
  bool died() const { return ended.exit_code == kKilled; }
};

class Kill {
 public:
  Kill(const Scenario& scenario, const Program& program, uint64_t seed)
      : scenario_(scenario), program_(program), draw_(seed) {
    const std::string csv = scenario_.source.csv();
    if (scenario_.kept == Scenario::Kept::gzip)
      write_gzip(file_, csv);
    else
      e2e::spill(file_, csv);
  }

  Session load(const Point& crash = kNowhere) { return call(load_arguments(), crash); }
  Attempt go_through(const Point& point);

 private:
  std::vector<std::string> load_arguments() const;
  Session call(std::vector<std::string> arguments, const Point& crash = kNowhere);
  Session resume(const Point& crash = kNowhere) { return call({"resume", run_.string()}, crash); }

  std::optional<Ended> recover();
  Session go_on(const Point& crash);
  void resume_with_another_file();
  void change_file(const std::string& bytes);
  void note_death(const Session& session);
  bool has_begun() const { return std::filesystem::exists(run_ / "ledger.db"); }
  std::set<std::string> chunks_being_created();
  void settle_uncertain();
  void settle(uint64_t chunk);

  void check_end(const Ended& ended);
  void check_summary(const nlohmann::json& summary);
  void check_jobs();
  void check_records();
  void check_results();
  void check_nothing_to_do(const Ended& before);
  void check(bool holds, const std::string& complaint) {
    if (!holds) attempt_.complaints.push_back(complaint);
  }

  const Scenario& scenario_;
  const Program& program_;
  std::mt19937_64 draw_;
  const e2e::TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / file_name(scenario_);
  const std::filesystem::path run_ = directory_ / "run";
  const e2e::Sandbox sandbox_{directory_, {"--set", "token_rate_max=1000000", "--set", "token_live_max=1000000"}};
  const Books books_{sandbox_, scenario_.source};
  int calls_ = 0;
  std::set<std::string> were_creating_;  // chunks, at a death
  Attempt attempt_;
};

std::vector<std::string> Kill::load_arguments() const {
  const bool is_pipe = scenario_.kept == Scenario::Kept::standard_input;
  std::vector<std::string> arguments{"load",      is_pipe ? "-" : file_.string(),
                                     "--module",  scenario_.source.module,
                                     "--records", std::to_string(scenario_.source.chunk_records),
                                     "--sandbox", sandbox_.url(),
                                     "--run-dir", run_.string()};
  const std::string& key = scenario_.source.columns[scenario_.source.key_column];
  if (scenario_.upserts)
    arguments.insert(arguments.end(), {"--operation", "upsert", "--find-by", key, "--on-repeat", scenario_.on_repeat});
  return arguments;
}

Session Kill::call(std::vector<std::string> arguments, const Point& crash) {
  const std::filesystem::path log = directory_ / fmt::format("points-{}", calls_++);
  arguments.insert(arguments.begin(), program_.path);
  const bool is_pipe = scenario_.kept == Scenario::Kept::standard_input;
  e2e::Process process(arguments, directory_.path(), is_pipe ? file_ : "/dev/null",
                       {fmt::format("BULKWRITE_CRASH_AT={}", crash.number), "BULKWRITE_CRASH_PLACE=" + crash.place,
                        fmt::format("BULKWRITE_CRASH_LOG={}", log.string()),
                        fmt::format("BULKWRITE_DELIBERATE_BUG={}", program_.deliberate_bug)});
  Session session{process.wait(), {}};
  std::istringstream lines(e2e::slurp(log));
  for (std::string line; std::getline(lines, line);)
    session.points.push_back(name_of(line.substr(line.find('\t') + 1)));
  return session;
}

std::set<std::string> Kill::chunks_being_created() {
  std::set<std::string> chunks;
  if (!has_begun()) return chunks;
  if (e2e::query(run_ / "ledger.db", "select count(*) from sqlite_master where name = 'chunks'") == 0) {
    check(false, "the ledger has its name, but knows nothing");
    return chunks;
  }
  for (const Fields& row : e2e::select(run_ / "ledger.db", "select chunk_index from chunks where state = 'creating'"))
    chunks.insert(row.front());
  return chunks;
}

void Kill::note_death(const Session& session) {
  attempt_.died = true;
  attempt_.places.push_back(session.points.empty() ? "" : session.points.back());
  were_creating_.merge(chunks_being_created());
}

// One more session: by resume, or by the call that began it all.
Session Kill::go_on(const Point& crash) {
  if (has_begun()) return draw_() % 3 == 0 ? load(crash) : resume(crash);
  const Session resumed = resume();
  check(resumed.ended.exit_code == kNoInput,
        fmt::format("resume of a run that has not begun ended with {}", resumed.ended.exit_code));
  return load(crash);
}

void Kill::change_file(const std::string& bytes) {
  const auto written = std::filesystem::last_write_time(file_);
  e2e::spill(file_, bytes);
  std::filesystem::last_write_time(file_, written);
}

// The chunks that the ledger knows are compared, the first above all. A run that has ended reads its input no more.
void Kill::resume_with_another_file() {
  const bool has_ended = std::filesystem::exists(run_ / "summary.json");
  if (!has_begun() || has_ended || e2e::query(run_ / "ledger.db", "select count(*) from chunks") == 0) return;
  const std::string csv = scenario_.source.csv();
  std::string changed = csv;
  const size_t first = csv.find('\n') + 1;
  const size_t letter = csv.find_first_of("abcdefghijklmnopqrstuvwxyz", first);
  changed[letter] = static_cast<char>(csv[letter] - 'a' + 'A');
  change_file(changed);
  const Ended ended = resume().ended;
  check(ended.exit_code == kInputData,
        fmt::format("with another file it ended with {}: {}", ended.exit_code, ended.err));
  change_file(csv);
}

// Goes on until the run is at its end; nothing where it never is.
std::optional<Ended> Kill::recover() {
  if (scenario_.changes) resume_with_another_file();
  Point crash = draw_() % 2 == 0 ? Point{1 + draw_() % kSecondPointMax, ""} : kNowhere;
  for (int i = 0; i < kSessionsMax; ++i) {
    Session session = go_on(std::exchange(crash, kNowhere));
    if (session.died()) {
      note_death(session);
    } else if (session.ended.exit_code == kUncertain && !scenario_.upserts) {
      settle_uncertain();
    } else {
      return session.ended;
    }
  }
  return std::nullopt;
}

void Kill::settle_uncertain() {
  books_.wait_until_quiet();
  const auto status = e2e::last_line_of(call({"status", run_.string(), "--json"}).ended);
  check(schema_violations(status, "status.schema.json").empty(), "status does not meet its schema: " + status.dump());
  check(!status["uncertain"].empty(), "the exit code was 4, but status names no uncertain chunk");
  for (const auto& chunk : status["uncertain"]) settle(chunk["chunk_index"].get<uint64_t>());
}

void Kill::settle(uint64_t chunk) {
  check(were_creating_.contains(std::to_string(chunk)),
        fmt::format("chunk {} is uncertain, but its job was not being created when the program died", chunk));
  const auto jobs = books_.jobs();
  const auto found = jobs.find(fmt::format("{}-{:05}.csv", base_name(scenario_), chunk));
  std::vector<std::string> arguments{"resolve", run_.string(), std::to_string(chunk), "--yes"};
  if (found == jobs.end()) {
    ++attempt_.resubmitted;
    arguments.emplace_back("--resubmit");
  } else {
    ++attempt_.named;
    arguments.insert(arguments.end(), {"--job-id", found->second.front()});
  }
  const Ended resolved = call(arguments).ended;
  check(resolved.exit_code == 0, fmt::format("resolve {} ended with {}: {}", chunk, resolved.exit_code, resolved.err));
}

Attempt Kill::go_through(const Point& point) {
  const Session first = load(point);
  std::optional<Ended> ended = first.ended;
  if (first.died()) {
    note_death(first);
    ended = recover();
  }
  check(ended.has_value(), fmt::format("the run did not come to its end in {} sessions", kSessionsMax));
  if (ended) {
    books_.wait_until_quiet();
    check_end(*ended);
    check_nothing_to_do(*ended);
  }
  return attempt_;
}

void Kill::check_end(const Ended& ended) {
  check(ended.exit_code == kFinishedWithRejects, fmt::format("the run ended with {}: {}", ended.exit_code, ended.err));
  if (ended.exit_code != kFinishedWithRejects) return;
  check_summary(e2e::summary_of(ended));
  check_jobs();
  check_records();
  check_results();
}

void Kill::check_summary(const nlohmann::json& summary) {
  const Source& source = scenario_.source;
  const auto expect = [&](const char* what, size_t count) {
    check(summary[what] == count, fmt::format("the summary says {} {}, not {}", summary[what].dump(), what, count));
  };
  const size_t loaded = source.count(Fate::loaded), skipped = source.count(Fate::skipped);
  expect("records_read", source.records.size());
  expect("rejected", source.count(Fate::rejected));
  expect("sent", loaded + skipped);
  expect("skipped", skipped);
  expect("blank_lines", 1);
  expect("chunks", source.chunks());
  for (const char* none : {"not_sent", "present", "unprocessed", "failed", "in_flight", "uncertain", "unattributed"})
    expect(none, 0);
  const size_t written = summary["added"].get<size_t>() + summary["updated"].get<size_t>();
  check(written == loaded && (scenario_.upserts || summary["updated"] == 0),
        fmt::format("the summary says {} added and {} updated of {}", summary["added"].dump(),
                    summary["updated"].dump(), loaded));
}

// A plain insert makes one job of each chunk. What may be sent again may have one more for each death.
void Kill::check_jobs() {
  auto jobs = books_.jobs();
  for (size_t chunk = 0; chunk < scenario_.source.chunks(); ++chunk) {
    const size_t count = jobs[fmt::format("{}-{:05}.csv", base_name(scenario_), chunk)].size();
    const size_t least = scenario_.source.is_sent(chunk) ? 1 : 0;
    const size_t most = least == 1 && scenario_.upserts ? 1 + attempt_.places.size() : least;
    check(least <= count && count <= most, fmt::format("chunk {} has {} jobs", chunk, count));
  }
  check(jobs.size() == scenario_.source.chunks(), "a job belongs to no chunk");
}

void Kill::check_records() {
  std::multiset<Fields> expected, found;
  std::map<std::string, Fields> by_key;
  for (const Record& record : scenario_.source.records) {
    if (record.fate != Fate::loaded) continue;
    if (scenario_.upserts)
      by_key[record.stored[scenario_.source.key_column]] = record.stored;
    else
      expected.insert(record.stored);
  }
  for (auto& [key, record] : by_key) expected.insert(record);
  for (auto& [id, record] : books_.records()) found.insert(record);
  std::vector<Fields> lost, foreign;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(lost));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(foreign));
  check(lost.empty(), fmt::format("{} records are not in the CRM, first {}", lost.size(),
                                  lost.empty() ? "" : lost.front()[0] + "|" + lost.front()[1]));
  check(foreign.empty(),
        fmt::format("{} records in the CRM are twice there or not the source's, first {}", foreign.size(),
                    foreign.empty() ? "" : foreign.front()[0] + "|" + foreign.front()[1]));
}

// results.csv has a row for each record, in order, and the ids in it are those of the records.
void Kill::check_results() {
  const std::vector<Fields> rows = e2e::rows_of(run_ / "results.csv");
  const std::vector<Record>& records = scenario_.source.records;
  check(rows.size() == records.size(), fmt::format("results.csv has {} records of {}", rows.size(), records.size()));
  const std::map<std::string, Fields> held = books_.records();
  const size_t key = scenario_.source.key_column;
  for (size_t i = 0; i < std::min(rows.size(), records.size()); ++i) {
    const std::string &status = rows[i].at(2), &id = rows[i].at(3);
    if (records[i].fate != Fate::loaded) {
      check(status == (records[i].fate == Fate::rejected ? "rejected" : "skipped") && id.empty(),
            fmt::format("record {} is {} in results.csv", i + 1, status));
      continue;
    }
    const auto found = held.find(id);
    const bool is_itself = found != held.end() && (scenario_.upserts ? found->second[key] == records[i].stored[key]
                                                                     : found->second == records[i].stored);
    check((status == "added" || status == "updated") && is_itself,
          fmt::format("record {} is {} in results.csv, and the id {} is not its own", i + 1, status, id));
  }
}

void Kill::check_nothing_to_do(const Ended& before) {
  const size_t requests = sandbox_.requests().size();
  for (const bool by_load : {false, true}) {
    const char* const what = by_load ? "load" : "resume";
    const Ended again = (by_load ? load() : resume()).ended;
    check(again.exit_code == before.exit_code, fmt::format("one more {} ended with {}", what, again.exit_code));
    check(again.err.find("nothing to do") != std::string::npos, fmt::format("one more {} did something", what));
    const size_t more = sandbox_.requests().size() - requests;
    check(more == 0, fmt::format("one more {} sent {} requests", what, more));
  }
}

}  // namespace

Attempt kill_at(const Scenario& scenario, const Program& program, const Point& point) {
  return Kill(scenario, program, point.number).go_through(point);
}

std::vector<std::string> points_of(const Scenario& scenario, const Program& program) {
  const Session session = Kill(scenario, program, 0).load();
  INFO(session.ended.err);
  REQUIRE(session.ended.exit_code == kFinishedWithRejects);
  return session.points;
}

}  // namespace kill_anywhere
