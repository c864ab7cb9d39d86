#include "tools/sandbox/sqlite.h"

#include <sqlite3.h>

namespace bulkwrite::sandbox {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

}  // namespace

Database::Database(const std::string& path, Mode mode) {
  const int flags = mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  if (sqlite3_open_v2(path.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
    const std::string reason = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw DatabaseError("cannot open the database " + path + ": " + reason);
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
}

Database::~Database() {
  sqlite3_close(handle_);
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
  throw DatabaseError(last_error() + " in: " + sql);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

std::string Database::last_error() const {
  return sqlite3_errmsg(handle_);
}

Statement::Statement(Database& database, const std::string& sql) : database_(database) {
  const int length = static_cast<int>(sql.size());
  if (sqlite3_prepare_v2(database.handle(), sql.c_str(), length, &statement_, nullptr) == SQLITE_OK) return;
  throw DatabaseError(database.last_error() + " in: " + sql);
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  sqlite3_bind_double(statement_, parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();
  sqlite3_bind_text64(statement_, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();
  sqlite3_bind_blob64(statement_, parameter, data, bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  sqlite3_bind_null(statement_, parameter);
  return *this;
}

bool Statement::step() {
  const int outcome = sqlite3_step(statement_);
  if (outcome == SQLITE_ROW) return true;
  const std::string reason = outcome == SQLITE_DONE ? "" : database_.last_error();
  sqlite3_reset(statement_);
  if (outcome != SQLITE_DONE) throw DatabaseError(reason);
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

bool Statement::run_unless_duplicate() {
  const int outcome = sqlite3_step(statement_);
  const std::string reason = outcome == SQLITE_DONE ? "" : database_.last_error();
  sqlite3_reset(statement_);
  if (outcome == SQLITE_CONSTRAINT_UNIQUE) return false;
  if (outcome != SQLITE_DONE) throw DatabaseError(reason);
  return true;
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? "\"\"" : std::string(1, c));
  return quoted + "\"";
}

}  // namespace bulkwrite::sandbox
