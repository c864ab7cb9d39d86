#include "engine/run/seen_values.h"

#include <fmt/format.h>

#include <mutex>

#include "engine/base/file.h"

namespace bulkwrite::run {
namespace {

constexpr const char* kSetUp = R"sql(
pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16384;
create table if not exists repeats (
  chunk_index integer not null, source integer not null, record_number integer not null, "column" integer not null,
  kept_source integer not null, kept_record_number integer not null,
  primary key (chunk_index, source, record_number, "column")) without rowid;
)sql";

}  // namespace

SeenValues::SeenValues(Options options, std::unique_ptr<Database> database)
    : options_(std::move(options)),
      database_(std::move(database)),
      table_(*database_, options_.recent_max),
      turns_(options_.first_chunk) {}

Result<std::unique_ptr<SeenValues>> SeenValues::open(Options options) {
  std::error_code unknown;
  if (options.first_chunk > 0 && !std::filesystem::exists(options.file, unknown))
    return Error{ErrorKind::input_data,
                 fmt::format("{} is not there any more: what the pipe has shown so far cannot be told, nor so what "
                             "repeats it; put it back",
                             options.file.string())};
  auto database = Database::open(options.file, "the values seen");
  if (!database) return std::move(database).error();
  std::unique_ptr<SeenValues> seen(new SeenValues(std::move(options), *std::move(database)));
  if (auto ok = seen->take_up(); !ok) return std::move(ok).error();
  return seen;
}

Result<void> SeenValues::take_up() {
  if (auto ok = database_->script(kSetUp); !ok) return ok;
  if (auto ok = table_.take_up(options_.first_chunk); !ok) return ok;
  return database_->run("delete from repeats where chunk_index >= ?", {number(options_.first_chunk)});
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
  if (done)
    done = each_record(occurrences,
                       [&](std::span<const Occurrence> of_record) { return table_.pass(of_record, repeats); });
  for (size_t i = 0; done && i < repeats.size(); ++i) {
    const Repeat& repeat = repeats[i];
    done = database_->run(
        "insert into repeats values (?, ?, ?, ?, ?, ?)",
        {number(chunk_index), number(uint64_t{repeat.source}), number(repeat.record_number),
         number(uint64_t{repeat.column}), number(uint64_t{repeat.kept_source}), number(repeat.kept_record_number)});
  }
  if (done) done = database_->script("commit");
  if (done) return repeats;
  (void)database_->script("rollback");
  return std::move(done).error();
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
