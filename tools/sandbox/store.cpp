#include "tools/sandbox/store.h"

#include <set>
#include <utility>

namespace bulkwrite::sandbox {
namespace {

constexpr int64_t kFirstId = 4150868000005000001;

const char* column_type(const Field& field) {
  switch (field.type) {
    case FieldType::kInteger:
    case FieldType::kBigint:
    case FieldType::kBoolean:
    case FieldType::kLookup:
    case FieldType::kOwner:
    case FieldType::kLayout:
    case FieldType::kId:
      return "INTEGER";
    case FieldType::kDouble:
    case FieldType::kCurrency:
    case FieldType::kPercent:
      return "REAL";
    default:
      return "TEXT";
  }
}

std::string joined_expression(const Field& field) {
  std::string expression;
  for (const auto& part : field.joins) {
    if (!expression.empty()) expression += " || ' ' || ";
    expression += "coalesce(" + quoted_name(part) + ", '')";
  }
  return "trim(" + expression + ")";
}

std::string column_definition(const Field& field) {
  const std::string name = quoted_name(field.api_name);
  if (field.type == FieldType::kId) return name + " INTEGER PRIMARY KEY";
  if (field.joins.empty()) return name + " " + column_type(field);
  return name + " TEXT GENERATED ALWAYS AS (" + joined_expression(field) + ") VIRTUAL";
}

std::set<std::string> existing_columns(Database& database, const std::string& table) {
  std::set<std::string> names;
  Statement rows(database, "SELECT name FROM pragma_table_xinfo(?)");
  rows.bind(1, table);
  while (rows.step()) names.insert(rows.text(0));
  return names;
}

std::string index_statement(const Module& module, const Field& field, const char* kind) {
  return std::string("CREATE ") + kind + " IF NOT EXISTS " +
         quoted_name("index_" + module.api_name + "_" + field.api_name) + " ON " + quoted_name(module.api_name) + "(" +
         quoted_name(field.api_name) + " COLLATE NOCASE)";
}

}  // namespace

Store::Store(std::string path, const Catalog& catalog)
    : path_(std::move(path)), writer_(path_, Database::Mode::kReadWrite), next_id_(kFirstId) {
  writer_.execute("PRAGMA page_size = 8192");
  writer_.execute("PRAGMA journal_mode = WAL");
  writer_.execute("PRAGMA synchronous = NORMAL");
  writer_.execute("BEGIN IMMEDIATE");
  create_internal_tables();
  for (const auto& module : catalog.modules()) create_module(module, catalog.is_lookup_target(module));
  writer_.execute("COMMIT");
}

void Store::create_internal_tables() {
  writer_.execute(
      "CREATE TABLE IF NOT EXISTS sandbox_meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS sandbox_tokens(token TEXT PRIMARY KEY, created_ms INTEGER NOT NULL,"
      " expires_ms INTEGER NOT NULL);"
      "CREATE TABLE IF NOT EXISTS sandbox_uploads(id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
      " created_ms INTEGER NOT NULL, uses INTEGER NOT NULL DEFAULT 0, zip BLOB);"
      "CREATE TABLE IF NOT EXISTS sandbox_jobs(id INTEGER PRIMARY KEY, status TEXT NOT NULL, outcome TEXT NOT NULL,"
      " file_id INTEGER NOT NULL, created_ms INTEGER NOT NULL, finished_ms INTEGER, code TEXT NOT NULL,"
      " file_name TEXT, added INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL DEFAULT 0,"
      " skipped INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, request TEXT NOT NULL,"
      " mappings TEXT NOT NULL, origin TEXT NOT NULL);"
      "CREATE TABLE IF NOT EXISTS sandbox_results(job_id INTEGER PRIMARY KEY, zip BLOB NOT NULL);"
      "CREATE TABLE IF NOT EXISTS sandbox_picklists(module TEXT, field TEXT, value TEXT,"
      " PRIMARY KEY(module, field, value)) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS sandbox_revoked(token TEXT PRIMARY KEY) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS sandbox_grants(refresh_token TEXT PRIMARY KEY) WITHOUT ROWID;"
      "INSERT OR IGNORE INTO sandbox_meta VALUES('next_id', " +
      std::to_string(kFirstId) + ");");
  Statement row(writer_, "SELECT value FROM sandbox_meta WHERE name = 'next_id'");
  if (row.step()) next_id_ = row.integer(0);
}

void Store::create_module(const Module& module, bool lookup_target) {
  const std::set<std::string> existing = existing_columns(writer_, module.api_name);
  std::string columns;
  for (const auto& field : module.fields) {
    if (existing.empty()) columns += (columns.empty() ? "" : ", ") + column_definition(field);
    if (existing.empty() || existing.count(field.api_name) != 0) continue;
    writer_.execute("ALTER TABLE " + quoted_name(module.api_name) + " ADD COLUMN " + column_definition(field));
  }
  if (existing.empty()) writer_.execute("CREATE TABLE " + quoted_name(module.api_name) + "(" + columns + ")");
  for (const auto& field : module.fields) {
    if (field.type == FieldType::kId) continue;
    if (field.unique) writer_.execute(index_statement(module, field, "UNIQUE INDEX"));
    if (field.display && lookup_target && !field.unique) writer_.execute(index_statement(module, field, "INDEX"));
  }
}

void Store::lock_writer() {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  served_changed_.wait(lock, [&] { return served_ticket_ == ticket; });
}

void Store::unlock_writer() {
  {
    const std::lock_guard lock(mutex_);
    ++served_ticket_;
  }
  served_changed_.notify_all();
}

void Store::write(const std::function<void(Database&)>& work) {
  lock_writer();
  struct Unlock {
    Store& store;
    ~Unlock() { store.unlock_writer(); }
  } unlock{*this};
  writer_.execute("BEGIN IMMEDIATE");
  try {
    const int64_t first = next_id_;
    work(writer_);
    if (next_id_ != first) {
      Statement(writer_, "UPDATE sandbox_meta SET value = ? WHERE name = 'next_id'").bind(1, next_id_).run();
    }
    writer_.execute("COMMIT");
  } catch (...) {
    // A disk that is full has rolled it back by itself.
    if (writer_.in_transaction()) writer_.execute("ROLLBACK");
    throw;
  }
}

std::unique_ptr<Database> Store::take_reader() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_readers_.empty()) {
      auto reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return reader;
    }
  }
  return std::make_unique<Database>(path_, Database::Mode::kReadOnly);
}

void Store::read(const std::function<void(Database&)>& work) {
  std::unique_ptr<Database> reader = take_reader();
  work(*reader);
  const std::lock_guard lock(mutex_);
  idle_readers_.push_back(std::move(reader));
}

}  // namespace bulkwrite::sandbox
