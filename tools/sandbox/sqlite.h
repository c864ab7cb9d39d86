// A thin layer over SQLite. Every failure is thrown as DatabaseError; nothing here is safe to share between threads.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace bulkwrite::sandbox {

class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Database;

class Statement {
 public:
  Statement(Database& database, const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Parameters count from 1. Text and blobs are not copied: they must live until the next step() that ends the run.
  Statement& bind(int parameter, int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);

  // True while there is a row. Resets by itself after the last one.
  bool step();
  void run();
  // As run(), but a violated UNIQUE constraint is the answer false, with nothing changed.
  bool run_unless_duplicate();
  void reset();

  // Columns count from 0.
  int64_t integer(int column) const;
  std::string text(int column) const;
  std::string blob(int column) const;
  bool is_null(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

class Database {
 public:
  enum class Mode { kReadWrite, kReadOnly };

  Database(const std::string& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  bool in_transaction() const;
  sqlite3* handle() const { return handle_; }
  std::string last_error() const;

 private:
  sqlite3* handle_ = nullptr;
};

// The name as an SQL identifier.
std::string quoted_name(std::string_view name);

}  // namespace bulkwrite::sandbox
