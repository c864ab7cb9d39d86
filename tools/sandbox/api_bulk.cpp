#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tools/sandbox/api.h"
#include "tools/sandbox/apply.h"
#include "tools/sandbox/clock.h"
#include "tools/sandbox/csv_reader.h"
#include "tools/sandbox/job_plan.h"
#include "tools/sandbox/job_view.h"
#include "tools/sandbox/multipart.h"
#include "tools/sandbox/zip_file.h"

namespace bulkwrite::sandbox {
namespace {

using nlohmann::ordered_json;

constexpr size_t kHeaderBytesMax = 1'000'000;

std::optional<int64_t> parse_id(const std::string& text) {
  int64_t id = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, id);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return id;
}

HttpReply gateway_reply(int status, const ordered_json& body) {
  return json_reply(status, body);
}

// The first check of an upload: the headers that the file gateway wants (contract 2.1, 2.3).
std::optional<HttpReply> refuse_headers(const Service& service, const Call& call) {
  const std::string feature = call.request.header("feature");
  const std::string org = call.request.header("X-CRM-ORG");
  if (!feature.empty() && feature != "bulk-write") {
    throw Refusal{std::stoi(service.switches.upload_error_http),
                  "NOT_SUPPORTED_FEATURE",
                  "Feature is not supported",
                  {{"created_time", iso_time(0)}}};
  }
  if (!feature.empty() && org == service.org) return std::nullopt;
  const char* wrong = feature.empty() ? "feature" : "X-CRM-ORG";
  if (service.switches.upload_header_error == "envelope") {
    const char* code = feature.empty() || org.empty() ? "MANDATORY_NOT_FOUND" : "INVALID_DATA";
    throw Refusal{400, code, "check if headers [feature, X-CRM-ORG] are present and valid", {{"api_name", wrong}}};
  }
  call.note.code = "gateway";
  return gateway_reply(400, {{"ERROR_CODE", 400},
                             {"ERROR_MESSAGE", "Bad Request"},
                             {"x-error", "check if headers [feature, X-CRM-ORG] are present and valid"}});
}

Part uploaded_part(const Call& call) {
  const auto parts = parse_multipart(call.request.content_type, call.request.body);
  if (!parts) throw Refusal{400, "INVALID_DATA", "the body is no multipart/form-data"};
  // Live, the part may bear any name (contract 2.1): it is the filename that makes it a file.
  for (const auto& part : *parts) {
    if (part.has_filename && !part.filename.empty()) return part;
  }
  throw Refusal{400, "MANDATORY_NOT_FOUND", "Required key file is not available", {{"api_name", "file"}}};
}

nlohmann::json parse_body(const HttpRequest& request) {
  if (request.content_type.empty()) throw Refusal{415, "MEDIA_TYPE_NOT_SUPPORTED", "the media type is not supported"};
  // The documentation's own sample posts JSON as urlencoded, so the type itself is not held against anybody.
  auto body = nlohmann::json::parse(request.body, nullptr, false);
  if (request.body_too_large || body.is_discarded()) {
    throw Refusal{400, "REQUEST_BODY_NOT_SUPPORTED", "request body contains invalid format"};
  }
  return body;
}

Upload usable_upload(const Service& service, const JobPlan& plan) {
  const auto id = parse_id(plan.file_id);
  auto upload = id ? find_upload(service.store, *id) : std::nullopt;
  const int64_t ttl_ms = service.switches.file_id_ttl_s * 1000;
  const bool expired = upload && ttl_ms > 0 && upload->created_ms + ttl_ms < now_ms();
  const bool spent = upload && upload->uses > 0 && service.switches.file_id_reuse == "single";
  if (!upload || expired || spent) {
    throw Refusal{
        400, "INVALID_FILE_ID", "improper file id", {{"api_name", "file_id"}, {"json_path", "$.resource[0].file_id"}}};
  }
  return std::move(*upload);
}

// What can be said of the file before the job runs. A file that cannot be read is left to the job, which will fail.
void check_file(const Service& service, JobPlan& plan, const std::string& zip) {
  const auto names = zip_member_names(zip);
  if (!names || names->empty()) return check_without_header(plan, service.switches);
  const bool named = !plan.file_name.empty();
  if (named && std::find(names->begin(), names->end(), plan.file_name) == names->end()) {
    throw Refusal{400,
                  "FILE_NOT_FOUND",
                  fmt::format("the file {} is not found", plan.file_name),
                  {{"api_name", "file_names"}, {"json_path", "$.resource[0].file_names[0]"}}};
  }
  const auto bytes = read_zip_member(zip, named ? plan.file_name : names->front(), kHeaderBytesMax);
  if (!bytes) return check_without_header(plan, service.switches);
  CsvReader reader(*bytes, detect_delimiter(*bytes));
  std::vector<std::string> header;
  if (reader.next(header) != CsvOutcome::kRecord) return check_without_header(plan, service.switches);
  bind_to_header(plan, header, service.catalog, service.switches);
}

[[noreturn]] void refuse_unknown_job(const Service& service) {
  throw Refusal{std::stoi(service.switches.not_found_http), "RESOURCE_NOT_FOUND",
                "The requested resource doesn't exist."};
}

Job known_job(const Service& service, const Call& call) {
  const auto id = parse_id(call.argument);
  auto job = id ? find_job(service.store, *id) : std::nullopt;
  if (!job) refuse_unknown_job(service);
  call.note.job_id = call.argument;
  return std::move(*job);
}

}  // namespace

HttpReply answer_upload(const Service& service, const Call& call) {
  if (auto refused = refuse_headers(service, call)) return *refused;
  const Refusal too_large{413, "FILE_TOO_LARGE", "File size too large to process"};
  if (call.request.body_too_large) throw too_large;
  const Part part = uploaded_part(call);
  if (part.content.size() > static_cast<size_t>(service.switches.upload_bytes_max)) throw too_large;
  const int64_t now = now_ms();
  if (!zip_member_names(part.content)) {
    throw Refusal{std::stoi(service.switches.upload_error_http),
                  "INVALID_FILE_FORMAT",
                  "invalid file format. only zip format is supported",
                  {{"created_time", iso_time(now)}}};
  }
  const int64_t id = add_upload(service.store, part.filename, std::string(part.content), now);
  call.note.file_id = std::to_string(id);
  return json_reply(200, {{"status", "success"},
                          {"code", "FILE_UPLOAD_SUCCESS"},
                          {"message", "file uploaded."},
                          {"details", {{"file_id", std::to_string(id)}, {"created_time", iso_time(now)}}}});
}

HttpReply answer_create(const Service& service, const Call& call) {
  const nlohmann::json body = parse_body(call.request);
  JobPlan plan = plan_job(body, service.catalog, service.switches);
  call.note.file_id = plan.file_id;
  for (const PlannedColumn& column : plan.columns) call.note.mapped.push_back(column.field->api_name);
  const Upload upload = usable_upload(service, plan);
  check_file(service, plan, upload.zip);
  if (static_cast<int64_t>(service.runner.waiting()) >= service.switches.jobs_waiting_max) throw too_many_requests();

  const JobFault fault = service.faults.next_job();
  Job job;
  job.outcome = fault.outcome.empty() ? service.switches.job_outcome : fault.outcome;
  job.file_id = upload.id;
  job.created_ms = now_ms();
  job.request = body.dump();
  job.mappings = mappings_echo(plan).dump();
  job.origin = origin_of(call.request);
  job.id = add_job(service.store, job);
  service.runner.enqueue(job.id, job.created_ms, fault.crash);
  call.note.job_id = std::to_string(job.id);
  return json_reply(
      201,
      {{"status", "success"},
       {"code", "SUCCESS"},
       {"message", "success"},
       {"details",
        {{"id", std::to_string(job.id)}, {"created_by", {{"id", std::to_string(kUserId)}, {"name", kUserName}}}}}});
}

HttpReply answer_details(const Service& service, const Call& call) {
  const Job job = known_job(service, call);
  call.note.code = job.status;
  return json_reply(200, job_details(job, origin_of(call.request), service.org, service.catalog, service.switches));
}

HttpReply answer_download(const Service& service, const Call& call) {
  if (!service.usage.download()) throw too_many_requests();
  const Job job = known_job(service, call);
  const bool expired = job.finished_ms + service.switches.result_retention_s * 1000 < now_ms();
  auto zip = expired ? std::nullopt : find_result(service.store, job.id);
  if (!zip) {
    call.note.code = "gateway";
    return gateway_reply(404, {{"x-info", "Link not valid"}, {"http_status", "404"}});
  }
  HttpReply reply;
  reply.content_type = "application/octet-stream";
  reply.headers.emplace_back("Content-Disposition", fmt::format("attachment; filename=\"{}.zip\"", job.id));
  reply.body = std::move(*zip);
  return reply;
}

}  // namespace bulkwrite::sandbox
