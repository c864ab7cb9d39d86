#include "engine/run/module_texts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/api/session.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/run/load.h"
#include "engine/run/schema_json.h"

namespace bulkwrite::run {

Result<void> check_module(const std::string& module) {
  if (schema::takes_bulk_writes(module)) return {};
  return Error{ErrorKind::configuration,
               fmt::format("the service takes no bulk writes into {}: Users, Notes, Attachments, Events and Calls must "
                           "be written another way",
                           module)};
}

Result<ModuleTexts> fetch_module(api::Session& session, const std::string& module) {
  auto fields = session.get_fields(module);
  if (!fields) return std::move(fields).error();
  auto layouts = session.get_layouts(module);
  if (!layouts) return std::move(layouts).error();
  return ModuleTexts{*std::move(fields), *std::move(layouts)};
}

Result<ModuleTexts> ask_for_module(const LoadOptions& options, const std::string& module, std::stop_token stop) {
  if (auto ok = check_module(module); !ok) return std::move(ok).error();
  const SteadyClock clock;
  auto transport = options.make_transport();
  if (!transport) return std::move(transport).error();
  api::Session session(**transport, clock, options.target, options.credentials, options.jitter_seed, std::move(stop));
  if (auto ok = session.sign_in(); !ok) return std::move(ok).error();
  return fetch_module(session, module);
}

Result<ModuleTexts> read_module(const std::filesystem::path& schema_file) {
  auto text = read_file(schema_file);
  if (!text) return Error{ErrorKind::configuration, std::move(text).error().message};
  return ModuleTexts{*std::move(text), R"({"layouts": []})"};
}

Result<schema::Schema> schema_of(const ModuleTexts& texts, const std::string& module) {
  auto schema = schema_from_fields_json(texts.fields, "");
  if (!schema) return in_context("the fields of " + module, std::move(schema).error());
  if (!module.empty() && !schema->module.empty() && schema->module != module)
    return Error{ErrorKind::configuration, fmt::format("the schema is of {}, not of {}", schema->module, module)};
  if (!module.empty()) schema->module = module;
  if (auto ok = mark_layout_required(*schema, texts.layouts); !ok)
    return in_context("the layouts of " + module, std::move(ok).error());
  return schema;
}

Result<std::string> saved_module(const ModuleTexts& texts, const std::string& module) {
  const auto schema = schema_of(texts, module);  // and so both texts are what they should be
  if (!schema) return schema.error();
  const auto json = nlohmann::ordered_json::parse(texts.fields, nullptr, false);
  nlohmann::ordered_json saved{{"module", schema->module}, {"fields", json.at("fields")}};
  for (auto& field : saved["fields"])
    field["required"] = schema->find(field.at("api_name").get<std::string>())->required;
  return saved.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string to_json(const schema::Schema& schema) {
  nlohmann::ordered_json fields = nlohmann::ordered_json::array();
  for (const schema::Field& field : schema.fields) {
    fields.push_back({{"api_name", field.api_name},
                      {"label", field.label},
                      {"type", field.data_type},
                      {"length", field.length_max},
                      {"required_by_system", field.required_by_system},
                      {"required_by_layout", field.required && !field.required_by_system},
                      {"unique", field.unique},
                      {"external_id", field.external_id},
                      {"writable", schema::is_writable(field)},
                      {"creatable", field.creatable},
                      {"updatable", field.updatable},
                      {"values", field.choices}});
  }
  return fields.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace bulkwrite::run
