#include "engine/run/database.h"

#include <fmt/format.h>

#include "engine/base/crash_point.h"

namespace bulkwrite::run {
namespace {

void bind(sqlite3_stmt* statement, int at, const Database::Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value))
    sqlite3_bind_int64(statement, at, *integer);
  else if (const auto* text = std::get_if<std::string_view>(&value))
    sqlite3_bind_text(statement, at, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
  else
    sqlite3_bind_null(statement, at);
}

}  // namespace

Database::Database(sqlite3* handle, std::string what, std::filesystem::path path)
    : handle_(handle), what_(std::move(what)), path_(std::move(path)) {}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, std::string what) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  const bool opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr) == SQLITE_OK;
  auto database = std::make_unique<Database>(handle, std::move(what), path);
  if (!opened) return database->fault();
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Result<void> Database::run(const char* sql, std::initializer_list<Value> values, const RowSink& row) {
  sqlite3_stmt* const statement = prepared(sql);
  if (statement == nullptr) return fault();
  int at = 0;
  for (const Value& value : values) bind(statement, ++at, value);
  int step = sqlite3_step(statement);
  for (; step == SQLITE_ROW; step = sqlite3_step(statement))
    if (row) row(statement);
  const Result<void> outcome = step == SQLITE_DONE ? Result<void>() : fault();
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  if (outcome && !sqlite3_get_autocommit(handle_)) return outcome;
  if (outcome && !row) crash_point(sql);
  return outcome;
}

Result<void> Database::script(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fault();
  if (sqlite3_get_autocommit(handle_)) crash_point(sql);
  return {};
}

Error Database::fault() const {
  const int code = sqlite3_errcode(handle_);
  const bool is_damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return {is_damaged ? ErrorKind::input_data : ErrorKind::cannot_write,
          fmt::format("{} {}: {}", what_, path_.string(), sqlite3_errmsg(handle_))};
}

// Null where that fails.
sqlite3_stmt* Database::prepared(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
  return statement;
}

std::string text_of(sqlite3_stmt* row, int column) {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  return std::string(bytes == nullptr ? "" : bytes, static_cast<size_t>(sqlite3_column_bytes(row, column)));
}

uint64_t integer_of(sqlite3_stmt* row, int column) {
  return static_cast<uint64_t>(sqlite3_column_int64(row, column));
}

Database::Value number(uint64_t value) {
  return static_cast<int64_t>(value);
}
Database::Value number(std::optional<uint64_t> value) {
  return value ? number(*value) : Database::Value();
}

}  // namespace bulkwrite::run
