// Chunks with verdicts made by hand go in, the result files come out.
#include "engine/run/reconcile.h"

#include <catch2/catch.hpp>

#include "engine/run/run_directory.h"
#include "engine/run/schema_json.h"
#include "tests/e2e/process.h"
#include "tests/zip/zip_builder.h"

namespace bulkwrite::run {
namespace {

using e2e::slurp;
using e2e::spill;

const std::string kHeader = "Last_Name,Company,Email,Note\n";
const std::string kResultHeader = "Last_Name,Company,Email,STATUS,RECORD_ID,ERRORS\n";
const std::string kResultsHeader = "source,record_number,status,record_id,errors,resent\n";

// leads.csv, cut into chunks, in front of a Reconciler whose files lie in the run directory.
class World {
 public:
  explicit World(const std::string& body, uint64_t records_max = 25'000, uint64_t bytes_max = csv::kBytesMax)
      : spool_(directory_ / "spool"), run_{directory_ / "run"} {
    std::filesystem::create_directories(run_.results());
    spill(source(), kHeader + body);
    InputOptions input;
    input.files = {source()};
    input.records_max = records_max;
    input.bytes_max = bytes_max;
    auto front = Front::open(input, progress_);
    REQUIRE(front);
    front_ = *std::move(front);
    auto schema = schema_from_fields_json(slurp(BULKWRITE_SOURCE_DIR "/data/leads.schema.json"), "");
    REQUIRE(schema);
    schema_ = *std::move(schema);
    const schema::Mapping mapping = schema::map_columns(front_->header().names, schema_).value();
    auto checker = schema::RecordChecker::make(mapping);
    REQUIRE(checker);
    checker_.emplace(*std::move(checker));
    cut();
    options = {.run_dir = run_.path,
               .header_bytes = kHeader,
               .names = front_->header().names,
               .sent_names = {"Last_Name", "Company", "Email", "column_4"},
               .mapped_columns = {0, 1, 2},
               .present_field = ""};
  }

  std::string source() const { return directory_ / "leads.csv"; }
  std::string file(const std::string& name) const { return slurp(run_.path / name); }
  bool has(const std::string& name) const { return std::filesystem::exists(run_.path / name); }
  ChunkRow& row(size_t chunk) { return rows_.at(chunk); }
  size_t chunks() const { return rows_.size(); }

  // The chunk's job ended with these verdicts.
  void finish(size_t chunk, const std::string& result_csv) {
    spill(run_.result(chunk), zip_builder::build({{.name = "Leads-leads.csv", .bytes = result_csv}}));
    settle(chunk, ChunkState::finished);
  }
  void settle(size_t chunk, ChunkState state, const std::string& why = "") {
    rows_.at(chunk).state = state;
    rows_.at(chunk).why = why;
    rows_.at(chunk).job_id = state == ChunkState::not_sent ? "" : "job" + std::to_string(chunk);
  }

  Reconciler reconciler() {
    auto made = Reconciler::create(options, Rereader(*front_, spool_, front_->cut_options()), *front_, &*checker_);
    REQUIRE(made);
    return *std::move(made);
  }
  Result<void> add_to(Reconciler& reconciler, size_t chunk) {
    return reconciler.add(rows_.at(chunk), run_.result(chunk));
  }
  // All chunks, to the end.
  Summary reconcile() {
    Reconciler made = reconciler();
    for (size_t i = 0; i < rows_.size(); ++i) {
      const auto added = add_to(made, i);
      if (!added) UNSCOPED_INFO(added.error().message);
      REQUIRE(added);
    }
    REQUIRE(made.commit());
    CHECK(check_conservation(made.counts()));
    return made.counts();
  }

  // The rows of results.csv, without the source, which they must all name, and without an empty mark at the end.
  std::vector<std::string> results() const {
    std::string text = file("results.csv");
    REQUIRE(text.starts_with(kResultsHeader));
    text.erase(0, kResultsHeader.size());
    std::vector<std::string> rows;
    for (size_t end = 0; !text.empty(); text.erase(0, end + 1)) {
      end = text.find('\n');
      REQUIRE(end != std::string::npos);
      REQUIRE(text.starts_with(source() + ","));
      rows.push_back(text.substr(source().size() + 1, end - source().size() - 1));
      if (rows.back().ends_with(',')) rows.back().pop_back();
    }
    return rows;
  }

  ReconcileOptions options;

 private:
  void cut() {
    BoundedQueue<csv::Chunk> out(1000), used(1);
    SpoolPieces pieces(spool_);
    REQUIRE(front_->run({}, out, used, pieces));
    out.close();
    while (auto chunk = out.pop()) {
      ChunkRow row{.ranges = {chunk->chunk_index, chunk->parts, crc_of_source(*chunk), chunk->too_long},
                   .records = chunk->records(),
                   .state = ChunkState::not_sent};
      if (!chunk->too_long)
        for (Judge judge(*chunk, &*checker_); judge.next();) row.sent += judge.problems().empty() ? 1 : 0;
      rows_.push_back(std::move(row));
    }
  }

  const e2e::TemporaryDirectory directory_;
  const Spool spool_;
  const RunDirectory run_;
  Progress progress_;
  std::unique_ptr<Front> front_;
  schema::Schema schema_;
  std::optional<schema::RecordChecker> checker_;
  std::vector<ChunkRow> rows_;
};

using Rows = std::vector<std::string>;

const std::string kThree = "Ann,Acme,a@x.org,1\nBob,Bolt,b@x.org,2\nCid,Core,c@x.org,3\n";

}  // namespace

TEST_CASE("verdicts in the order of the records are theirs") {
  World world(kThree);
  world.finish(0, kResultHeader +
                      "Ann,Acme,a@x.org,ADDED,101,\nBob,Bolt,b@x.org,SKIPPED,,DUPLICATE_DATA-Email\n"
                      "Cid,Core,c@x.org,UPDATED,103,\n");
  const Summary counts = world.reconcile();
  CHECK(world.results() == Rows{"1,added,101,", "2,skipped,,DUPLICATE_DATA-Email", "3,updated,103,"});
  CHECK(world.file("failed.csv") == kHeader + "Bob,Bolt,b@x.org,2\n");
  CHECK(world.file("failed-reasons.csv") == "source,record_number,byte_offset,lines,column,rule,excerpt\n" +
                                                world.source() + ",2,48,1,Email,DUPLICATE_DATA,b@x.org\n");
  CHECK(world.file("rejected.csv") == kHeader);
  CHECK(counts.records_read == 3);
  CHECK(counts.sent == 3);
  CHECK(counts.added == 1);
  CHECK(counts.updated == 1);
  CHECK(counts.skipped == 1);
  CHECK(counts.chunks == 1);
  CHECK(counts.jobs == 1);
  CHECK(counts.bytes_read == kThree.size());
}

TEST_CASE("verdicts in another order find their records by the columns that they repeat") {
  World world(kThree);
  world.finish(0, kResultHeader +
                      "Cid,Core,c@x.org,ADDED,103,\nAnn,Acme,a@x.org,ADDED,101,\n"
                      "Bob,Bolt,b@x.org,UNPROCESSED,,\n");
  const Summary counts = world.reconcile();
  CHECK(world.results() == Rows{"1,added,101,", "2,unprocessed,,", "3,added,103,"});
  CHECK(world.file("failed.csv") == kHeader + "Bob,Bolt,b@x.org,2\n");
  CHECK(counts.unprocessed == 1);
  CHECK(counts.unattributed == 0);
}

TEST_CASE("values are compared, however each side quotes them") {
  World world("\"Ann\",\"Acme, \"\"the\"\" firm\",a@x.org,1\nBob,\"Bolt\nand nut\",b@x.org,2\n");
  const bool swapped = GENERATE(false, true);
  const std::string ann = "Ann,\"Acme, \"\"the\"\" firm\",\"a@x.org\",ADDED,101,\n",
                    bob = "\"Bob\",\"Bolt\nand nut\",b@x.org,ADDED,102,\n";
  world.finish(0, kResultHeader + (swapped ? bob + ann : ann + bob));
  world.reconcile();
  CHECK(world.results() == Rows{"1,added,101,", "2,added,102,"});
}

TEST_CASE("verdicts in another order of records that look alike are not guessed at") {
  World world("Ann,Acme,a@x.org,1\nAnn,Acme,a@x.org,2\nBob,Bolt,b@x.org,3\n");
  world.finish(0, kResultHeader +
                      "Bob,Bolt,b@x.org,ADDED,103,\nAnn,Acme,a@x.org,ADDED,101,\n"
                      "Ann,Acme,a@x.org,SKIPPED,,DUPLICATE_DATA-Email\n");
  const Summary counts = world.reconcile();
  CHECK(counts.unattributed == 3);
  CHECK(counts.sent == 3);
  CHECK(exit_codes(counts) == std::vector<int>{4});
  for (const std::string& row : world.results())
    CHECK_THAT(row, Catch::Contains("unattributed,,\"job job0: the result"));
  CHECK(world.file("failed.csv") == kHeader);
}

TEST_CASE("records that look alike are told apart by their order while that holds") {
  World world("Ann,Acme,a@x.org,1\nAnn,Acme,a@x.org,2\n");
  world.finish(0, kResultHeader + "Ann,Acme,a@x.org,ADDED,101,\nAnn,Acme,a@x.org,SKIPPED,,DUPLICATE_DATA-Email\n");
  CHECK(world.reconcile().unattributed == 0);
  CHECK(world.results() == Rows{"1,added,101,", "2,skipped,,DUPLICATE_DATA-Email"});
}

TEST_CASE("a result of other records, of too few, too many or none is not tied to any") {
  const std::string ann = "Ann,Acme,a@x.org,ADDED,101,\n", bob = "Bob,Bolt,b@x.org,ADDED,102,\n",
                    cid = "Cid,Core,c@x.org,ADDED,103,\n", dan = "Dan,Deli,d@x.org,ADDED,104,\n";
  for (const std::string& rows : {ann + bob, ann + bob + cid + dan, ann + bob + dan, ann + ann + cid, std::string()}) {
    CAPTURE(rows);
    World world(kThree);
    world.finish(0, kResultHeader + rows);
    CHECK(world.reconcile().unattributed == 3);
    CHECK(world.file("failed.csv") == kHeader);
  }
}

TEST_CASE("keys of columns side by side are not confused") {
  World world("a,bc,x@x.org,1\nab,c,x@x.org,2\n");
  world.finish(0, "Last_Name,Company,STATUS,RECORD_ID,ERRORS\nab,c,ADDED,102,\na,bc,ADDED,101,\n");
  world.reconcile();
  CHECK(world.results() == Rows{"1,added,101,", "2,added,102,"});
}

TEST_CASE("the columns that are repeated are those that are mapped, in the order of the mapping") {
  World world("Ann,Acme,a@x.org,1\nBob,Bolt,b@x.org,2\n");
  world.options.mapped_columns = {2, 0};
  world.finish(0, "Email,Last_Name,STATUS,RECORD_ID,ERRORS\nb@x.org,Bob,ADDED,102,\na@x.org,Ann,ADDED,101,\n");
  world.reconcile();
  CHECK(world.results() == Rows{"1,added,101,", "2,added,102,"});
}

TEST_CASE("a result that is missing or damaged leaves the chunk unattributed, with the reason") {
  for (const bool missing : {true, false}) {
    CAPTURE(missing);
    World world(kThree, 2);
    REQUIRE(world.chunks() == 2);
    world.finish(0, kResultHeader + "Ann,Acme,a@x.org,ADDED,101,\nBob,Bolt,b@x.org,ADDED,102,\n");
    world.finish(1, "no verdicts at all");
    if (missing) std::filesystem::remove(world.options.run_dir / "results" / "chunk-00001.zip");
    const Summary counts = world.reconcile();
    CHECK(counts.added == 2);
    CHECK(counts.unattributed == 1);
    CHECK_THAT(world.results().at(2), Catch::StartsWith("3,unattributed,,"));
    CHECK(world.results().at(2).size() > std::string("3,unattributed,,").size());
  }
}

TEST_CASE("each state that a chunk can end in says what became of its records") {
  const std::vector<std::tuple<ChunkState, std::string, uint64_t Summary::*, bool>> table{
      {ChunkState::not_sent, "not_sent", &Summary::not_sent, false},
      {ChunkState::refused, "not_sent", &Summary::not_sent, false},
      {ChunkState::abandoned, "not_sent", &Summary::not_sent, false},
      {ChunkState::uncertain, "uncertain", &Summary::uncertain, false},
      {ChunkState::in_flight, "in_flight", &Summary::in_flight, false},
      {ChunkState::unfetched, "in_flight", &Summary::in_flight, false},
      {ChunkState::failed, "failed", &Summary::failed, true}};
  for (const auto& [state, status, count, is_failed] : table) {
    CAPTURE(state_name(state));
    World world("Ann,Acme,a@x.org,1\n");
    world.settle(0, state, "as it was, \"told\"");
    const Summary counts = world.reconcile();
    CHECK(counts.*count == 1);
    CHECK(counts.sent == (status == "not_sent" ? 0 : 1));
    CHECK(world.results() == Rows{"1," + status + ",,\"as it was, \"\"told\"\"\""});
    CHECK((world.file("failed.csv") == kHeader + "Ann,Acme,a@x.org,1\n") == is_failed);
  }
}

TEST_CASE("a record that is there already is present, only where that is what was asked, and never failed") {
  const std::string result =
      kResultHeader +
      "Ann,Acme,a@x.org,SKIPPED,101,DUPLICATE_DATA-Email\nBob,Bolt,b@x.org,SKIPPED,,DUPLICATE_DATA-Phone\n"
      "Cid,Core,c@x.org,SKIPPED,,\"INVALID_DATA-Note:DUPLICATE_DATA-Phone,Email\"\n";
  World asked(kThree);
  asked.options.present_field = "Email";
  asked.finish(0, result);
  const Summary counts = asked.reconcile();
  CHECK(counts.present == 2);
  CHECK(counts.skipped == 1);
  CHECK(asked.results() == Rows{"1,present,101,DUPLICATE_DATA-Email", "2,skipped,,DUPLICATE_DATA-Phone",
                                "3,present,,\"INVALID_DATA-Note:DUPLICATE_DATA-Phone,Email\""});
  CHECK(asked.file("failed.csv") == kHeader + "Bob,Bolt,b@x.org,2\n");

  World not_asked(kThree);
  not_asked.finish(0, result);
  CHECK(not_asked.reconcile().skipped == 3);
}

TEST_CASE("a verdict that is not known is not guessed at") {
  World world("Ann,Acme,a@x.org,1\nBob,Bolt,b@x.org,2\n");
  world.finish(0, kResultHeader + "Ann,Acme,a@x.org,MERGED,101,\nBob,Bolt,b@x.org,ADDED,102,\n");
  const Summary counts = world.reconcile();
  CHECK(counts.unattributed == 1);
  CHECK(counts.added == 1);
  CHECK(world.file("failed.csv") == kHeader);
}

TEST_CASE("rejected records are left out of the order, and stand in the results between the others") {
  World world("Ann,Acme,a@x.org,1\n,NoName,n@x.org,2\nBob,Bolt,no address,3\nshort\nCid,Core,c@x.org,4\n");
  REQUIRE(world.row(0).sent == 2);
  world.finish(0, kResultHeader + "Ann,Acme,a@x.org,ADDED,101,\nCid,Core,c@x.org,ADDED,105,\n");
  const Summary counts = world.reconcile();
  CHECK(counts.rejected == 3);
  CHECK(world.results() ==
        Rows{"1,added,101,", "2,rejected,,required", "3,rejected,,email", "4,rejected,,field_count", "5,added,105,"});
  CHECK(world.file("rejected.csv") == kHeader + ",NoName,n@x.org,2\nBob,Bolt,no address,3\nshort\n");
  CHECK_THAT(world.file("rejected-reasons.csv"), Catch::Contains(world.source() + ",3,66,1,Email,email,no address\n"));
}

TEST_CASE("failed.csv holds the source's bytes, quotes, line ends and all") {
  World world("Ann,\"Ac\nme\",a@x.org,\"\"\r\n\nBob,Bolt,b@x.org,\xC3\xA9");
  world.finish(0, kResultHeader + "Ann,\"Ac\nme\",a@x.org,SKIPPED,,X\nBob,Bolt,b@x.org,SKIPPED,,Y\n");
  world.reconcile();
  CHECK(world.file("failed.csv") == kHeader + "Ann,\"Ac\nme\",a@x.org,\"\"\r\nBob,Bolt,b@x.org,\xC3\xA9\n");
  CHECK_THAT(world.file("failed-reasons.csv"), Catch::Contains(",1,29,2,,X,"));
}

TEST_CASE("every group and every column of the errors is a reason of its own") {
  World world("Ann,Acme,a@x.org,1\n");
  world.finish(
      0, kResultHeader +
             "Ann,Acme,a@x.org,SKIPPED,,\"MANDATORY_NOT_FOUND-Company,Note:LIMIT_EXCEEDED:INVALID_DATA-Elsewhere\"\n");
  world.reconcile();
  const std::string reasons = world.file("failed-reasons.csv"), where = world.source() + ",1,29,1,";
  for (const std::string reason :
       {"Company,MANDATORY_NOT_FOUND,Acme\n", "Note,MANDATORY_NOT_FOUND,1\n",
        ",LIMIT_EXCEEDED,\"Ann,Acme,a@x.org,1\"\n", "Elsewhere,INVALID_DATA,\"Ann,Acme,a@x.org,1\"\n"})
    CHECK_THAT(reasons, Catch::Contains(where + reason));
  CHECK(std::count(reasons.begin(), reasons.end(), '\n') == 5);
}

TEST_CASE("a record that the service skipped without a word is failed all the same, with one reason") {
  World world("Ann,Acme,a@x.org,1\n");
  world.finish(0, kResultHeader + "Ann,Acme,a@x.org,SKIPPED,,\n");
  world.reconcile();
  CHECK(world.file("failed.csv") == kHeader + "Ann,Acme,a@x.org,1\n");
  const std::string reasons = world.file("failed-reasons.csv");
  CHECK(std::count(reasons.begin(), reasons.end(), '\n') == 2);
}

TEST_CASE("a record that fits into no chunk is rejected with all its bytes") {
  const std::string record = "Eve,Epic,e@x.org," + std::string(500, 'x') + "\n";
  World world("Ann,Acme,a@x.org,1\n" + record + "Bob,Bolt,b@x.org,2\n", 25'000, 200);
  REQUIRE(world.chunks() == 3);
  REQUIRE(world.row(1).ranges.too_long);
  world.finish(0, kResultHeader + "Ann,Acme,a@x.org,ADDED,101,\n");
  world.settle(1, ChunkState::empty);
  world.finish(2, kResultHeader + "Bob,Bolt,b@x.org,ADDED,103,\n");
  const Summary counts = world.reconcile();
  CHECK(counts.rejected == 1);
  CHECK(world.results() == Rows{"1,added,101,", "2,rejected,,too_long", "3,added,103,"});
  CHECK(world.file("rejected.csv") == kHeader + record);
}

TEST_CASE("a source that has changed since is an error, and no result file appears") {
  World world(kThree);
  world.finish(
      0, kResultHeader + "Ann,Acme,a@x.org,ADDED,101,\nBob,Bolt,b@x.org,ADDED,102,\nCid,Core,c@x.org,ADDED,103,\n");
  std::string bytes = slurp(world.source());
  bytes[bytes.find("Bob")] = 'R';
  spill(world.source(), bytes);
  {
    Reconciler reconciler = world.reconciler();
    const auto added = world.add_to(reconciler, 0);
    REQUIRE_FALSE(added);
    CHECK(added.error().kind == ErrorKind::input_data);
    CHECK_THAT(added.error().message, Catch::Contains("leads.csv"));
    CHECK(reconciler.counts().records_read == 0);
    CHECK(check_conservation(reconciler.counts()));
  }
  for (const char* const name : {"results.csv", "failed.csv", "rejected.csv", "results.csv.part"})
    CHECK_FALSE(world.has(name));
}

TEST_CASE("what would be sent now must be as many as were sent") {
  World world(kThree);
  world.settle(0, ChunkState::in_flight);
  world.row(0).sent = 2;
  Reconciler reconciler = world.reconciler();
  const auto added = world.add_to(reconciler, 0);
  REQUIRE_FALSE(added);
  CHECK(added.error().kind == ErrorKind::unexpected);
  CHECK_THAT(added.error().message, Catch::Contains("chunk 0"));
  CHECK(check_conservation(reconciler.counts()));
}

TEST_CASE("records whose job was created more than once are marked and counted, those not sent are not") {
  World world(kThree, 1);
  world.finish(0, kResultHeader + "Ann,Acme,a@x.org,UPDATED,101,\n");
  world.settle(1, ChunkState::uncertain);
  world.settle(2, ChunkState::not_sent);
  for (size_t i = 0; i < 3; ++i) world.row(i).resent = true;
  CHECK(world.reconcile().resent == 2);
  const auto rows = world.results();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] == "1,updated,101,,resent");
  CHECK(rows[1].ends_with(",resent"));
  CHECK_FALSE(rows[2].ends_with("resent"));
}

TEST_CASE("a run of no records has result files with headers only") {
  World world("");
  CHECK(world.reconcile().records_read == 0);
  CHECK(world.file("results.csv") == kResultsHeader);
  CHECK(world.file("failed.csv") == kHeader);
  CHECK(world.file("rejected.csv") == kHeader);
}

}  // namespace bulkwrite::run
