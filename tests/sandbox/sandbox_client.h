// Speaks to a sandbox as a client would, one request at a time, without any of the engine's code.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace bulkwrite::test {

struct Answer {
  int status = 0;  // 0: no answer came
  std::string content_type;
  std::string disposition;
  std::string body;
  nlohmann::json json;  // discarded when the body is no JSON
  std::string code() const { return json.is_object() ? json.value("code", std::string()) : std::string(); }
};

using Headers = std::multimap<std::string, std::string>;
using Table = std::vector<std::vector<std::string>>;

class SandboxClient {
 public:
  explicit SandboxClient(int port, std::string token = "test-token") : port_(port), token_(std::move(token)) {}

  Answer get(const std::string& path) const;
  Answer send(const std::string& method, const std::string& path, const std::string& body,
              const Headers& headers) const;
  // Signs in with the default client.
  Answer sign_in() const;

  Answer upload(const std::string& zip) const;
  Answer create(const nlohmann::json& body) const;
  // Uploads a CSV as the one member "data.csv" of a ZIP; its file_id.
  std::string upload_csv(const std::string& csv) const;
  // Uploads, creates and waits for the end; the job's details.
  nlohmann::json run(const std::string& csv, const nlohmann::json& job) const;
  nlohmann::json wait(const std::string& job_id) const;
  // The result's CSV, header first.
  Table result(const nlohmann::json& details) const;

 private:
  int port_;
  std::string token_;
};

// {operation, resource:[{type, module, find_by, field_mappings}]}; `columns` are API names, mapped in order.
nlohmann::json job_of(const std::string& operation, const std::string& module, const std::vector<std::string>& columns,
                      const std::string& find_by = "");
// The same with a file.
nlohmann::json with_file(nlohmann::json job, const std::string& file_id);

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members, bool stored = false);
// The one member's name and bytes.
std::pair<std::string, std::string> only_member(const std::string& zip);

}  // namespace bulkwrite::test
