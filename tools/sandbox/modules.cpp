#include "tools/sandbox/modules.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace bulkwrite::sandbox {
namespace {

using nlohmann::json;

// Ids share an org's prefix and are 19 digits long, like the service's own (contract, appendix B).
constexpr int64_t kModuleIdBase = 4150868000000002175;
constexpr int64_t kLayoutIdBase = 4150868000000091023;
constexpr int64_t kFieldIdBase = 4150868000000100000;
constexpr int64_t kFieldIdsPerModule = 1000;

constexpr std::array<std::pair<const char*, FieldType>, 19> kTypes{{
    {"text", FieldType::kText},
    {"textarea", FieldType::kTextArea},
    {"email", FieldType::kEmail},
    {"phone", FieldType::kPhone},
    {"website", FieldType::kWebsite},
    {"picklist", FieldType::kPicklist},
    {"multiselectpicklist", FieldType::kMultiPicklist},
    {"boolean", FieldType::kBoolean},
    {"date", FieldType::kDate},
    {"datetime", FieldType::kDateTime},
    {"integer", FieldType::kInteger},
    {"bigint", FieldType::kBigint},
    {"double", FieldType::kDouble},
    {"currency", FieldType::kCurrency},
    {"percent", FieldType::kPercent},
    {"lookup", FieldType::kLookup},
    {"ownerlookup", FieldType::kOwner},
    {"userlookup", FieldType::kOwner},  // another user than the owner, named and found in the same way
    {"layout", FieldType::kLayout},
}};

FieldType type_named(const std::string& name) {
  for (const auto& [text, type] : kTypes) {
    if (name == text) return type;
  }
  throw std::runtime_error("unknown type \"" + name + "\"");
}

void require_name(const std::string& name) {
  const bool shaped = !name.empty() && std::all_of(name.begin(), name.end(),
                                                   [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (!shaped || std::isdigit(static_cast<unsigned char>(name[0])) != 0) {
    throw std::runtime_error("\"" + name + "\" is no API name (letters, digits, underscores)");
  }
}

Field parse_field(const json& node) {
  Field field;
  field.api_name = node.at("api_name").get<std::string>();
  require_name(field.api_name);
  field.label = node.value("label", field.api_name);
  field.type_name = node.at("type").get<std::string>();
  field.type = type_named(field.type_name);
  field.length = node.value("length", size_t{255});
  field.decimal_place = node.value("decimal_place", 0);
  field.system_mandatory = node.value("system_mandatory", false);
  field.layout_mandatory = node.value("layout_mandatory", false);
  field.unique = node.value("unique", false);
  field.read_only = node.value("read_only", false) || node.contains("joins");
  field.custom = node.value("custom", false);
  field.display = node.value("display", false);
  field.textarea = node.value("textarea", std::string());
  field.lookup = node.value("lookup", std::string());
  field.values = node.value("values", std::vector<std::string>());
  field.joins = node.value("joins", std::vector<std::string>());
  return field;
}

Field id_field() {
  Field field;
  field.api_name = "id";
  field.label = "Record Id";
  field.type = FieldType::kId;
  field.type_name = "bigint";
  field.length = 18;
  field.unique = true;
  field.read_only = true;
  return field;
}

void add_field(Module& module, Field field) {
  if (module.find_any_case(field.api_name) != nullptr) throw std::runtime_error(field.api_name + " is there twice");
  for (const auto& part : field.joins) {
    if (module.find(part) == nullptr) throw std::runtime_error(field.api_name + " joins " + part + ", not known yet");
  }
  module.fields.push_back(std::move(field));
}

Module parse_module(const json& node) {
  Module module;
  module.api_name = node.at("api_name").get<std::string>();
  require_name(module.api_name);
  const std::string lower = lower_case(module.api_name);
  if (lower.starts_with("sqlite_") || lower.starts_with("sandbox_")) throw std::runtime_error("the name is reserved");
  module.singular_label = node.value("singular_label", module.api_name);
  module.plural_label = node.value("plural_label", module.api_name);
  module.layout = node.value("layout", std::string("Standard"));
  module.custom = node.value("custom", false);
  module.fields.push_back(id_field());
  for (const auto& field : node.at("fields")) add_field(module, parse_field(field));
  return module;
}

void number(std::vector<Module>& modules) {
  int64_t ordinal = 0;
  for (auto& module : modules) {
    module.id = kModuleIdBase + ordinal;
    module.layout_id = kLayoutIdBase + ordinal;
    int64_t field_id = kFieldIdBase + ordinal * kFieldIdsPerModule;
    for (auto& field : module.fields) field.id = field_id++;
    ++ordinal;
  }
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

const Field* Module::find(std::string_view wanted) const {
  for (const auto& field : fields) {
    if (field.api_name == wanted) return &field;
  }
  return nullptr;
}

const Field* Module::find_any_case(std::string_view wanted) const {
  const std::string lower = lower_case(wanted);
  for (const auto& field : fields) {
    if (lower_case(field.api_name) == lower) return &field;
  }
  return nullptr;
}

const Field* Module::display_field() const {
  for (const auto& field : fields) {
    if (field.display) return &field;
  }
  return nullptr;
}

Catalog Catalog::parse(const std::string& text) {
  Catalog catalog;
  const json root = json::parse(text);
  for (const auto& node : root.at("modules")) {
    const std::string name = node.value("api_name", std::string("?"));
    try {
      catalog.modules_.push_back(parse_module(node));
    } catch (const std::exception& fault) {
      throw std::runtime_error("module " + name + ": " + fault.what());
    }
  }
  for (const auto& module : catalog.modules_) {
    for (const auto& field : module.fields) {
      const bool dangling = field.type == FieldType::kLookup && catalog.find(field.lookup) == nullptr;
      if (dangling) throw std::runtime_error(module.api_name + "." + field.api_name + " looks up no known module");
    }
  }
  number(catalog.modules_);
  return catalog;
}

Catalog Catalog::load(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read the modules file " + path);
  std::ostringstream text;
  text << file.rdbuf();
  try {
    return parse(text.str());
  } catch (const std::exception& fault) {
    throw std::runtime_error("modules file " + path + ": " + fault.what());
  }
}

const Module* Catalog::find(std::string_view api_name) const {
  for (const auto& module : modules_) {
    if (module.api_name == api_name) return &module;
  }
  return nullptr;
}

bool Catalog::is_lookup_target(const Module& target) const {
  for (const auto& module : modules_) {
    for (const auto& field : module.fields) {
      if (field.type == FieldType::kLookup && field.lookup == target.api_name) return true;
    }
  }
  return false;
}

}  // namespace bulkwrite::sandbox
