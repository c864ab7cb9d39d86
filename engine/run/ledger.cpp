#include "engine/run/ledger.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <mutex>
#include <utility>
#include <variant>

namespace bulkwrite::run {
namespace {

constexpr int kLedgerVersion = 1;

constexpr const char* kTables = R"sql(
create table run (key text primary key, value text not null) without rowid;
create table sources (source integer primary key, name text not null, rereadable integer not null, size integer, mtime_ns integer);
create table chunks (
  chunk_index integer primary key, state text not null, records integer not null, sent integer not null,
  crc_source integer not null, crc_member integer not null, csv_bytes integer not null, zip_bytes integer not null,
  too_long integer not null, file_id text, creates integer not null default 0, job_id text, job_status text,
  added integer, updated integer, skipped integer, total integer, resent integer not null default 0, why text not null default '');
create table parts (
  chunk_index integer not null references chunks, ordinal integer not null, source integer not null, begin integer not null,
  "end" integer not null, first_record integer not null, records integer not null, blank_lines integer not null,
  at integer not null, unterminated integer not null, primary key (chunk_index, ordinal)) without rowid;
)sql";

constexpr std::array<std::pair<ChunkState, std::string_view>, 12> kStateNames{{{ChunkState::empty, "empty"},
                                                                               {ChunkState::packed, "packed"},
                                                                               {ChunkState::uploaded, "uploaded"},
                                                                               {ChunkState::creating, "creating"},
                                                                               {ChunkState::created, "created"},
                                                                               {ChunkState::not_sent, "not_sent"},
                                                                               {ChunkState::refused, "refused"},
                                                                               {ChunkState::uncertain, "uncertain"},
                                                                               {ChunkState::in_flight, "in_flight"},
                                                                               {ChunkState::unfetched, "unfetched"},
                                                                               {ChunkState::failed, "failed"},
                                                                               {ChunkState::finished, "finished"}}};

std::optional<ChunkState> state_of(std::string_view name) {
  for (const auto& [state, text] : kStateNames)
    if (text == name) return state;
  return std::nullopt;
}

using Value = std::variant<std::monostate, int64_t, std::string_view>;

Value number(uint64_t value) {
  return static_cast<int64_t>(value);
}
Value number(std::optional<uint64_t> value) {
  return value ? number(*value) : Value();
}

}  // namespace

std::string_view state_name(ChunkState state) {
  for (const auto& [known, text] : kStateNames)
    if (known == state) return text;
  return "unknown";
}

bool is_settled(ChunkState state) {
  return state != ChunkState::packed && state != ChunkState::uploaded && state != ChunkState::creating &&
         state != ChunkState::created;
}

// The SQLite handle, one statement at a time under one lock.
class Ledger::Connection {
 public:
  Connection(sqlite3* database, std::filesystem::path path) : database_(database), path_(std::move(path)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { sqlite3_close(database_); }

  using RowSink = std::function<void(sqlite3_stmt*)>;

  Result<void> run(const char* sql, std::initializer_list<Value> values, const RowSink& row = nullptr) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK) return fault();
    int at = 0;
    for (const Value& value : values) bind(statement, ++at, value);
    int step = sqlite3_step(statement);
    for (; step == SQLITE_ROW; step = sqlite3_step(statement))
      if (row) row(statement);
    const Result<void> outcome = step == SQLITE_DONE ? Result<void>() : fault();
    sqlite3_finalize(statement);
    return outcome;
  }

  Result<void> script(const char* sql) {
    return sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK ? Result<void>() : fault();
  }

  std::mutex mutex;

 private:
  static void bind(sqlite3_stmt* statement, int at, const Value& value) {
    if (const auto* integer = std::get_if<int64_t>(&value))
      sqlite3_bind_int64(statement, at, *integer);
    else if (const auto* text = std::get_if<std::string_view>(&value))
      sqlite3_bind_text(statement, at, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
    else
      sqlite3_bind_null(statement, at);
  }

  Result<void> fault() const {
    return Error{ErrorKind::cannot_write, fmt::format("the ledger {}: {}", path_.string(), sqlite3_errmsg(database_))};
  }

  sqlite3* const database_;
  const std::filesystem::path path_;
};

Ledger::Ledger(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::create(const std::filesystem::path& path, const RunFacts& facts) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE | SQLITE_OPEN_FULLMUTEX;
  const bool opened = sqlite3_open_v2(path.c_str(), &database, flags, nullptr) == SQLITE_OK;
  auto connection = std::make_unique<Connection>(database, path);
  if (!opened)
    return Error{ErrorKind::cannot_write,
                 fmt::format("cannot create the ledger {}: {}", path.string(), sqlite3_errmsg(database))};
  Connection& db = *connection;
  if (auto ok = db.script("pragma journal_mode=wal; pragma synchronous=full;"); !ok) return std::move(ok).error();
  if (auto ok = db.script(kTables); !ok) return std::move(ok).error();
  const std::string delimiter(1, facts.delimiter), version = std::to_string(kLedgerVersion);
  const std::array<std::pair<std::string_view, std::string_view>, 8> rows{{{"ledger_version", version},
                                                                           {"module", facts.module},
                                                                           {"operation", facts.operation},
                                                                           {"find_by", facts.find_by},
                                                                           {"org", facts.org},
                                                                           {"target", facts.target},
                                                                           {"header", facts.header},
                                                                           {"delimiter", delimiter}}};
  for (const auto& [key, value] : rows)
    if (auto ok = db.run("insert into run values (?, ?)", {key, value}); !ok) return std::move(ok).error();
  return std::unique_ptr<Ledger>(new Ledger(std::move(connection)));
}

Result<void> Ledger::add_source(uint32_t ordinal, const SourceInfo& source) {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run(
      "insert or ignore into sources values (?, ?, ?, ?, ?)",
      {number(uint64_t{ordinal}), std::string_view(source.name), number(uint64_t{source.rereadable}),
       number(source.identity.size), Value(source.identity.mtime_ns)});
}

Result<void> Ledger::add_chunk(const ChunkRow& row) {
  const std::scoped_lock lock(connection_->mutex);
  Connection& db = *connection_;
  if (auto ok = db.script("begin immediate"); !ok) return ok;
  auto done = db.run(
      "insert into chunks (chunk_index, state, records, sent, crc_source, crc_member, csv_bytes, zip_bytes, too_long) "
      "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {number(row.ranges.chunk_index), state_name(row.state), number(row.records), number(row.sent),
       number(uint64_t{row.ranges.crc_source}), number(uint64_t{row.crc_member}), number(row.csv_bytes),
       number(row.zip_bytes), number(uint64_t{row.ranges.too_long})});
  for (size_t i = 0; done && i < row.ranges.parts.size(); ++i) {
    const csv::Part& part = row.ranges.parts[i];
    done = db.run("insert into parts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  {number(row.ranges.chunk_index), number(uint64_t{i}), number(uint64_t{part.source}),
                   number(part.begin), number(part.end), number(part.first_record), number(part.records),
                   number(part.blank_lines), number(uint64_t{part.at}), number(uint64_t{part.unterminated})});
  }
  if (done) done = db.script("commit");
  if (!done) (void)db.script("rollback");
  return done;
}

Result<std::optional<ChunkRow>> Ledger::chunk(uint64_t chunk_index) {
  const std::scoped_lock lock(connection_->mutex);
  std::optional<ChunkRow> row;
  bool known_state = true;
  const auto read_chunk = [&](sqlite3_stmt* s) {
    const auto integer = [&](int column) { return static_cast<uint64_t>(sqlite3_column_int64(s, column)); };
    const auto text = [&](int column) {
      const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(s, column));
      return std::string(bytes == nullptr ? "" : bytes, static_cast<size_t>(sqlite3_column_bytes(s, column)));
    };
    const auto maybe = [&](int column) {
      return sqlite3_column_type(s, column) == SQLITE_NULL ? std::nullopt : std::optional<uint64_t>(integer(column));
    };
    const auto state = state_of(text(0));
    known_state = state.has_value();
    row = ChunkRow{.ranges = {chunk_index, {}, static_cast<uint32_t>(integer(3)), integer(7) != 0},
                   .records = integer(1),
                   .sent = integer(2),
                   .csv_bytes = integer(5),
                   .zip_bytes = integer(6),
                   .crc_member = static_cast<uint32_t>(integer(4)),
                   .state = state.value_or(ChunkState::packed),
                   .job_id = text(8),
                   .counts = {maybe(9), maybe(10), maybe(11), maybe(12)},
                   .why = text(13),
                   .resent = integer(14) != 0};
  };
  auto done = connection_->run(
      "select state, records, sent, crc_source, crc_member, csv_bytes, zip_bytes, too_long, job_id, added, updated, "
      "skipped, total, why, "
      "resent from chunks where chunk_index = ?",
      {number(chunk_index)}, read_chunk);
  if (!done) return std::move(done).error();
  if (!row) return std::optional<ChunkRow>();
  if (!known_state)
    return Error{ErrorKind::unexpected, fmt::format("the ledger holds an unknown state of chunk {}", chunk_index)};
  done = connection_->run(
      "select source, begin, \"end\", first_record, records, blank_lines, at, unterminated from parts where "
      "chunk_index = ? order by ordinal",
      {number(chunk_index)}, [&](sqlite3_stmt* s) {
        const auto integer = [&](int column) { return static_cast<uint64_t>(sqlite3_column_int64(s, column)); };
        row->ranges.parts.push_back({static_cast<uint32_t>(integer(0)), integer(1), integer(2), integer(3), integer(4),
                                     integer(5), static_cast<size_t>(integer(6)), integer(7) != 0});
      });
  if (!done) return std::move(done).error();
  return row;
}

Result<void> Ledger::settle(uint64_t chunk_index, ChunkState state, std::string_view job_id,
                            const api::JobCounts& counts, std::string_view why, bool resent) {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run(
      "update chunks set state = ?, job_id = coalesce(nullif(?, ''), job_id), added = ?, updated = ?, skipped = ?, "
      "total = ?, why = ?, "
      "resent = ? where chunk_index = ?",
      {state_name(state), job_id, number(counts.added), number(counts.updated), number(counts.skipped),
       number(counts.total), why, number(uint64_t{resent}), number(chunk_index)});
}

Result<void> Ledger::settle_open() {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run(
      "update chunks set state = case state when 'creating' then 'uncertain' when 'created' then 'in_flight' else "
      "'not_sent' end, "
      "why = case when why <> '' then why when state = 'creating' then 'stopped before the reply came' else 'stopped' "
      "end "
      "where state in ('packed', 'uploaded', 'creating', 'created')",
      {});
}

Result<void> Ledger::uploaded(uint64_t chunk, std::string_view file_id) {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run("update chunks set state = 'uploaded', file_id = ? where chunk_index = ?",
                          {file_id, number(chunk)});
}

Result<void> Ledger::creating(uint64_t chunk) {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run("update chunks set state = 'creating', creates = creates + 1 where chunk_index = ?",
                          {number(chunk)});
}

Result<void> Ledger::created(uint64_t chunk, std::string_view job_id) {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run("update chunks set state = 'created', job_id = ? where chunk_index = ?",
                          {job_id, number(chunk)});
}

Result<void> Ledger::not_created(uint64_t chunk, std::string_view why) {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run("update chunks set state = 'uploaded', why = ? where chunk_index = ?", {why, number(chunk)});
}

Result<void> Ledger::create_uncertain(uint64_t chunk, std::string_view why) {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run("update chunks set why = ? where chunk_index = ?", {why, number(chunk)});
}

Result<void> Ledger::job_ended(uint64_t chunk, std::string_view status, const api::JobCounts& counts) {
  const std::scoped_lock lock(connection_->mutex);
  return connection_->run(
      "update chunks set job_status = ?, added = ?, updated = ?, skipped = ?, total = ? where chunk_index = ?",
      {status, number(counts.added), number(counts.updated), number(counts.skipped), number(counts.total),
       number(chunk)});
}

}  // namespace bulkwrite::run
