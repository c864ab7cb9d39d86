#include "tools/sandbox/job_view.h"

#include <fmt/format.h>

#include "tools/sandbox/apply.h"
#include "tools/sandbox/clock.h"

namespace bulkwrite::sandbox {
namespace {

using nlohmann::ordered_json;

std::string shown_status(const std::string& status, const Switches& switches) {
  return status == "INPROGRESS" ? switches.inprogress_spelling : status;
}

std::string download_url(const Job& job, const std::string& origin, const std::string& org, const Switches& switches) {
  const std::string segment = (switches.download_org == "org_zgid" ? "org" : "") + org;
  const std::string path = fmt::format("v8/crm/{}/bulk-write/{}/{}.zip", segment, job.id, job.id);
  if (switches.download_url == "relative") return path;
  if (switches.download_url == "relative_slash") return "/" + path;
  return origin + "/" + path;
}

ordered_json file_view(const Job& job, const std::string& status) {
  ordered_json file{{"status", status}};
  if (job.status == "ADDED") return file;
  if (!job.file_name.empty()) file["name"] = job.file_name;
  file["added_count"] = job.tally.added;
  file["skipped_count"] = job.tally.skipped;
  file["updated_count"] = job.tally.updated;
  file["total_count"] = job.tally.total;
  return file;
}

ordered_json resource_view(const Job& job, const ordered_json& request, const Catalog& catalog,
                           const Switches& switches) {
  const bool waiting = job.status == "ADDED" || job.status == "INPROGRESS";
  const std::string status = shown_status(waiting ? "INPROGRESS" : job.status, switches);
  const ordered_json& resource = request.at("resource").at(0);
  const ordered_json& node = resource.at("module");
  const std::string name = node.is_string() ? node.get<std::string>() : node.at("api_name").get<std::string>();
  const Module* module = catalog.find(name);
  ordered_json view{{"status", status},
                    {"code", job.status == "COMPLETED" ? switches.completed_code : job.code},
                    {"type", "data"},
                    {"module", {{"api_name", name}, {"id", std::to_string(module == nullptr ? job.id : module->id)}}},
                    {"field_mappings", ordered_json::parse(job.mappings)}};
  if (resource.contains("ignore_empty")) view["ignore_empty"] = resource["ignore_empty"];
  view["file"] = file_view(job, status);
  return view;
}

}  // namespace

ordered_json job_details(const Job& job, const std::string& origin, const std::string& org, const Catalog& catalog,
                         const Switches& switches) {
  const ordered_json request = ordered_json::parse(job.request);
  ordered_json view{{"status", shown_status(job.status, switches)}};
  if (job.status != "ADDED") view["character_encoding"] = "UTF-8";
  view["resource"] = ordered_json::array({resource_view(job, request, catalog, switches)});
  view["id"] = std::to_string(job.id);
  if (request.contains("callback") && request["callback"].is_object()) view["callback"] = request["callback"];
  if (job.status == "COMPLETED") view["result"] = {{"download_url", download_url(job, origin, org, switches)}};
  view["created_by"] = {{"id", std::to_string(kUserId)}, {"name", kUserName}};
  if (request.contains("ignore_empty")) view["ignore_empty"] = request["ignore_empty"];
  view["operation"] = request.at("operation");
  view["created_time"] = iso_time(job.created_ms);
  return view;
}

}  // namespace bulkwrite::sandbox
