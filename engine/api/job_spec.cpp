#include "engine/api/job_spec.h"

#include <fmt/format.h>

namespace bulkwrite::api {
namespace {

std::string mapping_json(const FieldMapping& mapping) {
  std::string out = "{\"api_name\":" + json_string(mapping.api_name);
  if (mapping.column) out += fmt::format(",\"index\":{}", *mapping.column);
  if (!mapping.format.empty()) out += ",\"format\":" + json_string(mapping.format);
  if (!mapping.find_by.empty()) out += ",\"find_by\":" + json_string(mapping.find_by);
  if (!mapping.default_value.empty())
    out += fmt::format(",\"default_value\":{{\"value\":{}}}", json_string(mapping.default_value));
  return out + "}";
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out += '"';
}

std::string create_body(const JobSpec& job, std::string_view file_id, std::string_view csv_name,
                        std::string_view callback_url) {
  std::string mappings;
  for (const FieldMapping& mapping : job.mappings) mappings += (mappings.empty() ? "" : ",") + mapping_json(mapping);
  const std::string find_by = job.find_by.empty() ? "" : ",\"find_by\":" + json_string(job.find_by);
  const std::string callback =
      callback_url.empty() ? ""
                           : fmt::format("\"callback\":{{\"url\":{},\"method\":\"post\"}},", json_string(callback_url));
  return fmt::format(
      "{{{}\"character_encoding\":\"UTF-8\",\"operation\":{},\"ignore_empty\":{},\"resource\":[{{\"type\":\"data\","
      "\"module\":{{\"api_name\":{}}},"
      "\"file_id\":{},\"file_names\":[{}]{},\"field_mappings\":[{}]}}]}}",
      callback, json_string(job.operation), job.ignore_empty, json_string(job.module), json_string(file_id),
      json_string(csv_name), find_by, mappings);
}

}  // namespace bulkwrite::api
