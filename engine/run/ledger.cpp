#include "engine/run/ledger.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "engine/base/crash_point.h"
#include "engine/base/deliberate_bug.h"
#include "engine/base/file.h"
#include "engine/run/database.h"

namespace bulkwrite::run {
namespace {

constexpr int64_t kApplicationId = 0x42574c47;  // "BWLG"
constexpr int kLedgerVersion = 1;
constexpr int kBusyMilliseconds = 5'000;

constexpr const char* kTables = R"sql(
create table run (key text primary key, value text not null) without rowid;
create table files (ordinal integer primary key, path text not null, size integer not null, mtime_ns integer not null);
create table callbacks (token_hash text primary key, chunk_index integer not null references chunks) without rowid;
create table sources (source integer primary key, name text not null, path text not null, rereadable integer not null, size integer, mtime_ns integer);
create table chunks (
  chunk_index integer primary key, state text not null, records integer not null, sent integer not null,
  crc_source integer not null, crc_member integer not null, csv_bytes integer not null, zip_bytes integer not null,
  too_long integer not null, file_id text, creates integer not null default 0, maybe_created integer not null default 0, job_id text, job_status text,
  added integer, updated integer, skipped integer, total integer, resent integer not null default 0, why text not null default '');
create table parts (
  chunk_index integer not null references chunks, ordinal integer not null, source integer not null, begin integer not null,
  "end" integer not null, first_record integer not null, records integer not null, blank_lines integer not null,
  at integer not null, unterminated integer not null, primary key (chunk_index, ordinal)) without rowid;
)sql";

constexpr std::array<std::pair<ChunkState, std::string_view>, 13> kStateNames{{{ChunkState::empty, "empty"},
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
                                                                               {ChunkState::finished, "finished"},
                                                                               {ChunkState::abandoned, "abandoned"}}};

std::optional<ChunkState> state_of(std::string_view name) {
  for (const auto& [state, text] : kStateNames)
    if (text == name) return state;
  return std::nullopt;
}

// Whether SQLite's way of reading along with a writer cannot work, and is not needed: nothing can be written beside the
// ledger, and all of it is in the ledger's own file.
bool is_at_rest_on_read_only(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code not_there;
  const uintmax_t log_bytes = std::filesystem::file_size(path.string() + "-wal", not_there);
  return access(folder.c_str(), W_OK) != 0 && (not_there || log_bytes == 0);
}

std::string immutable_uri(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char c : path.string())
    uri += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  return uri + "?immutable=1";
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

NextStep next_step(ChunkState state, bool resend_is_safe) {
  switch (state) {
    case ChunkState::packed:
    case ChunkState::uploaded:
    case ChunkState::not_sent:
    case ChunkState::refused:
      return NextStep::submit;
    case ChunkState::created:
    case ChunkState::in_flight:
    case ChunkState::unfetched:
      return deliberate_bug(DeliberateBug::job_not_tracked_again) ? NextStep::nothing : NextStep::track;
    case ChunkState::creating:
    case ChunkState::uncertain:
      if (deliberate_bug(DeliberateBug::uncertain_sent_again)) return NextStep::submit;
      return resend_is_safe ? NextStep::submit : NextStep::hear_of;
    default:
      return NextStep::nothing;
  }
}

std::string difference(const RunFacts& run, const RunFacts& now) {
  const auto told = [](std::string_view what, std::string_view before, std::string_view after) {
    return fmt::format("the {} was \"{}\" and is \"{}\"", what, before, after);
  };
  if (run.target != now.target) return told("target", run.target, now.target);
  if (run.org != now.org) return told("organisation", run.org, now.org);
  if (run.module != now.module) return told("module", run.module, now.module);
  if (run.operation != now.operation) return told("operation", run.operation, now.operation);
  if (run.find_by != now.find_by) return told("find_by field", run.find_by, now.find_by);
  if (run.files.size() != now.files.size())
    return fmt::format("the input had {} files and has {}", run.files.size(), now.files.size());
  for (size_t i = 0; i < run.files.size(); ++i) {
    const source::FileIdentity &before = run.files[i], &after = now.files[i];
    if (before.path != after.path) return told("input", before.path, after.path);
    if (before.size != after.size)
      return fmt::format("{} had {} bytes and has {}", before.path, before.size, after.size);
    if (before.mtime_ns != after.mtime_ns) return before.path + " has been written since";
  }
  if (run.header != now.header || run.delimiter != now.delimiter) return "the header of the input is another";
  if (run.job != now.job)
    return "the mapping of columns to fields is another, or a format, a default, the key, --drop-unmapped or "
           "--ignore-empty";
  if (run.cut != now.cut) return told("way to cut chunks", run.cut, now.cut);
  return "";
}

Ledger::Ledger(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::create(const std::filesystem::path& path, const RunFacts& facts) {
  if (path == ":memory:" || deliberate_bug(DeliberateBug::ledger_named_early)) return make(path, facts);
  std::error_code unknown;
  if (std::filesystem::exists(path, unknown))
    return Error{ErrorKind::cannot_write,
                 fmt::format("cannot create the ledger {}: it is there already", path.string())};
  // Under its name only when it is complete: a crash leaves no ledger that does not know its run.
  const std::filesystem::path part = path.string() + ".part";
  for (const char* const leftover : {"", "-journal", "-wal", "-shm"})
    if (auto ok = remove_file(part.string() + leftover); !ok) return std::move(ok).error();
  if (auto made = make(part, facts); !made) return std::move(made).error();
  if (auto ok = rename_file(part, path); !ok) return std::move(ok).error();
  return open(path);
}

Result<std::unique_ptr<Ledger>> Ledger::make(const std::filesystem::path& path, const RunFacts& facts) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE | SQLITE_OPEN_FULLMUTEX;
  const bool opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr) == SQLITE_OK;
  auto database = std::make_unique<Database>(handle, "the ledger", path);
  if (!opened)
    return Error{ErrorKind::cannot_write,
                 fmt::format("cannot create the ledger {}: {}", path.string(), sqlite3_errmsg(handle))};
  Database& db = *database;
  crash_point("ledger: its file is made");
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(database)));
  const std::string marks =
      fmt::format("pragma application_id = {}; pragma user_version = {};", kApplicationId, kLedgerVersion);
  if (auto ok = db.script("pragma synchronous=full; begin immediate;"); !ok) return std::move(ok).error();
  if (auto ok = db.script(kTables); !ok) return std::move(ok).error();
  if (auto ok = db.script(marks.c_str()); !ok) return std::move(ok).error();
  if (auto ok = ledger->write_facts(facts); !ok) return std::move(ok).error();
  if (auto ok = db.script("commit; pragma journal_mode=wal;"); !ok) return std::move(ok).error();
  return ledger;
}

Result<void> Ledger::write_facts(const RunFacts& facts) {
  Database& db = *database_;
  const std::string delimiter(1, facts.delimiter);
  const std::array<std::pair<std::string_view, std::string_view>, 10> rows{{{"module", facts.module},
                                                                            {"operation", facts.operation},
                                                                            {"find_by", facts.find_by},
                                                                            {"org", facts.org},
                                                                            {"target", facts.target},
                                                                            {"job", facts.job},
                                                                            {"cut", facts.cut},
                                                                            {"header", facts.header},
                                                                            {"delimiter", delimiter},
                                                                            {"options", facts.options}}};
  for (const auto& [key, value] : rows)
    if (auto ok = db.run("insert into run values (?, ?)", {key, value}); !ok) return ok;
  for (size_t i = 0; i < facts.files.size(); ++i) {
    const source::FileIdentity& file = facts.files[i];
    auto ok = db.run("insert into files values (?, ?, ?, ?)",
                     {number(uint64_t{i}), std::string_view(file.path), number(file.size), file.mtime_ns});
    if (!ok) return ok;
  }
  return {};
}

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& path) {
  return open_existing(path, SQLITE_OPEN_READWRITE);
}

Result<std::unique_ptr<Ledger>> Ledger::look_at(const std::filesystem::path& path) {
  return open_existing(path, SQLITE_OPEN_READONLY);
}

Result<std::unique_ptr<Ledger>> Ledger::open_existing(const std::filesystem::path& path, int flags) {
  auto ledger = open_as(path.string(), path, flags);
  if (ledger || flags != SQLITE_OPEN_READONLY || !is_at_rest_on_read_only(path)) return ledger;
  return open_as(immutable_uri(path), path, flags | SQLITE_OPEN_URI);
}

Result<std::unique_ptr<Ledger>> Ledger::open_as(const std::string& name, const std::filesystem::path& path, int flags) {
  sqlite3* handle = nullptr;
  const bool opened = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_FULLMUTEX, nullptr) == SQLITE_OK;
  auto database = std::make_unique<Database>(handle, "the ledger", path);
  Database& db = *database;
  const auto damaged = [&](std::string_view why) {
    return Error{
        ErrorKind::input_data,
        fmt::format("{} is no ledger that can be read: {}; nothing was changed, and the result archives beside "
                    "it are still good",
                    path.string(), why)};
  };
  const auto refused = [&](Error why) { return why.kind == ErrorKind::input_data ? damaged(why.message) : why; };
  if (!opened) return refused(db.fault());
  // A ledger that is refused stays as it is: closing it does not fold its log into it.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  int64_t application = 0, version = 0;
  std::string state;
  const auto into = [](int64_t& number) { return [&number](sqlite3_stmt* s) { number = sqlite3_column_int64(s, 0); }; };
  if (auto ok = db.run("pragma application_id", {}, into(application)); !ok) return refused(std::move(ok).error());
  if (auto ok = db.run("pragma user_version", {}, into(version)); !ok) return refused(std::move(ok).error());
  if (application != kApplicationId) return damaged("it was made by another program, or is empty");
  if (version > kLedgerVersion) {
    return Error{ErrorKind::configuration,
                 fmt::format("{} was written by a newer bulkwrite (ledger version {}, this one knows {}): use that one",
                             path.string(), version, kLedgerVersion)};
  }
  auto ok = db.run("pragma integrity_check(1)", {}, [&](sqlite3_stmt* s) { state = text_of(s, 0); });
  if (!ok) return refused(std::move(ok).error());
  if (state != "ok") return damaged(state);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  if ((flags & SQLITE_OPEN_READWRITE) != 0)
    if (auto synced = db.script("pragma synchronous=full"); !synced) return std::move(synced).error();
  return std::unique_ptr<Ledger>(new Ledger(std::move(database)));
}

Result<RunFacts> Ledger::facts() {
  const std::scoped_lock lock(database_->mutex);
  RunFacts facts;
  const std::array<std::pair<std::string_view, std::string*>, 9> texts{{{"module", &facts.module},
                                                                        {"operation", &facts.operation},
                                                                        {"find_by", &facts.find_by},
                                                                        {"org", &facts.org},
                                                                        {"target", &facts.target},
                                                                        {"job", &facts.job},
                                                                        {"cut", &facts.cut},
                                                                        {"header", &facts.header},
                                                                        {"options", &facts.options}}};
  auto done = database_->run("select key, value from run", {}, [&](sqlite3_stmt* s) {
    const std::string key = text_of(s, 0), value = text_of(s, 1);
    for (const auto& [name, text] : texts)
      if (name == key) *text = value;
    if (key == "delimiter" && !value.empty()) facts.delimiter = value.front();
  });
  if (!done) return std::move(done).error();
  done = database_->run("select path, size, mtime_ns from files order by ordinal", {}, [&](sqlite3_stmt* s) {
    facts.files.push_back({text_of(s, 0), integer_of(s, 1), sqlite3_column_int64(s, 2)});
  });
  if (!done) return std::move(done).error();
  return facts;
}

Result<std::vector<SourceInfo>> Ledger::sources() {
  const std::scoped_lock lock(database_->mutex);
  std::vector<SourceInfo> sources;
  auto done = database_->run(
      "select source, name, rereadable, size, mtime_ns, path from sources order by source", {}, [&](sqlite3_stmt* s) {
        // A source without a record has no row of its own.
        sources.resize(integer_of(s, 0));
        sources.push_back(
            {text_of(s, 1), integer_of(s, 2) != 0, {text_of(s, 5), integer_of(s, 3), sqlite3_column_int64(s, 4)}});
      });
  if (!done) return std::move(done).error();
  return sources;
}

Result<InputPosition> Ledger::input_position() {
  const std::scoped_lock lock(database_->mutex);
  InputPosition position;
  auto done = database_->run(
      "select (select count(*) from chunks), source, \"end\", first_record + records from parts order by chunk_index "
      "desc, ordinal desc limit 1",
      {}, [&](sqlite3_stmt* s) {
        position = {integer_of(s, 0), static_cast<uint32_t>(integer_of(s, 1)), integer_of(s, 2), integer_of(s, 3)};
      });
  if (!done) return std::move(done).error();
  return position;
}

Result<void> Ledger::end_input(uint64_t blank_lines) {
  const std::scoped_lock lock(database_->mutex);
  const std::string text = std::to_string(blank_lines);
  return database_->run("insert or replace into run values ('ended_with_blank_lines', ?)", {std::string_view(text)});
}

Result<std::optional<uint64_t>> Ledger::ended_with_blank_lines() {
  const std::scoped_lock lock(database_->mutex);
  std::optional<uint64_t> blank_lines;
  auto done = database_->run("select cast(value as integer) from run where key = 'ended_with_blank_lines'", {},
                             [&](sqlite3_stmt* s) { blank_lines = integer_of(s, 0); });
  if (!done) return std::move(done).error();
  return blank_lines;
}

Result<Ledger::Totals> Ledger::totals() {
  const std::scoped_lock lock(database_->mutex);
  Totals totals;
  auto done =
      database_->run("select count(*), total(records), total(records - sent) from chunks", {}, [&](sqlite3_stmt* s) {
        totals.chunks = integer_of(s, 0);
        totals.records = integer_of(s, 1);
        totals.rejected = integer_of(s, 2);
      });
  if (!done) return std::move(done).error();
  done = database_->run("select total(blank_lines), total(\"end\" - begin) from parts", {}, [&](sqlite3_stmt* s) {
    totals.blank_lines = integer_of(s, 0);
    totals.bytes = integer_of(s, 1);
  });
  if (!done) return std::move(done).error();
  return totals;
}

Result<std::vector<std::pair<uint64_t, ChunkState>>> Ledger::states() {
  const std::scoped_lock lock(database_->mutex);
  std::vector<std::pair<uint64_t, ChunkState>> states;
  auto done = database_->run("select chunk_index, state from chunks order by chunk_index", {}, [&](sqlite3_stmt* s) {
    states.emplace_back(integer_of(s, 0), state_of(text_of(s, 1)).value_or(ChunkState::uncertain));
  });
  if (!done) return std::move(done).error();
  return states;
}

Result<void> Ledger::add_source(uint32_t ordinal, const SourceInfo& source) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run(
      "insert or ignore into sources values (?, ?, ?, ?, ?, ?)",
      {number(uint64_t{ordinal}), std::string_view(source.name), std::string_view(source.identity.path),
       number(uint64_t{source.rereadable}), number(source.identity.size), source.identity.mtime_ns});
}

Result<void> Ledger::add_chunk(const ChunkRow& row) {
  const std::scoped_lock lock(database_->mutex);
  Database& db = *database_;
  if (auto ok = db.run("begin immediate", {}); !ok) return ok;
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
  if (done) done = db.run("commit", {});
  if (!done) (void)db.run("rollback", {});
  return done;
}

Result<std::optional<ChunkRow>> Ledger::chunk(uint64_t chunk_index) {
  const std::scoped_lock lock(database_->mutex);
  std::optional<ChunkRow> row;
  bool known_state = true;
  const auto read_chunk = [&](sqlite3_stmt* s) {
    const auto integer = [&](int column) { return integer_of(s, column); };
    const auto text = [&](int column) { return text_of(s, column); };
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
                   .resent = integer(14) != 0,
                   .creates = integer(15),
                   .maybe_created = integer(16) != 0};
  };
  auto done = database_->run(
      "select state, records, sent, crc_source, crc_member, csv_bytes, zip_bytes, too_long, job_id, added, updated, "
      "skipped, total, why, "
      "resent, creates, maybe_created from chunks where chunk_index = ?",
      {number(chunk_index)}, read_chunk);
  if (!done) return std::move(done).error();
  if (!row) return std::optional<ChunkRow>();
  if (!known_state)
    return Error{ErrorKind::unexpected, fmt::format("the ledger holds an unknown state of chunk {}", chunk_index)};
  done = database_->run(
      "select source, begin, \"end\", first_record, records, blank_lines, at, unterminated from parts where "
      "chunk_index = ? order by ordinal",
      {number(chunk_index)}, [&](sqlite3_stmt* s) {
        const auto integer = [&](int column) { return integer_of(s, column); };
        row->ranges.parts.push_back({static_cast<uint32_t>(integer(0)), integer(1), integer(2), integer(3), integer(4),
                                     integer(5), static_cast<size_t>(integer(6)), integer(7) != 0});
      });
  if (!done) return std::move(done).error();
  return row;
}

Result<void> Ledger::repack(const ChunkRow& row) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run(
      "update chunks set state = ?, sent = ?, crc_member = ?, csv_bytes = ?, zip_bytes = ?, job_id = null, file_id = "
      "null, resent = ? where chunk_index = ?",
      {state_name(row.state), number(row.sent), number(uint64_t{row.crc_member}), number(row.csv_bytes),
       number(row.zip_bytes), number(uint64_t{row.resent}), number(row.ranges.chunk_index)});
}

Result<void> Ledger::set_state(uint64_t chunk_index, ChunkState state, std::string_view job_id, std::string_view why) {
  const std::scoped_lock lock(database_->mutex);
  if (deliberate_bug(DeliberateBug::creation_forgotten)) {
    return database_->run("update chunks set state = ?, job_id = nullif(?, ''), why = ? where chunk_index = ?",
                          {state_name(state), job_id, why, number(chunk_index)});
  }
  return database_->run(
      "update chunks set maybe_created = maybe_created or state in ('creating', 'uncertain'), state = ?, job_id = "
      "nullif(?, ''), why = ? where chunk_index = ?",
      {state_name(state), job_id, why, number(chunk_index)});
}

Result<void> Ledger::add_callback(uint64_t chunk_index, std::string_view token_hash) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run("insert into callbacks values (?, ?)", {token_hash, number(chunk_index)});
}

Result<std::optional<uint64_t>> Ledger::chunk_of_callback(std::string_view token_hash) {
  const std::scoped_lock lock(database_->mutex);
  std::optional<uint64_t> chunk_index;
  auto done = database_->run("select chunk_index from callbacks where token_hash = ?", {token_hash},
                             [&](sqlite3_stmt* s) { chunk_index = integer_of(s, 0); });
  if (!done) return std::move(done).error();
  if (chunk_index && deliberate_bug(DeliberateBug::callback_of_neighbour)) *chunk_index ^= 1U;
  return chunk_index;
}

Result<void> Ledger::settle(uint64_t chunk_index, ChunkState state, std::string_view job_id,
                            const api::JobCounts& counts, std::string_view why, bool resent) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run(
      "update chunks set state = ?, job_id = coalesce(nullif(?, ''), job_id), added = ?, updated = ?, skipped = ?, "
      "total = ?, why = ?, "
      "resent = max(resent, ?) where chunk_index = ?",
      {state_name(state), job_id, number(counts.added), number(counts.updated), number(counts.skipped),
       number(counts.total), why, number(uint64_t{resent}), number(chunk_index)});
}

Result<void> Ledger::settle_open() {
  const std::scoped_lock lock(database_->mutex);
  if (deliberate_bug(DeliberateBug::settled_as_not_sent)) {
    return database_->run(
        "update chunks set state = case when state = 'created' then 'in_flight' else 'not_sent' end where state in "
        "('packed', 'uploaded', 'creating', 'created')",
        {});
  }
  return database_->run(
      "update chunks set state = case when state = 'created' then 'in_flight' when state = 'creating' or maybe_created "
      "then 'uncertain' else 'not_sent' end, "
      "why = case when why <> '' then why when state = 'creating' then 'stopped before the reply came' else 'stopped' "
      "end "
      "where state in ('packed', 'uploaded', 'creating', 'created')",
      {});
}

Result<void> Ledger::uploaded(uint64_t chunk, std::string_view file_id) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run("update chunks set state = 'uploaded', file_id = ? where chunk_index = ?",
                        {file_id, number(chunk)});
}

Result<void> Ledger::creating(uint64_t chunk) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run(
      "update chunks set state = 'creating', creates = creates + 1, resent = max(resent, maybe_created) where "
      "chunk_index = ?",
      {number(chunk)});
}

Result<void> Ledger::created(uint64_t chunk, std::string_view job_id) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run("update chunks set state = 'created', job_id = ? where chunk_index = ?",
                        {job_id, number(chunk)});
}

Result<void> Ledger::not_created(uint64_t chunk, std::string_view why) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run("update chunks set state = 'uploaded', why = ? where chunk_index = ?", {why, number(chunk)});
}

Result<void> Ledger::create_uncertain(uint64_t chunk, std::string_view why) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run("update chunks set why = ?, maybe_created = 1 where chunk_index = ?", {why, number(chunk)});
}

Result<void> Ledger::job_ended(uint64_t chunk, std::string_view status, const api::JobCounts& counts) {
  const std::scoped_lock lock(database_->mutex);
  return database_->run(
      "update chunks set job_status = ?, added = ?, updated = ?, skipped = ?, total = ? where chunk_index = ?",
      {status, number(counts.added), number(counts.updated), number(counts.skipped), number(counts.total),
       number(chunk)});
}

}  // namespace bulkwrite::run
