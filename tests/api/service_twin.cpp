#include "tests/api/service_twin.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/api/service_words.h"

namespace twin {
namespace {

using nlohmann::json;
using service_words::complete;
using service_words::error_body;

std::string_view header_of(const Request& request, std::string_view name) {
  for (const auto& [known, value] : request.headers)
    if (known == name) return value;
  return {};
}

std::string_view path_of(std::string_view url) {
  const size_t scheme = url.find("://");
  const size_t slash = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  return slash == std::string_view::npos ? std::string_view() : url.substr(slash);
}

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

Reply refusal(int status, const std::string& code, const std::string& message) {
  return complete(status, error_body(code, message));
}

}  // namespace

Kind kind_of(const Request& request) {
  const std::string_view path = path_of(request.url);
  const bool post = request.method == Request::Method::post;
  if (post && path == "/oauth/v2/token") return Kind::token;
  if (post && path == "/crm/v8/upload") return Kind::upload;
  if (post && path == "/crm/bulk/v8/write") return Kind::create;
  if (post) return Kind::other;
  if (path == "/crm/v8/org") return Kind::org;
  if (path.starts_with("/crm/v8/settings/fields?")) return Kind::fields;
  if (path.starts_with("/crm/v8/settings/layouts?")) return Kind::layouts;
  if (path.starts_with("/crm/bulk/v8/write/")) return Kind::details;
  if (path.find("/bulk-write/") != std::string_view::npos && path.ends_with(".zip")) return Kind::download;
  return Kind::other;
}

Reply ServiceTwin::answer(const Request& request, Instant now) {
  const Kind kind = kind_of(request);
  Reply reply = route(request, kind, now);
  Arrival arrival{kind, now, request, request.file.size(), reply.status};
  arrival.request.file = {};
  arrivals_.push_back(std::move(arrival));
  return reply;
}

Reply ServiceTwin::route(const Request& request, Kind kind, Instant now) {
  if (kind == Kind::token) return issue_token(request, now);
  if (kind == Kind::other)
    return refusal(404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one");
  if (!is_signed_in(request, now)) return service_words::unauthorised();
  switch (kind) {
    case Kind::org:
      return complete(200, json{{"org", {{{"id", "5725767000000020005"}, {"zgid", kOrg}}}}}.dump());
    case Kind::fields:
      return complete(200, R"({"fields":[]})");
    case Kind::layouts:
      return complete(200, R"({"layouts":[]})");
    case Kind::upload:
      return take_upload(request);
    case Kind::create:
      return create(request, now);
    case Kind::details:
      return details(last_part(request.url), now);
    default: {
      const std::string file = last_part(request.url);
      return download(file.substr(0, file.size() - 4), now);
    }
  }
}

Reply ServiceTwin::issue_token(const Request& request, Instant now) {
  if (request.body != fmt::format("grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}", client_id,
                                  client_secret, refresh_token))
    return complete(200, R"({"error":"invalid_code"})");
  const std::string token = fmt::format("1000.token-{}", ++next_id_);
  accept_token(token, now + token_life);
  return complete(200, service_words::token_body(token, static_cast<int>(token_life.count() / 1'000)));
}

Reply ServiceTwin::take_upload(const Request& request) {
  if (header_of(request, "feature") != "bulk-write" || header_of(request, "X-CRM-ORG") != kOrg) {
    return complete(400, R"({"ERROR_CODE":400,"ERROR_MESSAGE":"Bad Request",)"
                         R"("x-error":"check if headers [feature, X-CRM-ORG] are present and valid"})");
  }
  if (!request.file.starts_with("PK"))
    return refusal(200, "INVALID_FILE_FORMAT", "invalid file format. only zip format is supported");
  const std::string file_id = std::to_string(++next_id_);
  files_.emplace(file_id, request.file);
  return complete(200, service_words::upload_body(file_id));
}

Reply ServiceTwin::create(const Request& request, Instant now) {
  const json body = json::parse(request.body, nullptr, false);
  if (body.is_discarded() || header_of(request, "Content-Type") != "application/json")
    return refusal(400, "REQUEST_BODY_NOT_SUPPORTED", "request body contains invalid format");
  const json& resource = body.at("resource").at(0);
  Job job{.operation = body.at("operation"),
          .module = resource.at("module").at("api_name"),
          .find_by = resource.value("find_by", ""),
          .csv_name = resource.at("file_names").at(0),
          .file_id = resource.at("file_id"),
          .created_at = now};
  if (body.contains("callback")) job.callback_url = body.at("callback").at("url");
  if (!files_.contains(job.file_id)) return refusal(400, "INVALID_FILE_ID", "improper file id");
  if (job.operation != "insert" && job.find_by.empty())
    return refusal(400, "MANDATORY_NOT_FOUND", "Required key find_by is not available");
  job.id = std::to_string(++next_id_);
  job.plan = plan(job);
  jobs_[job.id] = job;
  return complete(201, service_words::created_body(job.id));
}

Reply ServiceTwin::details(const std::string& job_id, Instant now) const {
  const Job* const job = find(job_id);
  if (job == nullptr) return refusal(404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.");
  const JobPlan& planned = job->plan;
  const bool has_ended = now >= job->created_at + planned.takes;
  const std::string status = has_ended ? planned.status : "INPROGRESS";
  json file = {{"status", status}, {"name", job->csv_name}};
  if (has_ended && planned.has_counts) {
    file["added_count"] = planned.added;
    file["updated_count"] = planned.updated;
    file["skipped_count"] = planned.skipped;
    file["total_count"] = planned.added + planned.updated + planned.skipped;
  }
  json body = {{"status", status},
               {"resource", {{{"status", status}, {"code", has_ended ? "SUCCESS" : "ADDED"}, {"file", file}}}},
               {"id", job->id},
               {"operation", job->operation}};
  if (!job->callback_url.empty()) body["callback"] = {{"url", job->callback_url}, {"method", "post"}};
  if (has_ended && planned.has_result) {
    body["result"]["download_url"] =
        fmt::format("{}/v8/crm/org{}/bulk-write/{}/{}.zip", download_base, kOrg, job->id, job->id);
  }
  return complete(200, body.dump());
}

Reply ServiceTwin::download(const std::string& job_id, Instant now) const {
  const Job* const job = find(job_id);
  if (job == nullptr || now < job->created_at + job->plan.takes)
    return complete(404, R"({"x-info":"Link not valid","http_status":"404"})");
  return complete(200, result(*job));
}

std::string ServiceTwin::result_of(const Job& job) {
  return "PK\x03\x04 the verdicts of " + job.csv_name;
}

bool ServiceTwin::is_signed_in(const Request& request, Instant now) const {
  constexpr std::string_view kPrefix = "Zoho-oauthtoken ";
  const std::string_view value = header_of(request, "Authorization");
  if (!value.starts_with(kPrefix)) return false;
  const auto token = tokens_.find(std::string(value.substr(kPrefix.size())));
  return token != tokens_.end() && now < token->second;
}

const Job* ServiceTwin::find(const std::string& job_id) const {
  const auto found = jobs_.find(job_id);
  return found == jobs_.end() ? nullptr : &found->second;
}

std::optional<Job> ServiceTwin::take_callback(Instant now) {
  for (auto& [id, job] : jobs_) {
    if (job.callback_url.empty() || job.called_back || now < job.created_at + job.plan.takes) continue;
    job.called_back = true;
    return job;
  }
  return std::nullopt;
}

size_t ServiceTwin::jobs_of(std::string_view csv_name) const {
  return static_cast<size_t>(
      std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& entry) { return entry.second.csv_name == csv_name; }));
}

size_t ServiceTwin::count(Kind kind) const {
  return static_cast<size_t>(
      std::count_if(arrivals_.begin(), arrivals_.end(), [&](const Arrival& one) { return one.kind == kind; }));
}

size_t ServiceTwin::count(Kind kind, int status) const {
  return static_cast<size_t>(std::count_if(arrivals_.begin(), arrivals_.end(), [&](const Arrival& one) {
    return one.kind == kind && one.status == status;
  }));
}

}  // namespace twin
