#include "tests/sandbox/sandbox_client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <zip.h>

#include <chrono>
#include <stdexcept>
#include <thread>

namespace bulkwrite::test {
namespace {

using nlohmann::json;

constexpr auto kJobMax = std::chrono::seconds(60);
constexpr int kAnswerSeconds = 60;

Answer to_answer(const httplib::Result& result) {
  if (!result) return {};
  Answer answer;
  answer.status = result->status;
  answer.content_type = result->get_header_value("Content-Type");
  answer.disposition = result->get_header_value("Content-Disposition");
  answer.body = result->body;
  answer.json = json::parse(result->body, nullptr, false);
  return answer;
}

Table parse_csv(const std::string& text) {
  Table table(1, {""});
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    std::string& field = table.back().back();
    if (text[i] == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"')
        field.push_back(text[i++]);
      else
        quoted = !quoted;
    } else if (quoted) {
      field.push_back(text[i]);
    } else if (text[i] == ',') {
      table.back().emplace_back();
    } else if (text[i] == '\n') {
      table.push_back({""});
    } else {
      field.push_back(text[i]);
    }
  }
  table.pop_back();
  return table;
}

}  // namespace

Answer SandboxClient::send(const std::string& method, const std::string& path, const std::string& body,
                           const Headers& headers) const {
  httplib::Client client("127.0.0.1", port_);
  client.set_read_timeout(kAnswerSeconds);
  client.set_write_timeout(kAnswerSeconds);
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  for (const auto& [name, value] : headers) request.headers.emplace(name, value);
  if (!token_.empty() && headers.count("Authorization") == 0) {
    request.headers.emplace("Authorization", "Zoho-oauthtoken " + token_);
  }
  return to_answer(client.send(request));
}

Answer SandboxClient::get(const std::string& path) const {
  return send("GET", path, "", {});
}

Answer SandboxClient::sign_in() const {
  return send("POST", "/oauth/v2/token",
              "grant_type=refresh_token&client_id=1000.SANDBOXCLIENT&client_secret=sandbox-client-secret"
              "&refresh_token=1000.sandbox.refresh-token",
              {{"Content-Type", "application/x-www-form-urlencoded"}});
}

Answer SandboxClient::upload(const std::string& zip) const {
  const std::string boundary = "----a boundary of 'some' form";
  std::string body = "--" + boundary +
                     "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Größe.zip\"\r\n"
                     "Content-Type: application/zip\r\n\r\n";
  body += zip;
  body += "\r\n--" + boundary + "--\r\n";
  return send("POST", "/crm/v8/upload", body,
              {{"feature", "bulk-write"},
               {"x-crm-org", "808232144"},
               {"Content-Type", "multipart/form-data; boundary=\"" + boundary + "\""}});
}

Answer SandboxClient::create(const json& body) const {
  return send("POST", "/crm/bulk/v8/write", body.dump(), {{"Content-Type", "application/json"}});
}

std::string SandboxClient::upload_csv(const std::string& csv) const {
  const Answer answer = upload(zip_of({{"data.csv", csv}}));
  if (answer.code() != "FILE_UPLOAD_SUCCESS") throw std::runtime_error("upload refused: " + answer.body);
  return answer.json.at("details").at("file_id").get<std::string>();
}

json SandboxClient::run(const std::string& csv, const json& job) const {
  const Answer created = create(with_file(job, upload_csv(csv)));
  if (created.status != 201) throw std::runtime_error("create refused: " + created.body);
  return wait(created.json.at("details").at("id").get<std::string>());
}

json SandboxClient::wait(const std::string& job_id) const {
  const auto until = std::chrono::steady_clock::now() + kJobMax;
  for (;;) {
    const Answer answer = get("/crm/bulk/v8/write/" + job_id);
    if (answer.status != 200) throw std::runtime_error("no details: " + answer.body);
    const std::string status = answer.json.at("status").get<std::string>();
    if (status == "COMPLETED" || status == "FAILED") return answer.json;
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the job does not end: " + answer.body);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Table SandboxClient::result(const json& details) const {
  std::string url = details.at("result").at("download_url").get<std::string>();
  const std::string origin = "http://127.0.0.1:" + std::to_string(port_);
  if (url.starts_with(origin)) url.erase(0, origin.size());
  if (!url.starts_with('/')) url.insert(0, "/");
  const Answer answer = get(url);
  if (answer.status != 200) throw std::runtime_error("no result: " + answer.body);
  return parse_csv(only_member(answer.body).second);
}

json job_of(const std::string& operation, const std::string& module, const std::vector<std::string>& columns,
            const std::string& find_by) {
  json mappings = json::array();
  for (size_t i = 0; i < columns.size(); ++i) mappings.push_back({{"api_name", columns[i]}, {"index", i}});
  json resource{{"type", "data"}, {"module", {{"api_name", module}}}};
  if (!columns.empty()) resource["field_mappings"] = mappings;
  if (!find_by.empty()) resource["find_by"] = find_by;
  return {{"operation", operation}, {"resource", json::array({resource})}};
}

json with_file(json job, const std::string& file_id) {
  job["resource"][0]["file_id"] = file_id;
  return job;
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members, bool stored) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
  zip_source_keep(target);
  for (const auto& [name, bytes] : members) {
    zip_source_t* content = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), content, ZIP_FL_ENC_UTF_8);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 1);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("cannot make a ZIP");
  zip_source_open(target);
  zip_source_seek(target, 0, SEEK_END);
  std::string bytes(static_cast<size_t>(zip_source_tell(target)), '\0');
  zip_source_seek(target, 0, SEEK_SET);
  zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  zip_source_free(target);
  return bytes;
}

std::pair<std::string, std::string> only_member(const std::string& bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = zip_open_from_source(source, ZIP_CHECKCONS, &error);
  if (archive == nullptr || zip_get_num_entries(archive, 0) != 1) throw std::runtime_error("no ZIP of one member");
  zip_stat_t about;
  zip_stat_index(archive, 0, 0, &about);
  std::pair<std::string, std::string> member(about.name, std::string(about.size, '\0'));
  zip_file_t* file = zip_fopen_index(archive, 0, 0);
  zip_fread(file, member.second.data(), about.size);
  zip_fclose(file);
  zip_discard(archive);
  return member;
}

}  // namespace bulkwrite::test
