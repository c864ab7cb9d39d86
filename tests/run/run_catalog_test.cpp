#include "engine/run/run_catalog.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/run/run_directory.h"
#include "engine/run/run_lock.h"
#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

using e2e::slurp;
using e2e::spill;

RunFacts some_facts() {
  return {.module = "Leads",
          .operation = "insert",
          .find_by = "",
          .org = "1",
          .target = "crm.db",
          .job = "{}",
          .cut = "{}",
          .header = "Last_Name\n",
          .files = {{"/data/a.csv", 123, 456}},
          .options = "{}"};
}

struct Chunk {
  ChunkState state;
  uint64_t sent = 8;
};

// A folder of runs.
class World {
 public:
  const std::filesystem::path& root() const { return directory_.path(); }
  std::filesystem::path run_dir(const std::string& name) const { return directory_ / name; }

  // A run with chunks of 10 records each, whose last session came to an end if it is `summed_up`.
  void add_run(const std::string& name, const RunFacts& facts, const std::vector<Chunk>& chunks, bool ended = true,
               bool summed_up = true) {
    std::filesystem::create_directory(run_dir(name));
    auto ledger = Ledger::create(RunDirectory{run_dir(name)}.ledger(), facts);
    REQUIRE(ledger);
    REQUIRE((*ledger)->add_source(0, {"a.csv", true, {}}));
    for (size_t i = 0; i < chunks.size(); ++i) {
      ChunkRow row{.ranges = {i, {}, 0, false}, .records = 10, .sent = chunks[i].sent, .state = chunks[i].state};
      row.ranges.parts = {{.source = 0, .first_record = 1 + 10 * i, .records = 10}};
      REQUIRE((*ledger)->add_chunk(row));
    }
    if (ended) REQUIRE((*ledger)->end_input(0));
    Summary summary;
    summary.added = summary.sent = summary.records_read = 7;
    if (summed_up) spill(RunDirectory{run_dir(name)}.summary(), to_json(summary));
  }
  RunStatus status(const std::string& name) const {
    auto status = status_of(run_dir(name));
    REQUIRE(status);
    return *std::move(status);
  }
  ChunkRow chunk(const std::string& name, uint64_t index) const {
    auto ledger = Ledger::look_at(RunDirectory{run_dir(name)}.ledger());
    REQUIRE(ledger);
    auto row = (*ledger)->chunk(index);
    REQUIRE(row);
    REQUIRE(row->has_value());
    return **row;
  }

 private:
  const e2e::TemporaryDirectory directory_;
};

std::optional<std::string> found(const World& world, const RunFacts& facts, std::vector<std::string>* told = nullptr) {
  const auto run = find_run(world.root(), facts, [&](const std::string& line) {
    if (told != nullptr) told->push_back(line);
  });
  if (!run) return std::nullopt;
  return run->path.filename().string();
}

constexpr Resolution kAbandon{};
const Resolution kJob{Resolution::Kind::job, "4150868000000001234"};
const Resolution kResubmit{Resolution::Kind::resubmit, ""};

}  // namespace

TEST_CASE("a run's status counts its chunks and the records that were to be sent, by state") {
  World world;
  world.add_run("a", some_facts(), {{ChunkState::finished}, {ChunkState::finished, 5}, {ChunkState::uncertain, 3}});
  const RunStatus status = world.status("a");
  CHECK(status.path == world.run_dir("a"));
  CHECK(difference(status.facts, some_facts()).empty());
  CHECK(status.input_ended);
  CHECK(status.chunks == std::map<ChunkState, uint64_t>{{ChunkState::finished, 2}, {ChunkState::uncertain, 1}});
  CHECK(status.records == std::map<ChunkState, uint64_t>{{ChunkState::finished, 13}, {ChunkState::uncertain, 3}});
  REQUIRE(status.uncertain.size() == 1);
  CHECK(status.uncertain.front().ranges.chunk_index == 2);
  REQUIRE(status.summary);
  CHECK(status.summary->added == 7);
}

TEST_CASE("a run is finished when its input has ended, nothing is left to do, and its summary is there") {
  RunFacts upsert = some_facts();
  upsert.operation = "upsert";
  World world;
  auto is_finished = [&, next = 0](const RunFacts& facts, const std::vector<Chunk>& chunks, bool ended = true,
                                   bool summed_up = true) mutable {
    const std::string name = "run" + std::to_string(next++);
    world.add_run(name, facts, chunks, ended, summed_up);
    return world.status(name).finished;
  };
  CHECK(is_finished(some_facts(), {}));
  CHECK(is_finished(some_facts(),
                    {{ChunkState::finished}, {ChunkState::empty}, {ChunkState::failed}, {ChunkState::abandoned}}));
  CHECK_FALSE(is_finished(some_facts(), {{ChunkState::finished}}, false));
  CHECK_FALSE(is_finished(some_facts(), {{ChunkState::finished}}, true, false));
  for (const ChunkState open :
       {ChunkState::packed, ChunkState::uploaded, ChunkState::created, ChunkState::not_sent, ChunkState::refused,
        ChunkState::in_flight, ChunkState::unfetched, ChunkState::creating}) {
    CAPTURE(state_name(open));
    CHECK_FALSE(is_finished(some_facts(), {{ChunkState::finished}, {open}}));
  }
  // Uncertain: nothing that we may do, unless sending it twice does no harm.
  CHECK(is_finished(some_facts(), {{ChunkState::uncertain}}));
  CHECK_FALSE(is_finished(upsert, {{ChunkState::uncertain}}));
}

TEST_CASE("sending twice is safe for all but a plain insert") {
  RunFacts facts = some_facts();
  CHECK_FALSE(is_safe_to_resend(facts));
  facts.find_by = "Email";
  CHECK(is_safe_to_resend(facts));
  for (const std::string operation : {"update", "upsert"}) {
    facts.operation = operation;
    CHECK(is_safe_to_resend(facts));
  }
}

TEST_CASE("where there is no run there is no status, and none is made") {
  const World world;
  for (const std::filesystem::path& path : {world.root(), world.root() / "missing"}) {
    const auto status = status_of(path);
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == ErrorKind::no_input);
    CHECK_THAT(status.error().message, Catch::Contains(path.string()));
  }
  CHECK(std::filesystem::is_empty(world.root()));
}

TEST_CASE("a summary that is broken is as good as none") {
  World world;
  world.add_run("a", some_facts(), {{ChunkState::finished}});
  spill(world.run_dir("a") / "summary.json", "{\"records_read\":");
  CHECK_FALSE(world.status("a").finished);
  CHECK_FALSE(world.status("a").summary);
}

TEST_CASE("the status as JSON has the chunks by state, and where each uncertain one stands") {
  World world;
  world.add_run("a", some_facts(), {{ChunkState::finished}, {ChunkState::uncertain, 3}});
  const std::string line = to_json(world.status("a"));
  CHECK(line.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["run_dir"] == world.run_dir("a").string());
  CHECK(json["finished"] == true);
  CHECK(json["exit_code"] == 0);
  CHECK(json["module"] == "Leads");
  CHECK(json["files"] == nlohmann::json{"/data/a.csv"});
  CHECK(json["states"]["finished"] == nlohmann::json{{"chunks", 1}, {"records", 8}});
  CHECK(json["states"]["uncertain"] == nlohmann::json{{"chunks", 1}, {"records", 3}});
  REQUIRE(json["uncertain"].size() == 1);
  CHECK(json["uncertain"][0]["chunk_index"] == 1);
  CHECK(json["uncertain"][0]["parts"][0] == nlohmann::json{{"source", "a.csv"}, {"first_record", 11}, {"records", 10}});
}

TEST_CASE("the runs under a folder are those with a ledger, by name") {
  World world;
  world.add_run("b", some_facts(), {});
  world.add_run("a", some_facts(), {});
  std::filesystem::create_directory(world.run_dir("c"));
  spill(world.root() / "file", "");
  CHECK(runs_under(world.root()) == std::vector<std::filesystem::path>{world.run_dir("a"), world.run_dir("b")});
  CHECK(runs_under(world.root() / "missing").empty());
}

TEST_CASE("the newest run of the same input, target and mapping is found, and no other") {
  World world;
  CHECK_FALSE(found(world, some_facts()));
  RunFacts other = some_facts();
  other.module = "Contacts";
  world.add_run("1", some_facts(), {});
  world.add_run("2", some_facts(), {}, false, false);
  world.add_run("3", other, {});
  CHECK(found(world, some_facts()) == "2");
  CHECK(found(world, other) == "3");
  RunFacts changed = some_facts();
  changed.files.front().size = 124;
  CHECK_FALSE(found(world, changed));
}

TEST_CASE("a pipe is never taken for one that was loaded before") {
  World world;
  RunFacts pipe = some_facts();
  pipe.files = {{"-", 0, 0}};
  world.add_run("1", pipe, {});
  CHECK_FALSE(found(world, pipe));
}

TEST_CASE("a run that cannot be read is told, and the others are still found") {
  World world;
  world.add_run("1", some_facts(), {});
  std::filesystem::create_directory(world.run_dir("2"));
  spill(world.run_dir("2") / "ledger.db", "no ledger");
  std::vector<std::string> told;
  CHECK(found(world, some_facts(), &told) == "1");
  REQUIRE(told.size() == 1);
  CHECK_THAT(told.front(), Catch::Contains(world.run_dir("2").string()));
}

TEST_CASE("an unfinished run of the same files that were changed since is told") {
  World world;
  world.add_run("1", some_facts(), {{ChunkState::not_sent}});
  RunFacts now = some_facts();
  ++now.files.front().mtime_ns;
  std::vector<std::string> told;
  CHECK_FALSE(found(world, now, &told));
  REQUIRE(told.size() == 1);
  CHECK_THAT(told.front(), Catch::Contains("written since"));
  now.target = "another.db";
  told.clear();
  CHECK_FALSE(found(world, now, &told));
  CHECK(told.empty());
}

TEST_CASE("an uncertain chunk is settled as the user says, and the run is to be resumed") {
  for (const ChunkState before : {ChunkState::uncertain, ChunkState::creating}) {
    for (const auto& [resolution, after] : std::vector<std::pair<Resolution, ChunkState>>{
             {kJob, ChunkState::in_flight}, {kResubmit, ChunkState::not_sent}, {kAbandon, ChunkState::abandoned}}) {
      CAPTURE(state_name(before), state_name(after));
      World world;
      world.add_run("a", some_facts(), {{ChunkState::finished}, {before}});
      const std::string ledger = slurp(world.run_dir("a") / "ledger.db");
      REQUIRE(explain(world.run_dir("a"), 1, resolution));
      CHECK((slurp(world.run_dir("a") / "ledger.db") == ledger));
      REQUIRE(resolve(world.run_dir("a"), 1, resolution));
      const ChunkRow row = world.chunk("a", 1);
      CHECK(row.state == after);
      CHECK(row.job_id == resolution.job_id);
      CHECK_FALSE(row.why.empty());
      CHECK_FALSE(std::filesystem::exists(world.run_dir("a") / "summary.json"));
      CHECK_FALSE(world.status("a").finished);
      CHECK(world.chunk("a", 0).state == ChunkState::finished);
    }
  }
}

TEST_CASE("what a resolution does is explained before") {
  World world;
  world.add_run("a", some_facts(), {{ChunkState::uncertain, 3}});
  const auto told = [&](const Resolution& resolution) {
    const auto text = explain(world.run_dir("a"), 0, resolution);
    REQUIRE(text);
    return *text;
  };
  CHECK_THAT(told(kJob), Catch::Contains("3 records") && Catch::Contains(kJob.job_id));
  CHECK_THAT(told(kResubmit), Catch::Contains("twice"));
  CHECK_THAT(told(kAbandon), Catch::Contains("never sends them"));
}

TEST_CASE("only an uncertain chunk can be settled by hand, and nothing changes otherwise") {
  World world;
  world.add_run("a", some_facts(), {{ChunkState::finished}, {ChunkState::failed}, {ChunkState::in_flight}});
  const std::string ledger = slurp(world.run_dir("a") / "ledger.db");
  for (uint64_t chunk = 0; chunk < 4; ++chunk) {
    for (const Resolution& resolution : {kJob, kResubmit, kAbandon}) {
      CAPTURE(chunk);
      const auto explained = explain(world.run_dir("a"), chunk, resolution);
      REQUIRE_FALSE(explained);
      CHECK(explained.error().kind == ErrorKind::usage);
      const auto resolved = resolve(world.run_dir("a"), chunk, resolution);
      REQUIRE_FALSE(resolved);
      CHECK(resolved.error().kind == ErrorKind::usage);
      CHECK_THAT(resolved.error().message, Catch::Contains("chunk " + std::to_string(chunk)));
    }
  }
  CHECK((slurp(world.run_dir("a") / "ledger.db") == ledger));
  CHECK(std::filesystem::exists(world.run_dir("a") / "summary.json"));
}

TEST_CASE("a run that another process works on is not settled by hand") {
  World world;
  world.add_run("a", some_facts(), {{ChunkState::uncertain}});
  const auto lock = RunLock::take(world.run_dir("a"));
  REQUIRE(lock);
  const auto resolved = resolve(world.run_dir("a"), 0, kAbandon);
  REQUIRE_FALSE(resolved);
  CHECK(resolved.error().kind == ErrorKind::transient);
  CHECK(world.chunk("a", 0).state == ChunkState::uncertain);
}

TEST_CASE("where there is no run there is nothing to settle, and no run is made") {
  const World world;
  for (const std::filesystem::path& path : {world.root(), world.root() / "missing"}) {
    CHECK_FALSE(explain(path, 0, kAbandon));
    CHECK_FALSE(resolve(path, 0, kAbandon));
  }
  CHECK_FALSE(std::filesystem::exists(world.root() / "ledger.db"));
}

}  // namespace bulkwrite::run
