// A sandbox process, the program in front of it, and what both leave behind, for tests that load for real.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/process.h"

namespace e2e {

std::string bulkwrite_program();
std::string sandbox_program();
std::string gen_program();
std::filesystem::path data_file(const std::string& name);

// The last line of what the program wrote to stdout, which must be JSON.
nlohmann::json last_line_of(const Ended& ended);
// That line as a summary, held against its schema.
nlohmann::json summary_of(const Ended& ended);

// The records of a simple CSV that the program wrote, without the header, split at commas outside quotes.
std::vector<std::vector<std::string>> rows_of(const std::filesystem::path& csv);
// How many rows have `value` in `column`.
size_t count_rows(const std::vector<std::vector<std::string>>& rows, size_t column, const std::string& value);

// A sandbox that runs until the end of the test.
class Sandbox {
 public:
  explicit Sandbox(const TemporaryDirectory& directory, std::vector<std::string> arguments = {},
                   const std::string& faults = "");

  const std::string& url() const { return url_; }
  Process& process() { return *process_; }
  const std::filesystem::path& database() const { return database_; }
  int64_t query(const std::string& sql) const;

  // Of the request log.
  std::vector<nlohmann::json> requests() const;
  size_t requests_of(const std::string& kind) const;
  size_t faults_fired() const;

 private:
  std::filesystem::path database_, log_;
  std::unique_ptr<Process> process_;
  std::string url_;
};

int64_t query(const std::filesystem::path& database, const std::string& sql);
// All rows, as text.
std::vector<std::vector<std::string>> select(const std::filesystem::path& database, const std::string& sql);

// `load FILES --module Leads --sandbox TARGET --run-dir DIRECTORY/run ...`
std::vector<std::string> load_call(const std::vector<std::string>& files, const std::string& target,
                                   const std::filesystem::path& run_dir, const std::vector<std::string>& more = {});

// Leads with distinct e-mail addresses: Last_Name, Company, Email, Export_Id.
std::string leads(size_t records, size_t first = 1);

}  // namespace e2e
