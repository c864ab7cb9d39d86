#include "engine/run/module_texts.h"

#include <fmt/format.h>

#include "engine/base/file.h"
#include "engine/run/schema_json.h"

namespace bulkwrite::run {

Result<ModuleTexts> fetch_module(api::Session& session, const std::string& module) {
  auto fields = session.get_fields(module);
  if (!fields) return std::move(fields).error();
  auto layouts = session.get_layouts(module);
  if (!layouts) return std::move(layouts).error();
  return ModuleTexts{*std::move(fields), *std::move(layouts)};
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

}  // namespace bulkwrite::run
