#include <fmt/format.h>

#include <set>

#include "tools/sandbox/api.h"
#include "tools/sandbox/apply.h"

namespace bulkwrite::sandbox {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kOrgId = 4150868000000020005;
constexpr int64_t kProfileId = 4150868000000026011;
constexpr int64_t kPickListIdStep = 100'000'000;
constexpr const char* kCreatedTime = "2024-01-01T00:00:00+00:00";
constexpr const char* kTimeZone = "Etc/UTC";

const char* json_type(const Field& field) {
  switch (field.type) {
    case FieldType::kInteger:
      return "integer";
    case FieldType::kDouble:
    case FieldType::kCurrency:
    case FieldType::kPercent:
      return "double";
    case FieldType::kBoolean:
      return "boolean";
    case FieldType::kMultiPicklist:
      return "jsonarray";
    case FieldType::kLookup:
    case FieldType::kOwner:
    case FieldType::kLayout:
      return "jsonobject";
    default:
      return "string";
  }
}

std::vector<std::string> learned_values(Store& store, const Module& module, const Field& field) {
  std::vector<std::string> values;
  store.read([&](Database& database) {
    Statement rows(database, "SELECT value FROM sandbox_picklists WHERE module = ? AND field = ? ORDER BY value");
    rows.bind(1, module.api_name).bind(2, field.api_name);
    while (rows.step()) values.push_back(rows.text(0));
  });
  return values;
}

ordered_json pick_list(const Service& service, const Module& module, const Field& field) {
  ordered_json list = ordered_json::array();
  if (field.type != FieldType::kPicklist && field.type != FieldType::kMultiPicklist) return list;
  std::vector<std::string> values = field.values;
  if (field.type == FieldType::kPicklist) values.insert(values.begin(), "-None-");
  for (auto& value : learned_values(service.store, module, field)) values.push_back(std::move(value));
  int64_t number = 0;
  for (const auto& value : values) {
    ++number;
    list.push_back({{"display_value", value},
                    {"actual_value", value},
                    {"reference_value", value},
                    {"id", std::to_string(field.id + number * kPickListIdStep)},
                    {"type", "used"},
                    {"sequence_number", number},
                    {"colour_code", nullptr}});
  }
  return list;
}

ordered_json lookup_view(const Service& service, const Field& field) {
  if (field.type != FieldType::kLookup) return ordered_json::object();
  const Module& target = *service.catalog.find(field.lookup);
  return {{"display_label", field.label},
          {"api_name", field.api_name},
          {"module", {{"api_name", target.api_name}, {"id", std::to_string(target.id)}}},
          {"id", std::to_string(field.id)}};
}

ordered_json field_view(const Service& service, const Module& module, const Field& field) {
  const bool writable = !field.read_only;
  ordered_json view{
      {"id", std::to_string(field.id)},
      {"api_name", field.api_name},
      {"field_label", field.label},
      {"display_label", field.label},
      {"data_type", field.type_name},
      {"json_type", json_type(field)},
      {"length", field.length},
      {"decimal_place", nullptr},
      {"system_mandatory", field.system_mandatory},
      {"read_only", field.read_only},
      {"field_read_only", field.read_only},
      {"visible", field.type != FieldType::kId},
      {"custom_field", field.custom},
      {"virtual_field", false},
      {"display_field", field.display},
      {"operation_type",
       {{"web_create", writable}, {"web_update", writable}, {"api_create", writable}, {"api_update", writable}}},
      {"unique", ordered_json::object()},
      {"external", nullptr},
      {"pick_list_values", pick_list(service, module, field)},
      {"global_picklist", nullptr},
      {"lookup", lookup_view(service, field)},
      {"currency", ordered_json::object()},
      {"multiselectlookup", ordered_json::object()},
      {"auto_number", ordered_json::object()},
      {"formula", ordered_json::object()},
      {"rollup_summary", ordered_json::object()},
      {"default_value", nullptr},
      {"crypt", nullptr},
      {"created_source", field.custom ? "custom" : "default"},
      {"type", "used"}};
  if (field.decimal_place > 0) view["decimal_place"] = field.decimal_place;
  if (field.unique && field.type != FieldType::kId) view["unique"] = {{"case_sensitive", false}};
  if (!field.textarea.empty()) view["textarea"] = {{"type", field.textarea}};
  if (field.type == FieldType::kCurrency)
    view["currency"] = {{"precision", field.decimal_place}, {"rounding_option", "normal"}};
  return view;
}

const Module& asked_module(const Service& service, const Call& call) {
  const std::string name = call.request.param("module");
  if (name.empty()) {
    throw Refusal{
        400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", {{"param_name", "module"}}};
  }
  const Module* module = service.catalog.find(name);
  if (module == nullptr) {
    throw Refusal{400, "INVALID_MODULE", "the module name given seems to be invalid", {{"module", name}}};
  }
  return *module;
}

ordered_json module_view(const Module& module) {
  return {{"id", std::to_string(module.id)},
          {"api_name", module.api_name},
          {"module_name", module.plural_label},
          {"singular_label", module.singular_label},
          {"plural_label", module.plural_label},
          {"api_supported", true},
          {"creatable", true},
          {"editable", true},
          {"deletable", true},
          {"viewable", true},
          {"visible", true},
          {"generated_type", module.custom ? "custom" : "default"}};
}

ordered_json layout_field_view(const Service& service, const Module& module, const Field& field) {
  ordered_json view = field_view(service, module, field);
  view["required"] =
      field.system_mandatory || (field.layout_mandatory && service.switches.layout_mandatory == "enforced");
  return view;
}

HttpReply no_content() {
  HttpReply reply;
  reply.status = 204;
  return reply;
}

}  // namespace

HttpReply answer_users(const Service&, const Call&) {
  const std::string id = std::to_string(kUserId);
  ordered_json user{{"id", id},
                    {"full_name", kUserName},
                    {"first_name", "Patricia"},
                    {"last_name", "Boyle"},
                    {"email", kUserEmail},
                    {"status", "active"},
                    {"time_zone", kTimeZone},
                    {"offset", 0},
                    {"locale", "en_US"},
                    {"language", "en_US"},
                    {"country_locale", "US"},
                    {"profile", {{"id", std::to_string(kProfileId)}, {"name", "Administrator"}}},
                    {"created_time", kCreatedTime}};
  return json_reply(200, {{"users", ordered_json::array({user})},
                          {"info", {{"per_page", 200}, {"count", 1}, {"page", 1}, {"more_records", false}}}});
}

HttpReply answer_org(const Service& service, const Call&) {
  ordered_json org{{"id", std::to_string(kOrgId)},
                   {"zgid", service.org},
                   {"domain_name", "org" + service.org},
                   {"company_name", "Bulkwrite Sandbox"},
                   {"type", "sandbox"},
                   {"time_zone", kTimeZone},
                   {"currency", "US Dollar"},
                   {"iso_code", "USD"},
                   {"currency_symbol", "$"},
                   {"mc_status", false},
                   {"primary_zuid", service.org},
                   {"created_time", kCreatedTime},
                   {"license_details",
                    {{"paid", service.switches.edition != "free"},
                     {"paid_type", service.switches.edition},
                     {"users_license_purchased", service.switches.users},
                     {"paid_expiry", nullptr},
                     {"trial_type", nullptr},
                     {"trial_expiry", nullptr},
                     {"portal_users_license_purchased", 0}}}};
  return json_reply(200, {{"org", ordered_json::array({org})}});
}

HttpReply answer_modules(const Service& service, const Call& call) {
  ordered_json modules = ordered_json::array();
  for (const auto& module : service.catalog.modules()) {
    const bool asked =
        call.argument.empty() || call.argument == module.api_name || call.argument == std::to_string(module.id);
    if (asked) modules.push_back(module_view(module));
  }
  if (modules.empty()) {
    throw Refusal{400, "INVALID_MODULE", "the module name given seems to be invalid", {{"module", call.argument}}};
  }
  return json_reply(200, {{"modules", modules}});
}

HttpReply answer_fields(const Service& service, const Call& call) {
  const Module& module = asked_module(service, call);
  ordered_json fields = ordered_json::array();
  const bool unused = call.request.param("type") == "unused";
  for (const auto& field : module.fields) {
    const bool asked = call.argument.empty() || call.argument == std::to_string(field.id);
    if (asked && !unused) fields.push_back(field_view(service, module, field));
  }
  if (fields.empty()) return no_content();
  return json_reply(200, {{"fields", fields}});
}

HttpReply answer_layouts(const Service& service, const Call& call) {
  const Module& module = asked_module(service, call);
  if (!call.argument.empty() && call.argument != std::to_string(module.layout_id)) return no_content();
  ordered_json fields = ordered_json::array();
  for (const auto& field : module.fields) {
    if (field.type != FieldType::kId) fields.push_back(layout_field_view(service, module, field));
  }
  ordered_json section{{"display_label", module.singular_label + " Information"},
                       {"api_name", module.singular_label + " Information"},
                       {"sequence_number", 1},
                       {"column_count", 2},
                       {"fields", fields}};
  ordered_json layout{{"id", std::to_string(module.layout_id)},
                      {"name", module.layout},
                      {"api_name", module.layout},
                      {"display_label", module.layout},
                      {"status", "active"},
                      {"visible", true},
                      {"sections", ordered_json::array({section})}};
  return json_reply(200, {{"layouts", ordered_json::array({layout})}});
}

}  // namespace bulkwrite::sandbox
