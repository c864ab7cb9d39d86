// A SQLite database and its statements.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "engine/base/result.h"

namespace bulkwrite::run {

// One statement at a time, under `mutex`, which the caller holds. Errors: input_data for a file that is damaged or no
// database, else cannot_write.
class Database {
 public:
  using Value = std::variant<std::monostate, int64_t, std::string_view>;
  using RowSink = std::function<void(sqlite3_stmt*)>;

  // One that is made if it is not there, for one connection.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, std::string what);
  // Takes over a handle, which is to be closed even where opening it failed. `what` the file is, for messages.
  Database(sqlite3* handle, std::string what, std::filesystem::path path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // `sql` is a literal: its address is its name, and it is prepared once.
  Result<void> run(const char* sql, std::initializer_list<Value> values, const RowSink& row = nullptr);
  Result<void> script(const char* sql);
  // How many rows the last run() has changed.
  int changes() const { return sqlite3_changes(handle_); }
  // What SQLite says of the last call.
  Error fault() const;

  std::mutex mutex;

 private:
  sqlite3_stmt* prepared(const char* sql);

  sqlite3* const handle_;
  const std::string what_;
  const std::filesystem::path path_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

std::string text_of(sqlite3_stmt* row, int column);
uint64_t integer_of(sqlite3_stmt* row, int column);
Database::Value number(uint64_t value);
Database::Value number(std::optional<uint64_t> value);

}  // namespace bulkwrite::run
