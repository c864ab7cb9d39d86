#include "tests/e2e/world.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/json_schema.h"

namespace e2e {
namespace {

constexpr std::string_view kReady = "listening on ";

std::string program(const char* name) {
  return (std::filesystem::path(BULKWRITE_BIN_DIR) / name).string();
}

}  // namespace

std::string bulkwrite_program() {
  return program("bulkwrite");
}
std::string sandbox_program() {
  return program("bulkwrite-sandbox");
}
std::string gen_program() {
  return program("bulkwrite-gen");
}
std::filesystem::path data_file(const std::string& name) {
  return std::filesystem::path(BULKWRITE_SOURCE_DIR) / "data" / name;
}

nlohmann::json last_line_of(const Ended& ended) {
  std::string text = ended.out;
  while (text.ends_with('\n')) text.pop_back();
  const size_t line = text.rfind('\n');
  auto json = nlohmann::json::parse(line == std::string::npos ? text : text.substr(line + 1), nullptr, false);
  INFO("stdout: " << ended.out << "\nstderr: " << ended.err);
  REQUIRE_FALSE(json.is_discarded());
  return json;
}

nlohmann::json summary_of(const Ended& ended) {
  auto summary = last_line_of(ended);
  CHECK(schema_violations(summary, "summary.schema.json") == "");
  return summary;
}

std::vector<std::vector<std::string>> rows_of(const std::filesystem::path& csv) {
  const std::string text = slurp(csv);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row{""};
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"')
      row.back() += text[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && c == ',')
      row.emplace_back();
    else if (!quoted && c == '\n') {
      rows.push_back(row);
      row = {""};
    } else
      row.back() += c;
  }
  if (!rows.empty()) rows.erase(rows.begin());
  return rows;
}

size_t count_rows(const std::vector<std::vector<std::string>>& rows, size_t column, const std::string& value) {
  return static_cast<size_t>(std::count_if(
      rows.begin(), rows.end(), [&](const auto& row) { return row.size() > column && row[column] == value; }));
}

Sandbox::Sandbox(const TemporaryDirectory& directory, std::vector<std::string> arguments, const std::string& faults)
    : database_(directory / "crm.db"), log_(directory / "requests.jsonl") {
  std::vector<std::string> call{sandbox_program(), "--db",       database_.string(), "--port", "0",
                                "--request-log",   log_.string()};
  if (!faults.empty()) {
    spill(directory / "faults.json", faults);
    call.insert(call.end(), {"--faults", (directory / "faults.json").string()});
  }
  call.insert(call.end(), arguments.begin(), arguments.end());
  process_ = std::make_unique<Process>(call, directory.path());
  const bool ready =
      eventually([&] { return process_->out().find('\n') != std::string::npos || !process_->is_running(); });
  const std::string line = process_->out().substr(0, process_->out().find('\n'));
  INFO("the sandbox said: " << line << "\n" << process_->err());
  REQUIRE(ready);
  REQUIRE(line.starts_with(kReady));
  url_ = line.substr(kReady.size());
}

int64_t Sandbox::query(const std::string& sql) const {
  return e2e::query(database_, sql);
}

std::vector<std::vector<std::string>> select(const std::filesystem::path& database, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open_v2(database.c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_busy_timeout(db, 10'000);
  sqlite3_stmt* statement = nullptr;
  INFO(sql);
  const bool prepared = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK;
  std::vector<std::vector<std::string>> rows;
  int step = SQLITE_ROW;
  while (prepared && (step = sqlite3_step(statement)) == SQLITE_ROW) {
    std::vector<std::string>& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      row.emplace_back(bytes == nullptr ? "" : bytes, static_cast<size_t>(sqlite3_column_bytes(statement, i)));
    }
  }
  sqlite3_finalize(statement);
  sqlite3_close(db);
  REQUIRE(prepared);
  REQUIRE(step == SQLITE_DONE);
  return rows;
}

int64_t query(const std::filesystem::path& database, const std::string& sql) {
  const auto rows = select(database, sql);
  return rows.empty() ? -1 : std::atoll(rows.front().front().c_str());
}

std::vector<nlohmann::json> Sandbox::requests() const {
  std::vector<nlohmann::json> all;
  std::istringstream text(slurp(log_));
  for (std::string line; std::getline(text, line);) all.push_back(nlohmann::json::parse(line));
  return all;
}

size_t Sandbox::requests_of(const std::string& kind) const {
  size_t count = 0;
  for (const auto& request : requests()) count += request.value("kind", "") == kind ? 1 : 0;
  return count;
}

size_t Sandbox::faults_fired() const {
  size_t count = 0;
  for (const auto& request : requests()) count += request.contains("fault") && !request["fault"].is_null() ? 1 : 0;
  return count;
}

std::vector<std::string> load_call(const std::vector<std::string>& files, const std::string& target,
                                   const std::filesystem::path& run_dir, const std::vector<std::string>& more) {
  std::vector<std::string> call{bulkwrite_program(), "load"};
  call.insert(call.end(), files.begin(), files.end());
  call.insert(call.end(), {"--sandbox", target, "--run-dir", run_dir.string()});
  call.insert(call.end(), more.begin(), more.end());
  if (std::find(more.begin(), more.end(), "--module") == more.end()) call.insert(call.end(), {"--module", "Leads"});
  return call;
}

std::string leads(size_t records, size_t first) {
  std::string text = "Last_Name,Company,Email,Export_Id\n";
  for (size_t i = first; i < first + records; ++i) {
    const std::string n = std::to_string(i);
    text += "Name" + n + ",\"Company, " + n + "\",person" + n + "@example.org,x" + n + "\n";
  }
  return text;
}

}  // namespace e2e
