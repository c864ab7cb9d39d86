#include "engine/run/seen_values.h"

#include <mutex>

#include "engine/base/file.h"

namespace bulkwrite::run {
namespace {

constexpr const char* kTables = R"sql(
pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16384;
create table if not exists seen (
  high integer not null, low integer not null, chunk_index integer not null, source integer not null,
  record_number integer not null, primary key (high, low)) without rowid;
create table if not exists recent (
  high integer not null, low integer not null, chunk_index integer not null, source integer not null,
  record_number integer not null);
create table if not exists repeats (
  chunk_index integer not null, source integer not null, record_number integer not null, "column" integer not null,
  kept_source integer not null, kept_record_number integer not null,
  primary key (chunk_index, source, record_number, "column")) without rowid;
)sql";

}  // namespace

SeenValues::SeenValues(Options options, std::unique_ptr<Database> database)
    : options_(std::move(options)), database_(std::move(database)), turns_(options_.first_chunk) {}

Result<std::unique_ptr<SeenValues>> SeenValues::open(Options options) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  const bool opened = sqlite3_open_v2(options.file.c_str(), &handle, flags, nullptr) == SQLITE_OK;
  auto database = std::make_unique<Database>(handle, "the values seen", options.file);
  if (!opened) return database->fault();
  if (auto ok = database->script(kTables); !ok) return std::move(ok).error();
  std::unique_ptr<SeenValues> seen(new SeenValues(std::move(options), std::move(database)));
  if (auto ok = seen->take_up(); !ok) return std::move(ok).error();
  return seen;
}

Result<void> SeenValues::take_up() {
  const Database::Value first = number(options_.first_chunk);
  for (const char* const forget :
       {"delete from seen where chunk_index >= ?", "delete from recent where chunk_index >= ?",
        "delete from repeats where chunk_index >= ?"})
    if (auto ok = database_->run(forget, {first}); !ok) return ok;
  return database_->run("select high, low, source, record_number from recent", {}, [&](sqlite3_stmt* row) {
    recent_[{integer_of(row, 0), integer_of(row, 1)}] = {static_cast<uint32_t>(integer_of(row, 2)), integer_of(row, 3)};
  });
}

Result<Repeats> SeenValues::look_at(const csv::Chunk& chunk, const schema::RecordChecker* checker) {
  std::vector<Occurrence> occurrences;
  if (!chunk.too_long) {
    Occurrences finder(options_.columns);
    for (Judge judge(chunk, checker); judge.next();) finder.find(judge, chunk, occurrences);
  }
  if (!turns_.wait_for(chunk.chunk_index))
    return Error{ErrorKind::transient, "everything has ended before the chunk was looked at"};
  auto repeats = note(chunk.chunk_index, occurrences);
  if (!repeats) {
    close();
    return std::move(repeats).error();
  }
  turns_.pass_on();
  return with_names(*std::move(repeats));
}

// All of a chunk, or nothing.
Result<std::vector<Repeat>> SeenValues::note(uint64_t chunk_index, const std::vector<Occurrence>& occurrences) {
  const std::scoped_lock lock(database_->mutex);
  std::vector<Repeat> repeats;
  auto done = database_->script("begin immediate");
  for (size_t i = 0; done && i < occurrences.size(); ++i) done = note_one(occurrences[i], repeats);
  for (size_t i = 0; done && i < repeats.size(); ++i) {
    const Repeat& repeat = repeats[i];
    done = database_->run(
        "insert into repeats values (?, ?, ?, ?, ?, ?)",
        {number(chunk_index), number(uint64_t{repeat.source}), number(repeat.record_number),
         number(uint64_t{repeat.column}), number(uint64_t{repeat.kept_source}), number(repeat.kept_record_number)});
  }
  if (done && recent_.size() > options_.recent_max) done = store_recent();
  if (done) done = database_->script("commit");
  if (done) return repeats;
  (void)database_->script("rollback");
  return std::move(done).error();
}

Result<void> SeenValues::note_one(const Occurrence& occurrence, std::vector<Repeat>& repeats) {
  auto first = first_of(occurrence.digest);
  if (!first) return std::move(first).error();
  if (first->has_value()) {
    repeats.push_back({.record_number = occurrence.record_number,
                       .kept_record_number = (*first)->record_number,
                       .source = occurrence.source,
                       .kept_source = (*first)->source,
                       .column = occurrence.column});
    return {};
  }
  recent_[occurrence.digest] = {occurrence.source, occurrence.record_number};
  return database_->run("insert into recent values (?, ?, ?, ?, ?)",
                        {number(occurrence.digest[0]), number(occurrence.digest[1]), number(uint64_t{occurrence.chunk}),
                         number(uint64_t{occurrence.source}), number(occurrence.record_number)});
}

// Where a value was seen first; nothing where it was not.
Result<std::optional<SeenValues::Place>> SeenValues::first_of(const Digest& digest) {
  if (const auto found = recent_.find(digest); found != recent_.end()) return std::optional(found->second);
  std::optional<Place> place;
  auto done = database_->run("select source, record_number from seen where high = ? and low = ?",
                             {number(digest[0]), number(digest[1])}, [&](sqlite3_stmt* row) {
                               place = {static_cast<uint32_t>(integer_of(row, 0)), integer_of(row, 1)};
                             });
  if (!done) return std::move(done).error();
  return place;
}

Result<void> SeenValues::store_recent() {
  recent_.clear();
  return database_->script("insert into seen select * from recent order by high, low; delete from recent;");
}

Result<Repeats> SeenValues::of_chunk(uint64_t chunk_index) {
  const std::scoped_lock lock(database_->mutex);
  std::vector<Repeat> repeats;
  auto done = database_->run(
      "select source, record_number, \"column\", kept_source, kept_record_number from repeats where chunk_index = ? "
      "order by source, record_number, \"column\"",
      {number(chunk_index)}, [&](sqlite3_stmt* row) {
        repeats.push_back({.record_number = integer_of(row, 1),
                           .kept_record_number = integer_of(row, 4),
                           .source = static_cast<uint32_t>(integer_of(row, 0)),
                           .kept_source = static_cast<uint32_t>(integer_of(row, 3)),
                           .column = static_cast<uint32_t>(integer_of(row, 2))});
      });
  if (!done) return std::move(done).error();
  return with_names(std::move(repeats));
}

Result<uint64_t> SeenValues::records() {
  const std::scoped_lock lock(database_->mutex);
  uint64_t records = 0;
  auto done = database_->run("select count(*) from (select distinct source, record_number from repeats)", {},
                             [&](sqlite3_stmt* row) { records = integer_of(row, 0); });
  if (!done) return std::move(done).error();
  return records;
}

Repeats SeenValues::with_names(std::vector<Repeat> repeats) const {
  return {std::move(repeats), options_.on_repeat, options_.source_names()};
}

Result<void> SeenValues::remove(const std::filesystem::path& file) {
  for (const char* const part : {"", "-wal", "-shm"})
    if (auto ok = remove_file(file.string() + part); !ok) return ok;
  return {};
}

Result<ChunkRules> ChunkRules::of_new(const Rules& rules, const csv::Chunk& chunk) {
  if (rules.seen == nullptr) return ChunkRules(rules);
  return make(rules, rules.seen->look_at(chunk, rules.checker));
}

Result<ChunkRules> ChunkRules::of_known(const Rules& rules, uint64_t chunk_index) {
  if (rules.seen == nullptr) return ChunkRules(rules);
  return make(rules, rules.seen->of_chunk(chunk_index));
}

Result<ChunkRules> ChunkRules::make(const Rules& rules, Result<Repeats> repeats) {
  if (!repeats) return std::move(repeats).error();
  ChunkRules made(rules);
  made.repeats_ = std::make_unique<const Repeats>(*std::move(repeats));
  made.rules_.repeats = made.repeats_.get();
  return made;
}

}  // namespace bulkwrite::run
