#include "tools/sandbox/job_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace bulkwrite::sandbox {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr size_t kEncodingNameMax = 50;

ordered_json at(const std::string& api_name, const std::string& path) {
  return {{"api_name", api_name}, {"json_path", path}};
}

[[noreturn]] void refuse(std::string code, std::string message, ordered_json details = ordered_json::object()) {
  throw Refusal{400, std::move(code), std::move(message), std::move(details)};
}

[[noreturn]] void refuse_data(const std::string& name, const std::string& path, const std::string& expected) {
  ordered_json details = at(name, path);
  details["expected_data_type"] = expected;
  refuse("INVALID_DATA", "invalid data", std::move(details));
}

const json& required(const json& node, const char* key, const std::string& path) {
  if (node.contains(key) && !node[key].is_null()) return node[key];
  refuse("MISSING_REQUIRED_KEY", fmt::format("required key {} is not found in request body.", key),
         at(key, path + "." + key));
}

std::string text_of(const json& node, const char* key, const std::string& path) {
  if (!node.is_string()) refuse_data(key, path + "." + key, "string");
  return node.get<std::string>();
}

std::string optional_text(const json& node, const char* key, const std::string& path) {
  if (!node.contains(key) || node[key].is_null()) return {};
  return text_of(node[key], key, path);
}

std::optional<bool> optional_flag(const json& node, const std::string& path) {
  if (!node.contains("ignore_empty") || node["ignore_empty"].is_null()) return std::nullopt;
  if (!node["ignore_empty"].is_boolean()) refuse_data("ignore_empty", path + ".ignore_empty", "boolean");
  return node["ignore_empty"].get<bool>();
}

void plan_operation(JobPlan& plan, const json& body) {
  plan.operation_text = text_of(required(body, "operation", "$"), "operation", "$");
  if (plan.operation_text == "insert") {
    plan.operation = Operation::kInsert;
  } else if (plan.operation_text == "update") {
    plan.operation = Operation::kUpdate;
  } else if (plan.operation_text == "upsert") {
    plan.operation = Operation::kUpsert;
  } else {
    ordered_json details = at("operation", "$.operation");
    details["supported_values"] = {"insert", "update", "upsert"};
    refuse("INVALID_DATA", "the operation is not supported", std::move(details));
  }
}

void plan_encoding(JobPlan& plan, const json& body) {
  plan.character_encoding = optional_text(body, "character_encoding", "$");
  const std::string lower = lower_case(plan.character_encoding);
  if (lower.empty() || lower == "utf-8" || lower == "utf8") return;
  ordered_json details = at("character_encoding", "$.character_encoding");
  details["maximum_length"] = kEncodingNameMax;
  details["supported_values"] = {"UTF-8"};
  refuse("INVALID_DATA", "the character encoding is not supported", std::move(details));
}

void plan_callback(JobPlan& plan, const json& body) {
  if (!body.contains("callback") || body["callback"].is_null()) return;
  const json& callback = body["callback"];
  if (!callback.is_object()) refuse_data("callback", "$.callback", "jsonobject");
  plan.callback_url = text_of(required(callback, "url", "$.callback"), "url", "$.callback");
  const std::string method = text_of(required(callback, "method", "$.callback"), "method", "$.callback");
  if (lower_case(method) != "post") {
    refuse("INVALID_CALLBACK_METHOD", "the callback method is not supported",
           ordered_json{{"supported_callback_methods", {"post"}}});
  }
  const bool web = plan.callback_url.starts_with("http://") || plan.callback_url.starts_with("https://");
  const size_t host = plan.callback_url.find("://") + 3;
  if (!web || host >= plan.callback_url.size() || plan.callback_url[host] == '/') {
    refuse("INVALID_CALLBACK_URL", "the callback url is invalid");
  }
}

const Module* plan_module(const json& resource, const std::string& path, const Catalog& catalog) {
  const json& node = required(resource, "module", path);
  const std::string name = node.is_string() ? node.get<std::string>()  // as in v2
                                            : optional_text(node.is_object() ? node : json::object(), "api_name", path);
  if (name.empty()) refuse_data("module", path + ".module", "jsonobject");
  const Module* module = catalog.find(name);
  if (module == nullptr) refuse("MODULE_NOT_AVAILABLE", fmt::format("Requested module '{}' is not available.", name));
  return module;
}

void plan_file(JobPlan& plan, const json& resource, const std::string& path, const Switches& switches) {
  const json& id = required(resource, "file_id", path);
  plan.file_id = id.is_number_integer() ? id.dump() : text_of(id, "file_id", path);
  if (switches.file_names == "required") required(resource, "file_names", path);
  if (!resource.contains("file_names") || resource["file_names"].is_null()) return;
  const json& names = resource["file_names"];
  if (!names.is_array() || names.size() != 1 || !names[0].is_string()) {
    refuse_data("file_names", path + ".file_names", "jsonarray of one string");
  }
  plan.file_name = names[0].get<std::string>();
}

void plan_find_by(JobPlan& plan, const json& resource, const std::string& path, const Switches& switches) {
  const std::string name = optional_text(resource, "find_by", path);
  if (name.empty() && plan.operation == Operation::kInsert) return;
  const ordered_json where = at("find_by", path + ".find_by");
  if (name.empty()) refuse("MANDATORY_NOT_FOUND", "Required key find_by is not available", where);
  plan.find_by = plan.module->find_any_case(name);
  const bool allowed = plan.find_by != nullptr && plan.find_by->unique &&
                       (switches.find_by != "id" || plan.find_by->type == FieldType::kId);
  if (!allowed) refuse("INVALID_FIELD", fmt::format("find_by is not a unique field: {}", name), where);
}

std::string plain_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void plan_default(PlannedColumn& column, const json& mapping, const std::string& path) {
  if (!mapping.contains("default_value") || mapping["default_value"].is_null()) return;
  const json& node = mapping["default_value"];
  if (!node.is_object()) refuse_data("default_value", path + ".default_value", "jsonobject");
  column.default_value = plain_text(required(node, "value", path + ".default_value"));
  column.default_node = node;
}

void plan_index(PlannedColumn& column, const json& mapping, const std::string& path) {
  if (!mapping.contains("index") || mapping["index"].is_null()) {
    if (column.default_value) return;
    const std::string& name = column.field->api_name;
    refuse("MISSING_REQUIRED_KEY", fmt::format("required key index for field {} is not found in request body.", name),
           at(name, path + ".index"));
  }
  if (!mapping["index"].is_number_integer()) refuse_data("index", path + ".index", "integer");
  const auto index = mapping["index"].get<int64_t>();
  if (index < 0 || index > 1'000'000) {
    refuse("COLUMN_INDEX_NOT_FOUND", fmt::format("the column index {} is not found", index),
           at("index", path + ".index"));
  }
  column.index = static_cast<int>(index);
}

void check_lookup_find_by(const Field& field, const std::string& find_by, const Catalog& catalog,
                          const std::string& path) {
  bool known = lower_case(find_by) == "id" || lower_case(find_by) == "email";
  if (field.type == FieldType::kLookup) {
    const Field* target = catalog.find(field.lookup)->find_any_case(find_by);
    known = target != nullptr && (target->unique || target->display || target->type == FieldType::kLookup);
  }
  if (!known)
    refuse("INVALID_FIELD", fmt::format("invalid find_by {}", find_by), at(field.api_name, path + ".find_by"));
}

void plan_lookup(PlannedColumn& column, const json& mapping, const Catalog& catalog, const std::string& path) {
  column.find_by = optional_text(mapping, "find_by", path);
  const bool linked = mapping.contains("parent_column_index") && !mapping["parent_column_index"].is_null();
  if (linked && !column.find_by.empty()) {
    refuse("COEXISTENCE_NOT_ALLOWED", "find_by and parent_column_index cannot be given together",
           at("parent_column_index", path + ".parent_column_index"));
  }
  const bool refers = column.field->type == FieldType::kLookup || column.field->type == FieldType::kOwner;
  if (!refers || column.field->read_only) return;
  if (column.find_by.empty()) {
    refuse("MANDATORY_NOT_FOUND", "Required key find_by is not available", at("find_by", path + ".find_by"));
  }
  check_lookup_find_by(*column.field, column.find_by, catalog, path);
}

void plan_format(PlannedColumn& column, const json& mapping, const std::string& path) {
  column.format = default_format(*column.field, false);
  const std::string text = optional_text(mapping, "format", path);
  if (text.empty()) return;
  const auto format = named_format(*column.field, text);
  if (!format)
    refuse("INVALID_FORMAT", fmt::format("invalid format {}", text), at(column.field->api_name, path + ".format"));
  column.format_text = text;
  column.format = *format;
}

PlannedColumn plan_column(const JobPlan& plan, const json& mapping, const std::string& path, const Catalog& catalog) {
  if (!mapping.is_object()) refuse_data("field_mappings", path, "jsonobject");
  const std::string name = text_of(required(mapping, "api_name", path), "api_name", path);
  PlannedColumn column;
  column.field = plan.module->find(name);
  if (column.field == nullptr) {
    refuse("INVALID_FIELD", fmt::format("invalid mapping. invalid api_name {}.", name), at(name, path + ".api_name"));
  }
  if (plan.column_of(column.field) != nullptr) {
    refuse("INVALID_DATA", fmt::format("field {} is mapped twice", name), at(name, path + ".api_name"));
  }
  column.header = name;
  plan_default(column, mapping, path);
  plan_index(column, mapping, path);
  plan_lookup(column, mapping, catalog, path);
  plan_format(column, mapping, path);
  return column;
}

[[noreturn]] void refuse_header_limit(const Switches& switches) {
  refuse("HEADER_LIMIT_EXCEEDED", fmt::format("more than {} fields are mapped", switches.columns_max));
}

void plan_columns(JobPlan& plan, const json& resource, const std::string& path, const Catalog& catalog,
                  const Switches& switches) {
  plan.by_header = !resource.contains("field_mappings") || resource["field_mappings"].is_null() ||
                   resource["field_mappings"].empty();
  if (plan.by_header) return;
  const json& mappings = resource["field_mappings"];
  if (!mappings.is_array()) refuse_data("field_mappings", path + ".field_mappings", "jsonarray");
  if (static_cast<int64_t>(mappings.size()) > switches.columns_max) refuse_header_limit(switches);
  for (size_t i = 0; i < mappings.size(); ++i) {
    plan.columns.push_back(plan_column(plan, mappings[i], fmt::format("{}.field_mappings[{}]", path, i), catalog));
  }
}

PlannedColumn header_column(const JobPlan& plan, const std::string& name, int index, const Catalog& catalog) {
  const size_t dot = name.find('.');
  PlannedColumn column;
  column.field = plan.module->find(name.substr(0, dot));
  column.index = index;
  column.header = name;
  const auto refuse_name = [&] {
    refuse("INVALID_FIELD", fmt::format("invalid mapping. invalid api_name {}.", name),
           ordered_json{{"api_name", name}});
  };
  if (column.field == nullptr || plan.column_of(column.field) != nullptr) refuse_name();
  column.format = default_format(*column.field, true);
  const bool refers = column.field->type == FieldType::kLookup || column.field->type == FieldType::kOwner;
  if (!refers && dot != std::string::npos) refuse_name();
  if (!refers) return column;
  column.find_by = dot == std::string::npos ? "id" : name.substr(dot + 1);
  check_lookup_find_by(*column.field, column.find_by, catalog, "$.resource[0]");
  return column;
}

void check_mandatory(const JobPlan& plan, const Switches& switches) {
  if (plan.find_by != nullptr && plan.column_of(plan.find_by) == nullptr) {
    refuse("MANDATORY_FIELDS_NOT_MAPPED", fmt::format("the find_by field is not mapped [{}]", plan.find_by->api_name));
  }
  if (plan.operation == Operation::kUpdate) return;
  std::string missing;
  for (const auto& field : plan.module->fields) {
    if (!is_mandatory(field, switches) || plan.column_of(&field) != nullptr) continue;
    missing += (missing.empty() ? "" : ", ") + field.api_name;
  }
  if (missing.empty()) return;
  refuse("MANDATORY_FIELDS_NOT_MAPPED",
         fmt::format("All mandatory fields are not mapped for the layout [{}]", missing));
}

}  // namespace

const PlannedColumn* JobPlan::column_of(const Field* field) const {
  for (const auto& column : columns) {
    if (column.field == field) return &column;
  }
  return nullptr;
}

bool is_mandatory(const Field& field, const Switches& switches) {
  return field.system_mandatory || (field.layout_mandatory && switches.layout_mandatory == "enforced");
}

JobPlan plan_job(const json& body, const Catalog& catalog, const Switches& switches) {
  if (!body.is_object()) throw Refusal{400, "REQUEST_BODY_NOT_SUPPORTED", "request body contains invalid format"};
  JobPlan plan;
  plan_operation(plan, body);
  plan_encoding(plan, body);
  plan_callback(plan, body);
  const json& resources = required(body, "resource", "$");
  if (!resources.is_array() || resources.empty()) refuse_data("resource", "$.resource", "jsonarray");
  if (resources.size() > 1) refuse("INVALID_REQUEST", "parent-child jobs are not served by this sandbox");
  const std::string path = "$.resource[0]";
  const json& resource = resources[0];
  if (!resource.is_object()) refuse_data("resource", path, "jsonobject");
  if (text_of(required(resource, "type", path), "type", path) != "data") refuse_data("type", path + ".type", "data");
  plan.module = plan_module(resource, path, catalog);
  plan_file(plan, resource, path, switches);
  std::optional<bool> ignore_empty = optional_flag(body, "$");
  const std::optional<bool> resource_ignore_empty = optional_flag(resource, path);
  if (!ignore_empty && switches.resource_ignore_empty == "honoured") ignore_empty = resource_ignore_empty;
  plan.ignore_empty = ignore_empty.value_or(false);
  plan_find_by(plan, resource, path, switches);
  plan_columns(plan, resource, path, catalog, switches);
  return plan;
}

void bind_to_header(JobPlan& plan, const std::vector<std::string>& header, const Catalog& catalog,
                    const Switches& switches) {
  plan.header_columns = header.size();
  if (plan.by_header) {
    if (static_cast<int64_t>(header.size()) > switches.columns_max) refuse_header_limit(switches);
    for (size_t i = 0; i < header.size(); ++i) {
      plan.columns.push_back(header_column(plan, header[i], static_cast<int>(i), catalog));
    }
  }
  for (auto& column : plan.columns) {
    if (column.index < 0) continue;
    if (static_cast<size_t>(column.index) >= header.size()) {
      refuse("COLUMN_INDEX_NOT_FOUND", fmt::format("the column index {} is not found", column.index),
             ordered_json{{"api_name", column.field->api_name}, {"index", column.index}});
    }
    const std::string& name = header[static_cast<size_t>(column.index)];
    if (!name.empty()) column.header = name;
  }
  check_mandatory(plan, switches);
}

void check_without_header(const JobPlan& plan, const Switches& switches) {
  if (!plan.by_header) check_mandatory(plan, switches);
}

ordered_json mappings_echo(const JobPlan& plan) {
  ordered_json echo = ordered_json::array();
  for (const auto& column : plan.columns) {
    ordered_json entry{{"api_name", column.field->api_name},
                       {"index", nullptr},
                       {"format", nullptr},
                       {"find_by", nullptr},
                       {"default_value", nullptr},
                       {"module", nullptr},
                       {"parent_column_index", nullptr}};
    if (column.index >= 0) entry["index"] = column.index;
    if (column.format_text) entry["format"] = *column.format_text;
    if (!column.find_by.empty()) entry["find_by"] = column.find_by;
    if (column.default_value) entry["default_value"] = column.default_node;
    echo.push_back(std::move(entry));
  }
  return echo;
}

}  // namespace bulkwrite::sandbox
