// Disks that fill up or are read-only, and ledgers that are no longer what they were. Nothing is lost, doubled or
// claimed that is not so; nothing is written over; and once there is room the run goes on.
#include <signal.h>
#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "tests/e2e/small_disk.h"
#include "tests/e2e/world.h"

using namespace e2e;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kRecords = 240, kRejected = 4, kRead = kRecords + kRejected;
constexpr uint64_t kPage = 4096;

std::string events() {
  std::string text = "Name,Event_Key,Message\n";
  for (int64_t i = 1; i <= kRecords; ++i) {
    const std::string n = std::to_string(i);
    text += "event " + n + ",key-" + n + ",a message of event " + n + "\n";
    if (i % 60 == 11) text += "too,few\n";
  }
  return text;
}

const DiskLimits kRoom;

constexpr const char* kSecondJobStuck = R"({"jobs": [{"nth": 2, "outcome": "STUCK"}]})";
constexpr const char* kFirstUploadFails = R"({"requests": [{"request": "upload", "nth": 1, "fault": "http_500"}]})";
constexpr const char* kSecondCreateLost =
    R"({"requests": [{"request": "create", "nth": 2, "when": "after", "fault": "reset"}]})";

// A sandbox whose books have room, a file of events, and a run directory below `disk`. Chunks have 20 records.
struct Place {
  TemporaryDirectory directory;
  Sandbox sandbox;
  const std::filesystem::path file = directory / "events.csv";
  const std::filesystem::path disk = directory / "disk", run_dir = disk / "run";

  explicit Place(const std::string& faults = "", const std::vector<std::string>& settings = {})
      : sandbox(directory, settings, faults) {
    spill(file, events());
    std::filesystem::create_directory(disk);
  }

  std::vector<std::string> load_call(const std::string& input, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> options{"--module", "Events_Log", "--records", "20"};
    options.insert(options.end(), more.begin(), more.end());
    return e2e::load_call({input}, sandbox.url(), run_dir, options);
  }
  static std::vector<std::string> command(const std::vector<std::string>& arguments) {
    std::vector<std::string> call{bulkwrite_program()};
    call.insert(call.end(), arguments.begin(), arguments.end());
    return call;
  }
  std::vector<std::string> resume_call() const { return command({"resume", run_dir}); }
  // Reads the events from a pipe, whose size nobody can know before.
  std::vector<std::string> piped(const std::vector<std::string>& call) const {
    std::vector<std::string> arguments{"/bin/sh", "-c", "cat \"$0\" | exec \"$@\"", file};
    arguments.insert(arguments.end(), call.begin(), call.end());
    return arguments;
  }
  Ended run(const std::vector<std::string>& call) const { return e2e::run(call, directory.path()); }

  int64_t rows() const { return sandbox.query("select count(*) from Events_Log"); }
  // In one question: jobs that were let go of still add records.
  int64_t doubled() const { return sandbox.query("select count(*) - count(distinct Event_Key) from Events_Log"); }
};

int64_t number(const nlohmann::json& summary, const char* key) {
  return summary.at(key).get<int64_t>();
}

// What the summary says is so in the sandbox.
void is_true(const nlohmann::json& summary, const Place& place) {
  const int64_t added = number(summary, "added");
  const int64_t open = number(summary, "in_flight") + number(summary, "uncertain") + number(summary, "unattributed");
  CHECK(number(summary, "not_sent") + number(summary, "rejected") + added + open == number(summary, "records_read"));
  CHECK(added <= place.rows());
  // What it does not tell of may be there too.
  CHECK(place.rows() <= added + open + kRead - number(summary, "records_read"));
  CHECK(place.doubled() == 0);
}

// The load could not write: it says so, names what, and claims nothing that is not so.
void could_not_write(const Ended& load, const Place& place) {
  CHECK(load.exit_code == 73);
  CHECK_THAT(load.err, Contains(place.run_dir.string()));
  CHECK_THAT(load.err, Contains("error:"));
  is_true(summary_of(load), place);
}

std::string names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    names.push_back(entry.path().lexically_relative(directory));
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += name + " ";
  return text;
}

// There is room now: `again` brings the run to its end. A plain insert may be uncertain, and is never there twice.
void goes_on(const Ended& again, const Place& place, const std::filesystem::path& run_dir) {
  INFO("again: " << again.err);
  const auto summary = summary_of(again);
  const int64_t uncertain = number(summary, "uncertain");
  CHECK(again.exit_code == (uncertain > 0 ? 4 : 2));
  CHECK(number(summary, "records_read") == kRead);
  CHECK(number(summary, "rejected") == kRejected);
  CHECK(number(summary, "added") + uncertain == kRecords);
  is_true(summary, place);
  const auto results = rows_of(run_dir / "results.csv");
  CHECK(results.size() == static_cast<size_t>(kRead));
  CHECK(count_rows(results, 2, "added") == summary.at("added"));
  for (const char* const name : {"failed.csv", "failed-reasons.csv", "rejected.csv", "rejected-reasons.csv"})
    CHECK(std::filesystem::exists(run_dir / name));
  CHECK(names_in(run_dir).find(".part") == std::string::npos);
}

bool is_skipped(const std::string& why) {
  if (!why.empty()) WARN("skipped: " << why);
  return !why.empty();
}

// Where no run had begun the load is called again, else the run is resumed.
Ended again(const Place& place, const SmallDisk& disk) {
  const bool begun = std::filesystem::exists(disk.seen(place.run_dir / "ledger.db"));
  const auto call = begun ? place.resume_call() : place.load_call("-");
  return place.run(disk.inside(place.piped(call)));
}

// Loads on disks of these limits, one after another, until one is enough.
size_t load_until_enough(const std::vector<DiskLimits>& all) {
  size_t tried = 0;
  for (const DiskLimits& limits : all) {
    ++tried;
    CAPTURE(limits.bytes, limits.files);
    const Place place;
    const SmallDisk disk(place.directory, place.disk, limits);
    const Ended load = place.run(disk.inside(place.piped(place.load_call("-"))));
    INFO("load: " << load.err);
    if (load.exit_code == 2) return tried;
    could_not_write(load, place);
    disk.change(kRoom);
    goes_on(again(place, disk), place, disk.seen(place.run_dir));
  }
  return 0;
}

}  // namespace

TEST_CASE("a disk that is full at any write ends the load with 73, and with room the run goes on") {
  const TemporaryDirectory trial;
  if (is_skipped(SmallDisk::why_not(trial))) return;
  std::vector<DiskLimits> limits;
  for (uint64_t pages = 1; pages < 400; pages += pages < 30 ? 2 : 5) limits.push_back({.bytes = pages * kPage});
  CHECK(load_until_enough(limits) > 30);
}

TEST_CASE("a disk that takes no more files ends the load with 73, and with room the run goes on") {
  const TemporaryDirectory trial;
  if (is_skipped(SmallDisk::why_not(trial))) return;
  std::vector<DiskLimits> limits;
  for (uint64_t files = 1; files < 60; ++files) limits.push_back({.files = files});
  CHECK(load_until_enough(limits) > 10);
}

TEST_CASE("a quota that any file may reach ends the load with 73, and without it the run goes on") {
  size_t tried = 0;
  bool was_enough = false;
#if defined(__SANITIZE_THREAD__)
  constexpr uint64_t kLeast = 2'048;  // with less, the sanitizer's own part of the program cannot begin
#else
  constexpr uint64_t kLeast = 0;
#endif
  for (uint64_t bytes = kLeast; !was_enough && bytes < 2'000'000; bytes += bytes < 32'768 ? 2'048 : 16'384 + 512) {
    CAPTURE(bytes);
    ++tried;
    const Place place;
    const Ended load = place.run(with_files_of_at_most(bytes, place.load_call(place.file)));
    INFO("load: " << load.err << load.out);
    was_enough = load.exit_code == 2;
    if (was_enough) break;
    // At so little not even its own output fits.
    if (load.out.ends_with("\n")) could_not_write(load, place);
    CHECK(load.exit_code == 73);
    const bool begun = std::filesystem::exists(place.run_dir / "ledger.db");
    goes_on(place.run(begun ? place.resume_call() : place.load_call(place.file)), place, place.run_dir);
  }
  CHECK(was_enough);
  CHECK(tried > 10);
}

TEST_CASE("a disk that is too small is seen before anything is sent") {
  const TemporaryDirectory trial;
  if (is_skipped(SmallDisk::why_not(trial))) return;
  const Place place;
  const SmallDisk disk(place.directory, place.disk, {.bytes = 1 << 20});
  const Ended load = place.run(disk.inside(place.load_call(place.file)));
  CHECK(load.exit_code == 73);
  CHECK_THAT(load.err, Contains("MB free") && Contains(place.run_dir.string()));
  CHECK(place.sandbox.requests_of("upload") == 0);
}

TEST_CASE("on a disk that is still full resume says so, and loses nothing") {
  const TemporaryDirectory trial;
  if (is_skipped(SmallDisk::why_not(trial))) return;
  const Place place;
  const SmallDisk disk(place.directory, place.disk, {.bytes = 60 * kPage});
  could_not_write(place.run(disk.inside(place.piped(place.load_call("-")))), place);
  spill(disk.seen(place.disk / "ballast"), "");
  (void)place.run(disk.inside({"/bin/sh", "-c", "cat /dev/zero > \"$0\" 2>/dev/null", place.disk / "ballast"}));
  for (int times = 0; times < 2; ++times) {
    const Ended resume = place.run(disk.inside(place.piped(place.resume_call())));
    INFO(resume.err);
    CHECK(resume.exit_code == 73);
    CHECK_THAT(resume.err, Contains(place.run_dir.string()));
    CHECK(place.doubled() == 0);
  }
  std::filesystem::remove(disk.seen(place.disk / "ballast"));
  disk.change(kRoom);
  goes_on(again(place, disk), place, disk.seen(place.run_dir));
}

TEST_CASE("a run directory that is read-only can be looked at, and nothing else") {
  const TemporaryDirectory trial;
  if (is_skipped(SmallDisk::why_not(trial))) return;
  const bool was_killed = GENERATE(false, true);
  CAPTURE(was_killed);
  const Place place(was_killed ? "" : kFirstUploadFails, {"--set", "record_time_us=10000"});
  const SmallDisk disk(place.directory, place.disk, kRoom);
  if (was_killed) {
    Process load(disk.inside(place.load_call(place.file)), place.directory.path());
    REQUIRE(eventually([&] { return place.rows() >= 40 || !load.is_running(); }));
    REQUIRE(load.is_running());
    load.signal(SIGKILL);
    (void)load.wait();
  } else {
    CHECK(place.run(disk.inside(place.load_call(place.file, {"--attempts", "1"}))).exit_code == 69);
  }
  REQUIRE(std::filesystem::exists(disk.seen(place.run_dir / "ledger.db")));
  disk.change(kRoom, true);
  const std::string names = names_in(disk.seen(place.run_dir));
  const Ended status = place.run(disk.inside(place.command({"status", place.run_dir, "--json"})));
  INFO(status.err);
  CHECK(status.exit_code == 0);
  CHECK(nlohmann::json::parse(status.out).at("finished") == false);
  for (const auto& call : {place.load_call(place.file), place.resume_call()}) {
    const Ended ended = place.run(disk.inside(call));
    INFO(ended.err);
    CHECK(ended.exit_code == 73);
    CHECK_THAT(ended.err, Contains(place.run_dir.string()) && Contains("Read-only"));
  }
  CHECK(names_in(disk.seen(place.run_dir)) == names);
  disk.change(kRoom);
  goes_on(place.run(disk.inside(place.resume_call())), place, disk.seen(place.run_dir));
}

TEST_CASE("nothing is resolved, and no run begun, where nothing can be written") {
  const TemporaryDirectory trial;
  if (is_skipped(SmallDisk::why_not(trial))) return;
  const Place place(kSecondCreateLost);
  const SmallDisk disk(place.directory, place.disk, kRoom);
  CHECK(place.run(disk.inside(place.load_call(place.file))).exit_code == 4);
  const auto status = [&] {
    const Ended ended = place.run(disk.inside(place.command({"status", place.run_dir, "--json"})));
    REQUIRE(ended.exit_code == 0);
    return nlohmann::json::parse(ended.out);
  };
  const std::string chunk = std::to_string(number(status().at("uncertain").at(0), "chunk_index"));
  disk.change(kRoom, true);
  for (const std::string how : {"--resubmit", "--abandon"}) {
    const Ended ended = place.run(disk.inside(place.command({"resolve", place.run_dir, chunk, how, "--yes"})));
    CHECK(ended.exit_code == 73);
    CHECK_THAT(ended.err, Contains(place.run_dir.string()) && Contains("Read-only"));
  }
  CHECK(status().at("uncertain").size() == 1);
  // A finished run has nothing to write.
  CHECK(place.run(disk.inside(place.resume_call())).exit_code == 4);
  std::vector<std::string> call = place.load_call(place.file);
  std::replace(call.begin(), call.end(), place.run_dir.string(), (place.disk / "another").string());
  const Ended ended = place.run(disk.inside(call));
  CHECK(ended.exit_code == 73);
  CHECK_THAT(ended.err, Contains("another") && Contains("Read-only"));
}

namespace {

void write_sql(const std::filesystem::path& database, const char* sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(database.c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

}  // namespace

TEST_CASE("a ledger that is no longer what it was is refused by every command, and nothing is written over") {
  const Place place(kSecondJobStuck);
  CHECK(place.run(place.load_call(place.file, {"--job-deadline", "1"})).exit_code == 5);
  const std::filesystem::path ledger = place.run_dir / "ledger.db";
  const std::string whole = slurp(ledger);
  const auto damaged = [&](size_t at, size_t size) {
    std::string bytes = whole;
    for (size_t i = at; i < at + size; ++i) bytes[i] = static_cast<char>(bytes[i] ^ 0x5A);
    return bytes;
  };
  const std::vector<std::tuple<std::string, std::string, int>> table{
      {"empty", "", 65},
      {"text", "what was I doing?\n", 65},
      {"cut short", whole.substr(0, whole.size() / 2), 65},
      {"without its last page", whole.substr(0, whole.size() - kPage), 65},
      {"damaged in front", damaged(0, 100), 65},
      {"damaged in its schema", damaged(100, 3000), 65},
      {"of a newer program", "", 78},
      {"of another program", "", 65}};
  const int64_t rows = place.rows();
  const std::string results = slurp(place.run_dir / "results.csv"), summary = slurp(place.run_dir / "summary.json");
  for (const auto& [name, bytes, code] : table) {
    CAPTURE(name);
    for (const char* const log : {"-wal", "-shm"}) std::filesystem::remove(ledger.string() + log);
    spill(ledger, bytes);
    if (name.starts_with("of ")) {
      spill(ledger, whole);
      write_sql(ledger, code == 78 ? "pragma user_version = 1000" : "pragma application_id = 1");
    }
    const std::string before = slurp(ledger);
    for (const auto& call : {place.command({"status", place.run_dir}), place.resume_call(), place.load_call(place.file),
                             place.command({"resolve", place.run_dir, "0", "--abandon", "--yes"})}) {
      CAPTURE(call);
      const Ended ended = place.run(call);
      INFO(ended.err);
      CHECK(ended.exit_code == code);
      CHECK_THAT(ended.err, Contains(ledger.string()));
      CHECK((slurp(ledger) == before));
    }
  }
  CHECK(slurp(place.run_dir / "results.csv") == results);
  CHECK(slurp(place.run_dir / "summary.json") == summary);
  CHECK(place.rows() == rows);
}

TEST_CASE("a ledger that is older than the results beside it is refused: what it would send was sent") {
  const Place place(kFirstUploadFails);
  CHECK(place.run(place.load_call(place.file, {"--attempts", "1"})).exit_code == 69);
  const std::filesystem::path ledger = place.run_dir / "ledger.db";
  const std::string old = slurp(ledger);
  const int64_t before = place.rows();
  CHECK(place.run(place.resume_call()).exit_code == 2);
  CHECK(place.rows() == kRecords);
  REQUIRE(before < kRecords);
  spill(ledger, old);
  std::filesystem::remove(place.run_dir / "summary.json");
  for (const auto& call : {place.resume_call(), place.load_call(place.file)}) {
    const Ended ended = place.run(call);
    INFO(ended.err);
    CHECK(ended.exit_code == 65);
    CHECK_THAT(ended.err, Contains("older") && Contains(ledger.string()));
    CHECK((slurp(ledger) == old));
  }
  CHECK(place.rows() == kRecords);
}

TEST_CASE("two processes do not work on one run") {
  const Place place(kSecondJobStuck);
  Process first(place.load_call(place.file), place.directory.path());
  REQUIRE(eventually([&] { return place.rows() > 0 || !first.is_running(); }));
  const int64_t jobs = place.sandbox.query("select count(*) from sandbox_jobs");
  for (const auto& call : {place.resume_call(), place.load_call(place.file),
                           place.command({"resolve", place.run_dir, "0", "--abandon", "--yes"})}) {
    CAPTURE(call);
    const Ended ended = place.run(call);
    // Nothing is uncertain yet, which resolve sees before it asks who works here.
    CHECK(ended.exit_code == (call[1] == "resolve" ? 64 : 75));
    if (call[1] != "resolve") CHECK_THAT(ended.err, Contains("another process") && Contains(place.run_dir.string()));
  }
  CHECK(place.run(place.command({"status", place.run_dir})).exit_code == 0);
  CHECK(first.is_running());
  first.signal(SIGTERM);
  CHECK(first.wait().exit_code == 143);
  CHECK(jobs > 0);
  CHECK(place.doubled() == 0);
}

TEST_CASE("a sandbox whose own disk is full answers with errors, and its books stay right") {
  const TemporaryDirectory directory;
  if (is_skipped(SmallDisk::why_not(directory))) return;
  spill(directory / "events.csv", events());
  const std::filesystem::path books = directory / "disk" / "crm.db", run_dir = directory / "run";
  size_t refused = 0;
  for (const uint64_t pages : {20, 60, 100, 120, 140, 160, 200}) {
    CAPTURE(pages);
    std::filesystem::remove_all(run_dir);
    const SmallDisk disk(directory, directory / "disk", {.bytes = pages * kPage});
    Process sandbox(disk.inside({sandbox_program(), "--db", books, "--port", "0"}), directory.path());
    REQUIRE(eventually([&] { return sandbox.out().find('\n') != std::string::npos || !sandbox.is_running(); }));
    if (!sandbox.is_running()) {
      CHECK_THAT(sandbox.err(), Contains("full") || Contains("disk I/O error"));
      ++refused;
      continue;
    }
    const std::string said = sandbox.out();
    const std::string url = said.substr(said.find("http"), said.find('\n') - said.find("http"));
    const std::vector<std::string> more{"--module",   "Events_Log", "--records",      "20",
                                        "--attempts", "2",          "--job-deadline", "1"};
    const Ended load = run(load_call({directory / "events.csv"}, url, run_dir, more), directory.path());
    INFO("load: " << load.err);
    CHECK(sandbox.is_running());
    CHECK_THAT(sandbox.err(), Contains("full"));
    CHECK(load.exit_code != 2);
    CHECK(load.exit_code != 1);

    disk.change(kRoom);
    const bool begun = std::filesystem::exists(run_dir / "ledger.db");
    const Ended again = run(begun ? std::vector<std::string>{bulkwrite_program(), "resume", run_dir, "--sandbox", url}
                                  : load_call({directory / "events.csv"}, url, run_dir, more),
                            directory.path());
    INFO("again: " << again.err);
    const auto summary = summary_of(again);
    const int64_t added = number(summary, "added"), uncertain = number(summary, "uncertain");
    CHECK(again.exit_code == (uncertain > 0 ? 4 : 2));
    CHECK(added + uncertain == kRecords);
    sandbox.signal(SIGTERM);
    CHECK(sandbox.wait().exit_code == 0);
    // SQLite does not find its way through /proc.
    std::filesystem::copy_file(disk.seen(books), directory / "copy.db",
                               std::filesystem::copy_options::overwrite_existing);
    const auto count = [&](const char* what) {
      return query(directory / "copy.db", std::string("select count(") + what + ") from Events_Log");
    };
    CHECK(query(directory / "copy.db", "select count(*) from pragma_integrity_check where integrity_check = 'ok'") ==
          1);
    CHECK(count("*") == count("distinct Event_Key"));
    CHECK(count("*") >= added);
    CHECK(count("*") <= added + uncertain);
  }
  CHECK(refused < 4);
}
