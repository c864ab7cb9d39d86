#include "engine/run/ledger.h"

#include <sqlite3.h>

#include <array>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

using e2e::slurp;
using e2e::spill;

constexpr std::array kAllStates{
    ChunkState::empty,    ChunkState::packed,   ChunkState::uploaded,  ChunkState::creating,  ChunkState::created,
    ChunkState::not_sent, ChunkState::refused,  ChunkState::uncertain, ChunkState::in_flight, ChunkState::unfetched,
    ChunkState::failed,   ChunkState::finished, ChunkState::abandoned};

RunFacts some_facts() {
  return {.module = "Leads",
          .operation = "insert",
          .find_by = "",
          .org = "808232144",
          .target = "http://127.0.0.1:1",
          .job = R"({"operation":"insert"})",
          .cut = R"({"records_max":25000})",
          .header = "Last_Name;Company\r\n",
          .delimiter = ';',
          .files = {{"/data/a.csv", 123, 1'700'000'000'000'000'001}, {"/data/b.csv", uint64_t{1} << 40, 7}},
          .options = R"({"files":["a.csv"]})"};
}

ChunkRow some_chunk(uint64_t chunk_index, uint64_t records = 10, uint64_t sent = 8) {
  ChunkRow row{.ranges = {chunk_index, {}, 0xFFFFFFF0U, false}, .records = records, .sent = sent};
  row.ranges.parts = {{.source = 0,
                       .begin = 100 * chunk_index,
                       .end = 100 * chunk_index + 90,
                       .first_record = 1 + chunk_index * records,
                       .records = records,
                       .blank_lines = 1}};
  row.csv_bytes = 90;
  row.zip_bytes = 45;
  row.crc_member = 0x80000001U;
  return row;
}

// A ledger in a directory of its own.
class Book {
 public:
  Book() {
    auto made = Ledger::create(path(), some_facts());
    REQUIRE(made);
    ledger_ = *std::move(made);
  }
  std::filesystem::path path() const { return directory_ / "ledger.db"; }
  Ledger& operator*() { return *ledger_; }
  Ledger* operator->() { return ledger_.get(); }
  void reopen() {
    ledger_.reset();
    auto opened = Ledger::open(path());
    if (!opened) UNSCOPED_INFO(opened.error().message);
    REQUIRE(opened);
    ledger_ = *std::move(opened);
  }
  void close() { ledger_.reset(); }

  ChunkRow chunk(uint64_t chunk_index) {
    auto row = ledger_->chunk(chunk_index);
    REQUIRE(row);
    REQUIRE(row->has_value());
    return **row;
  }
  void add(uint64_t chunk_index, ChunkState state = ChunkState::packed) {
    ChunkRow row = some_chunk(chunk_index);
    row.state = state;
    REQUIRE(ledger_->add_chunk(row));
  }
  void write_sql(const std::string& sql) const {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(path().c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
  }

 private:
  const e2e::TemporaryDirectory directory_;
  std::unique_ptr<Ledger> ledger_;
};

// What another process would see now.
ChunkRow seen(const Book& book, uint64_t chunk_index) {
  auto other = Ledger::look_at(book.path());
  REQUIRE(other);
  auto row = (*other)->chunk(chunk_index);
  REQUIRE(row);
  REQUIRE(row->has_value());
  return **row;
}

using Step = std::function<Result<void>(Ledger&)>;

void is_refused(const std::filesystem::path& path, ErrorKind kind) {
  const std::string before = slurp(path);
  for (const auto open : {&Ledger::open, &Ledger::look_at}) {
    const auto ledger = open(path);
    REQUIRE_FALSE(ledger);
    CHECK(ledger.error().kind == kind);
    CHECK_THAT(ledger.error().message, Catch::Contains(path.string()));
  }
  CHECK((slurp(path) == before));
}

}  // namespace

TEST_CASE("a ledger gives back what the run is bound to, also when it is opened again") {
  Book book;
  for (const bool again : {false, true}) {
    CAPTURE(again);
    if (again) book.reopen();
    const auto facts = book->facts();
    REQUIRE(facts);
    CHECK(difference(*facts, some_facts()).empty());
    CHECK(facts->options == some_facts().options);
    CHECK(facts->delimiter == ';');
  }
}

TEST_CASE("a ledger is never made where a file is already") {
  const e2e::TemporaryDirectory directory;
  spill(directory / "ledger.db", "the books of somebody else");
  const auto made = Ledger::create(directory / "ledger.db", some_facts());
  REQUIRE_FALSE(made);
  CHECK(made.error().kind == ErrorKind::cannot_write);
  CHECK_THAT(made.error().message, Catch::Contains("ledger.db"));
  CHECK(slurp(directory / "ledger.db") == "the books of somebody else");
  CHECK_FALSE(Ledger::create(directory / "none" / "ledger.db", some_facts()));
}

TEST_CASE("a chunk comes back as it was written down, part by part") {
  Book book;
  ChunkRow row = some_chunk(0);
  row.ranges.parts.push_back({.source = 3,
                              .begin = 7,
                              .end = uint64_t{1} << 41,
                              .first_record = 1,
                              .records = 5,
                              .blank_lines = 2,
                              .at = 90,
                              .unterminated = true});
  row.ranges.too_long = true;
  REQUIRE(book->add_chunk(row));
  book.reopen();
  const ChunkRow back = book.chunk(0);
  CHECK(back.ranges.chunk_index == 0);
  CHECK(back.ranges.parts == row.ranges.parts);
  CHECK(back.ranges.crc_source == row.ranges.crc_source);
  CHECK(back.ranges.too_long);
  CHECK(back.records == row.records);
  CHECK(back.sent == row.sent);
  CHECK(back.csv_bytes == row.csv_bytes);
  CHECK(back.zip_bytes == row.zip_bytes);
  CHECK(back.crc_member == row.crc_member);
  CHECK(back.state == ChunkState::packed);
  CHECK(back.job_id.empty());
  CHECK_FALSE(back.counts.added);
  CHECK(back.why.empty());
  CHECK_FALSE(back.resent);
  CHECK(back.creates == 0);

  const auto none = book->chunk(1);
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
}

TEST_CASE("a chunk that is there already is not written over, and a half written one leaves nothing") {
  Book book;
  book.add(0);
  REQUIRE(book->uploaded(0, "file"));
  CHECK_FALSE(book->add_chunk(some_chunk(0, 20, 20)));
  CHECK(book.chunk(0).records == 10);
  CHECK(book.chunk(0).state == ChunkState::uploaded);
  ChunkRow row = some_chunk(1);
  book.write_sql(
      "create trigger full before insert on parts when new.ordinal = 1 begin select raise(fail, 'full'); end");
  row.ranges.parts.push_back(row.ranges.parts.front());
  CHECK_FALSE(book->add_chunk(row));
  REQUIRE(book->chunk(1));
  CHECK_FALSE(book->chunk(1)->has_value());
  CHECK(book->add_chunk(some_chunk(1)));
}

TEST_CASE("each step of a submission is committed when its call returns") {
  Book book;
  book.add(0);
  const std::vector<std::pair<ChunkState, Step>> steps{
      {ChunkState::uploaded, [](Ledger& ledger) { return ledger.uploaded(0, "file-1"); }},
      {ChunkState::creating, [](Ledger& ledger) { return ledger.creating(0); }},
      {ChunkState::uploaded, [](Ledger& ledger) { return ledger.not_created(0, "throttled"); }},
      {ChunkState::creating, [](Ledger& ledger) { return ledger.creating(0); }},
      {ChunkState::creating, [](Ledger& ledger) { return ledger.create_uncertain(0, "no reply"); }},
      {ChunkState::created, [](Ledger& ledger) { return ledger.created(0, "777"); }},
      {ChunkState::created,
       [](Ledger& ledger) {
         return ledger.job_ended(0, "COMPLETED", {8, 0, 0, 8});
       }},
      {ChunkState::finished,
       [](Ledger& ledger) {
         return ledger.settle(0, ChunkState::finished, "777", {8, 0, 0, 8}, "", false);
       }},
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    CAPTURE(i);
    REQUIRE(steps[i].second(*book));
    CHECK(seen(book, 0).state == steps[i].first);
  }
  const ChunkRow row = seen(book, 0);
  CHECK(row.creates == 2);
  CHECK(row.job_id == "777");
  CHECK(row.counts.added == 8U);
  CHECK(row.counts.total == 8U);
}

TEST_CASE("the reason of a step is kept until the next one says otherwise") {
  Book book;
  book.add(0);
  REQUIRE(book->creating(0));
  REQUIRE(book->not_created(0, "throttled"));
  CHECK(book.chunk(0).why == "throttled");
  REQUIRE(book->creating(0));
  REQUIRE(book->create_uncertain(0, "no reply came"));
  CHECK(book.chunk(0).why == "no reply came");
  REQUIRE(book->settle_open());
  CHECK(book.chunk(0).why == "no reply came");
}

TEST_CASE("a chunk can be settled in every state") {
  Book book;
  for (size_t i = 0; i < kAllStates.size(); ++i) {
    CAPTURE(state_name(kAllStates[i]));
    book.add(i);
    REQUIRE(book->created(i, "1"));
    REQUIRE(book->settle(i, kAllStates[i], i % 2 == 0 ? "" : "2", {1, 2, {}, 3}, "so it went", true));
    const ChunkRow row = book.chunk(i);
    CHECK(row.state == kAllStates[i]);
    CHECK(row.job_id == (i % 2 == 0 ? "1" : "2"));
    CHECK(row.counts.added == 1U);
    CHECK(row.counts.updated == 2U);
    CHECK_FALSE(row.counts.skipped);
    CHECK(row.counts.total == 3U);
    CHECK(row.why == "so it went");
    CHECK(row.resent);
    REQUIRE(book->settle(i, kAllStates[i], "", {}, "", false));
    CHECK(book.chunk(i).resent);
  }
}

TEST_CASE("what is open when nothing runs any more is settled by how far it came") {
  const auto after = [](ChunkState state) {
    switch (state) {
      case ChunkState::packed:
      case ChunkState::uploaded:
        return ChunkState::not_sent;
      case ChunkState::creating:
        return ChunkState::uncertain;
      case ChunkState::created:
        return ChunkState::in_flight;
      default:
        return state;
    }
  };
  Book book;
  for (size_t i = 0; i < kAllStates.size(); ++i) book.add(i, kAllStates[i]);
  for (int times = 0; times < 2; ++times) {
    REQUIRE(book->settle_open());
    for (size_t i = 0; i < kAllStates.size(); ++i) {
      CAPTURE(state_name(kAllStates[i]), times);
      const ChunkRow row = book.chunk(i);
      CHECK(row.state == after(kAllStates[i]));
      CHECK(is_settled(row.state));
      CHECK(row.why.empty() == is_settled(kAllStates[i]));
    }
  }
}

TEST_CASE("a chunk whose job may exist stays uncertain when sending it again comes to nothing") {
  Book book;
  for (const ChunkState before : kAllStates) {
    CAPTURE(state_name(before));
    const auto i = static_cast<uint64_t>(before);
    book.add(i, before);
    REQUIRE(book->set_state(i, ChunkState::packed, "", ""));
    REQUIRE(book->repack(some_chunk(i)));
    REQUIRE(book->uploaded(i, "file"));
    REQUIRE(book->settle_open());
    const bool maybe = before == ChunkState::creating || before == ChunkState::uncertain;
    CHECK(book.chunk(i).state == (maybe ? ChunkState::uncertain : ChunkState::not_sent));
  }
  book.add(20);
  REQUIRE(book->creating(20));
  REQUIRE(book->create_uncertain(20, "no reply"));
  REQUIRE(book->creating(20));
  REQUIRE(book->not_created(20, "refused this time"));
  REQUIRE(book->settle_open());
  CHECK(book.chunk(20).state == ChunkState::uncertain);
}

TEST_CASE("set_state takes a chunk to any state, with the job that is named or none") {
  Book book;
  book.add(0, ChunkState::uncertain);
  for (const ChunkState state : kAllStates) {
    CAPTURE(state_name(state));
    REQUIRE(book->set_state(0, state, "42", "by the user"));
    CHECK(book.chunk(0).state == state);
    CHECK(book.chunk(0).job_id == "42");
    CHECK(book.chunk(0).why == "by the user");
    REQUIRE(book->set_state(0, state, "", ""));
    CHECK(book.chunk(0).job_id.empty());
  }
}

TEST_CASE("a chunk that is packed once more is what will be sent now, of the same bytes") {
  Book book;
  const ChunkRow first = some_chunk(0);
  REQUIRE(book->add_chunk(first));
  REQUIRE(book->uploaded(0, "file"));
  REQUIRE(book->creating(0));
  REQUIRE(book->settle(0, ChunkState::uncertain, "9", {}, "no reply", false));
  ChunkRow again = first;
  again.ranges.crc_source = 1;
  again.records = 77;
  again.sent = 5;
  again.csv_bytes = 50;
  again.zip_bytes = 25;
  again.crc_member = 3;
  again.resent = true;
  REQUIRE(book->repack(again));
  const ChunkRow row = book.chunk(0);
  CHECK(row.state == ChunkState::packed);
  CHECK(row.sent == 5);
  CHECK(row.csv_bytes == 50);
  CHECK(row.zip_bytes == 25);
  CHECK(row.crc_member == 3);
  CHECK(row.resent);
  CHECK(row.job_id.empty());
  CHECK(row.creates == 1);
  CHECK(row.records == first.records);
  CHECK(row.ranges.crc_source == first.ranges.crc_source);
  CHECK(row.ranges.parts == first.ranges.parts);
}

TEST_CASE("what is left to do for a chunk follows from its state, and from whether sending it twice does harm") {
  using enum NextStep;
  const std::vector<std::tuple<ChunkState, NextStep, NextStep>> table{
      {ChunkState::empty, nothing, nothing},    {ChunkState::packed, submit, submit},
      {ChunkState::uploaded, submit, submit},   {ChunkState::creating, submit, hear_of},
      {ChunkState::created, track, track},      {ChunkState::not_sent, submit, submit},
      {ChunkState::refused, submit, submit},    {ChunkState::uncertain, submit, hear_of},
      {ChunkState::in_flight, track, track},    {ChunkState::unfetched, track, track},
      {ChunkState::failed, nothing, nothing},   {ChunkState::finished, nothing, nothing},
      {ChunkState::abandoned, nothing, nothing}};
  CHECK(table.size() == kAllStates.size());
  for (const auto& [state, where_safe, where_not] : table) {
    CAPTURE(state_name(state));
    CHECK(next_step(state, true) == where_safe);
    CHECK(next_step(state, false) == where_not);
  }
}

TEST_CASE("every state has a name of its own, and is read back by it") {
  Book book;
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kAllStates.size(); ++i) {
    names.push_back(state_name(kAllStates[i]));
    book.add(i, kAllStates[i]);
  }
  std::sort(names.begin(), names.end());
  CHECK(std::unique(names.begin(), names.end()) == names.end());
  const auto states = book->states();
  REQUIRE(states);
  REQUIRE(states->size() == kAllStates.size());
  for (size_t i = 0; i < kAllStates.size(); ++i) CHECK((*states)[i] == std::pair(uint64_t{i}, kAllStates[i]));
}

TEST_CASE("a state that is not known is an error, and never taken for one that may be sent") {
  Book book;
  book.add(0);
  book.write_sql("update chunks set state = 'sleeping'");
  const auto row = book->chunk(0);
  REQUIRE_FALSE(row);
  CHECK_THAT(row.error().message, Catch::Contains("chunk 0"));
  const auto states = book->states();
  REQUIRE(states);
  CHECK(states->front().second == ChunkState::uncertain);
}

TEST_CASE("a callback's token finds its chunk, and a chunk may have several") {
  Book book;
  book.add(0);
  book.add(1);
  REQUIRE(book->add_callback(0, "aa"));
  REQUIRE(book->add_callback(1, "bb"));
  REQUIRE(book->add_callback(1, "cc"));
  CHECK_FALSE(book->add_callback(0, "cc"));
  book.reopen();
  for (const auto& [token, chunk] : std::vector<std::pair<std::string, std::optional<uint64_t>>>{
           {"aa", 0}, {"bb", 1}, {"cc", 1}, {"dd", {}}, {"", {}}}) {
    CAPTURE(token);
    const auto found = book->chunk_of_callback(token);
    REQUIRE(found);
    CHECK(*found == chunk);
  }
}

TEST_CASE("sources are known by their ordinal, also where one between them had no record") {
  Book book;
  REQUIRE(book->add_source(0, {"a.csv", true, {"/data/a.csv", 5, 6}}));
  REQUIRE(book->add_source(2, {"all.zip!c.csv", false, {"/data/all.zip", 7, -8}}));
  REQUIRE(book->add_source(2, {"another name", true, {}}));
  const auto sources = book->sources();
  REQUIRE(sources);
  REQUIRE(sources->size() == 3);
  CHECK((*sources)[0].name == "a.csv");
  CHECK((*sources)[0].rereadable);
  CHECK((*sources)[1].name.empty());
  CHECK((*sources)[2].name == "all.zip!c.csv");
  CHECK_FALSE((*sources)[2].rereadable);
  CHECK((*sources)[2].identity.path == "/data/all.zip");
  CHECK((*sources)[2].identity.size == 7);
  CHECK((*sources)[2].identity.mtime_ns == -8);
}

TEST_CASE("the input goes on behind the last part of the last chunk") {
  Book book;
  auto position = book->input_position();
  REQUIRE(position);
  CHECK(position->chunks == 0);
  CHECK(position->offset == 0);
  CHECK(position->next_record == 1);

  book.add(0);
  ChunkRow row = some_chunk(1);
  row.ranges.parts.push_back({.source = 1, .begin = 20, .end = 220, .first_record = 1, .records = 6, .at = 90});
  REQUIRE(book->add_chunk(row));
  position = book->input_position();
  REQUIRE(position);
  CHECK(position->chunks == 2);
  CHECK(position->source == 1);
  CHECK(position->offset == 220);
  CHECK(position->next_record == 7);
}

TEST_CASE("totals are of all chunks and all their parts") {
  Book book;
  auto totals = book->totals();
  REQUIRE(totals);
  CHECK(totals->chunks == 0);
  for (uint64_t i = 0; i < 3; ++i) book.add(i);
  totals = book->totals();
  REQUIRE(totals);
  CHECK(totals->chunks == 3);
  CHECK(totals->records == 30);
  CHECK(totals->rejected == 6);
  CHECK(totals->blank_lines == 3);
  CHECK(totals->bytes == 270);
}

TEST_CASE("the end of the input is known once it has been reached") {
  Book book;
  auto ended = book->ended_with_blank_lines();
  REQUIRE(ended);
  CHECK_FALSE(ended->has_value());
  for (const uint64_t blank_lines : {0, 12}) {
    REQUIRE(book->end_input(blank_lines));
    book.reopen();
    ended = book->ended_with_blank_lines();
    REQUIRE(ended);
    CHECK(*ended == blank_lines);
  }
  CHECK(difference(*book->facts(), some_facts()).empty());
}

TEST_CASE("a run goes on only with what it is bound to, and says what has changed") {
  CHECK(difference(some_facts(), some_facts()).empty());
  const auto told = [](const std::function<void(RunFacts&)>& change) {
    RunFacts now = some_facts();
    change(now);
    return difference(some_facts(), now);
  };
  using Catch::Contains;
  CHECK_THAT(told([](RunFacts& f) { f.target = "crm.db"; }), Contains("target") && Contains("crm.db"));
  CHECK_THAT(told([](RunFacts& f) { f.org = "1"; }), Contains("organisation"));
  CHECK_THAT(told([](RunFacts& f) { f.module = "Contacts"; }), Contains("module") && Contains("Leads"));
  CHECK_THAT(told([](RunFacts& f) { f.operation = "upsert"; }), Contains("operation"));
  CHECK_THAT(told([](RunFacts& f) { f.find_by = "Email"; }), Contains("find_by"));
  CHECK_THAT(told([](RunFacts& f) { f.files.pop_back(); }), Contains("2 files and has 1"));
  CHECK_THAT(told([](RunFacts& f) { f.files[1].path = "/data/c.csv"; }), Contains("/data/c.csv"));
  CHECK_THAT(told([](RunFacts& f) { std::swap(f.files[0], f.files[1]); }), Contains("input"));
  CHECK_THAT(told([](RunFacts& f) { f.files[0].size = 124; }), Contains("/data/a.csv") && Contains("124"));
  CHECK_THAT(told([](RunFacts& f) { ++f.files[0].mtime_ns; }), Contains("/data/a.csv") && Contains("written since"));
  CHECK_THAT(told([](RunFacts& f) { f.header += " "; }), Contains("header"));
  CHECK_THAT(told([](RunFacts& f) { f.delimiter = ','; }), Contains("header"));
  CHECK_THAT(told([](RunFacts& f) { f.job = "{}"; }), Contains("mapping"));
  CHECK_THAT(told([](RunFacts& f) { f.cut = "{}"; }), Contains("cut"));
  CHECK(told([](RunFacts& f) { f.options = "{}"; }).empty());
}

TEST_CASE("a ledger can be looked at while its run goes on, and what is looked at does not stand in the way") {
  Book book;
  book.add(0);
  auto other = Ledger::look_at(book.path());
  REQUIRE(other);
  for (uint64_t i = 1; i < 50; ++i) {
    book.add(i);
    REQUIRE(book->creating(i));
    const auto states = (*other)->states();
    REQUIRE(states);
    REQUIRE(states->size() == i + 1);
    CHECK(states->back().second == ChunkState::creating);
  }
  CHECK_FALSE((*other)->creating(0));
  CHECK(book.chunk(0).state == ChunkState::packed);
}

TEST_CASE("calls from many threads are all written down") {
  Book book;
  constexpr uint64_t kThreads = 4, kChunks = 40;
  std::atomic<unsigned> failed{0};
  {
    std::vector<std::jthread> threads;
    for (uint64_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (uint64_t i = thread; i < kChunks; i += kThreads)
          failed += !book->add_chunk(some_chunk(i)) || !book->creating(i) || !book->chunk(i) || !book->states();
      });
    }
  }
  CHECK(failed == 0);
  const auto states = book->states();
  REQUIRE(states);
  REQUIRE(states->size() == kChunks);
  for (const auto& [chunk_index, state] : *states) CHECK(state == ChunkState::creating);
}

TEST_CASE("a ledger of a newer program is left alone, and says which version it is") {
  Book book;
  book.close();
  book.write_sql("pragma user_version = 2");
  is_refused(book.path(), ErrorKind::configuration);
  CHECK_THAT(Ledger::open(book.path()).error().message, Catch::Contains("version 2"));
}

TEST_CASE("a database of another program is no ledger") {
  Book book;
  book.close();
  book.write_sql("pragma application_id = 7");
  is_refused(book.path(), ErrorKind::input_data);
}

TEST_CASE("an empty file, text, or noise is no ledger") {
  const e2e::TemporaryDirectory directory;
  for (const std::string& bytes : {std::string(), std::string("a,b\n1,2\n"), std::string(8192, '\0'),
                                   "SQLite format 3" + std::string(1, '\0') + std::string(4080, '\xAB')}) {
    CAPTURE(bytes.size());
    spill(directory / "ledger.db", bytes);
    is_refused(directory / "ledger.db", ErrorKind::input_data);
  }
}

TEST_CASE("a ledger that is not there is not made by looking for it") {
  const e2e::TemporaryDirectory directory;
  CHECK_FALSE(Ledger::open(directory / "ledger.db"));
  CHECK_FALSE(Ledger::look_at(directory / "ledger.db"));
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a ledger that is refused keeps its log") {
  Book book;
  book.add(0);
  // As a crash leaves them: most of it is in the log.
  const e2e::TemporaryDirectory directory;
  std::filesystem::copy_file(book.path(), directory / "ledger.db");
  std::filesystem::copy_file(book.path().string() + "-wal", directory / "ledger.db-wal");
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((directory / "ledger.db").c_str(), &database) == SQLITE_OK);
  sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  REQUIRE(sqlite3_exec(database, "pragma user_version = 9", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  const std::string log = slurp(directory / "ledger.db-wal");
  REQUIRE_FALSE(log.empty());
  is_refused(directory / "ledger.db", ErrorKind::configuration);
  CHECK((slurp(directory / "ledger.db-wal") == log));
}

// The states of all chunks; nothing where the ledger is refused, as it must be where it does not even know its run.
std::optional<std::string> states_of(const std::filesystem::path& path) {
  auto ledger = Ledger::open(path);
  if (!ledger) {
    CHECK(ledger.error().kind == ErrorKind::input_data);
    return std::nullopt;
  }
  const auto facts = (*ledger)->facts();
  REQUIRE(facts);
  CHECK(difference(*facts, some_facts()).empty());
  const auto states = (*ledger)->states();
  REQUIRE(states);
  std::string text;
  for (const auto& [chunk_index, state] : *states) text += std::string(state_name(state)) + " ";
  return text;
}

TEST_CASE("of a log that is cut short everything up to a step is there and nothing behind it") {
  Book book;
  std::vector<std::string> history{""};
  for (uint64_t i = 0; i < 5; ++i) {
    const std::string before = history.back();
    book.add(i);
    history.push_back(before + "packed ");
    REQUIRE(book->creating(i));
    history.push_back(before + "creating ");
    REQUIRE(book->created(i, "1"));
    history.push_back(before + "created ");
  }
  const std::string whole = slurp(book.path()), log = slurp(book.path().string() + "-wal");
  REQUIRE(log.size() > 32 * 512);
  const e2e::TemporaryDirectory directory;
  size_t reached = 0;
  for (size_t size = 0; size <= log.size(); size += 512) {
    CAPTURE(size);
    for (const char* const name : {"ledger.db", "ledger.db-wal", "ledger.db-shm"})
      std::filesystem::remove(directory / name);
    spill(directory / "ledger.db", whole);
    spill(directory / "ledger.db-wal", log.substr(0, size));
    const auto states = states_of(directory / "ledger.db");
    if (!states) {
      CHECK(reached == 0);
      continue;
    }
    const auto at = std::find(history.begin() + static_cast<ptrdiff_t>(reached), history.end(), *states);
    REQUIRE(at != history.end());
    reached = static_cast<size_t>(at - history.begin());
  }
  CHECK(reached + 1 == history.size());
}

TEST_CASE("a log with a byte changed anywhere shows no state that never was") {
  Book book;
  book.add(0);
  REQUIRE(book->creating(0));
  REQUIRE(book->created(0, "1"));
  const std::string whole = slurp(book.path()), log = slurp(book.path().string() + "-wal");
  const e2e::TemporaryDirectory directory;
  for (size_t at = 0; at < log.size(); at += 97) {
    CAPTURE(at);
    for (const char* const name : {"ledger.db", "ledger.db-wal", "ledger.db-shm"})
      std::filesystem::remove(directory / name);
    std::string changed = log;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    spill(directory / "ledger.db", whole);
    spill(directory / "ledger.db-wal", changed);
    const auto states = states_of(directory / "ledger.db");
    if (states) CHECK((*states == "" || *states == "packed " || *states == "creating " || *states == "created "));
  }
}

TEST_CASE("a ledger cut short anywhere is refused and left as it is") {
  Book book;
  for (uint64_t i = 0; i < 12; ++i) book.add(i);
  book.close();
  const std::string whole = slurp(book.path());
  REQUIRE(whole.size() > 16 * 1024);
  for (size_t size = 0; size < whole.size(); size += 512) {
    CAPTURE(size);
    spill(book.path(), whole.substr(0, size));
    is_refused(book.path(), ErrorKind::input_data);
  }
}

}  // namespace bulkwrite::run
