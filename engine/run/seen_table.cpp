#include "engine/run/seen_table.h"

namespace bulkwrite::run {
namespace {

constexpr const char* kTables = R"sql(
create table if not exists seen (
  high integer not null, low integer not null, chunk_index integer not null, source integer not null,
  record_number integer not null, primary key (high, low)) without rowid;
create table if not exists recent (
  high integer not null, low integer not null, chunk_index integer not null, source integer not null,
  record_number integer not null);
)sql";

}  // namespace

Result<void> SeenTable::take_up(uint64_t first_chunk) {
  if (auto ok = database_.script(kTables); !ok) return ok;
  for (const char* const forget :
       {"delete from seen where chunk_index >= ?", "delete from recent where chunk_index >= ?"})
    if (auto ok = database_.run(forget, {number(first_chunk)}); !ok) return ok;
  return database_.run("select high, low, source, record_number from recent", {}, [&](sqlite3_stmt* row) {
    recent_[{integer_of(row, 0), integer_of(row, 1)}] = {static_cast<uint32_t>(integer_of(row, 2)), integer_of(row, 3)};
  });
}

Result<void> SeenTable::pass(std::span<const Occurrence> of_record, std::vector<Repeat>& repeats) {
  const size_t before = repeats.size();
  for (const Occurrence& one : of_record) {
    auto first = first_of(one.digest);
    if (!first) return std::move(first).error();
    if (first->has_value())
      repeats.push_back({.record_number = one.record_number,
                         .kept_record_number = (*first)->record_number,
                         .source = one.source,
                         .kept_source = (*first)->source,
                         .column = one.column});
  }
  if (repeats.size() > before) return {};
  for (const Occurrence& one : of_record)
    if (auto ok = add(one); !ok) return ok;
  return recent_.size() > recent_max_ ? spread_recent() : Result<void>();
}

Result<std::optional<SeenTable::Place>> SeenTable::first_of(const Digest& digest) {
  if (const auto found = recent_.find(digest); found != recent_.end()) return std::optional(found->second);
  std::optional<Place> place;
  auto done = database_.run("select source, record_number from seen where high = ? and low = ?",
                            {number(digest[0]), number(digest[1])}, [&](sqlite3_stmt* row) {
                              place = {static_cast<uint32_t>(integer_of(row, 0)), integer_of(row, 1)};
                            });
  if (!done) return std::move(done).error();
  return place;
}

Result<void> SeenTable::add(const Occurrence& occurrence) {
  recent_[occurrence.digest] = {occurrence.source, occurrence.record_number};
  return database_.run("insert into recent values (?, ?, ?, ?, ?)",
                       {number(occurrence.digest[0]), number(occurrence.digest[1]), number(uint64_t{occurrence.chunk}),
                        number(uint64_t{occurrence.source}), number(occurrence.record_number)});
}

Result<void> SeenTable::spread_recent() {
  recent_.clear();
  return database_.script("insert into seen select * from recent order by high, low; delete from recent;");
}

}  // namespace bulkwrite::run
