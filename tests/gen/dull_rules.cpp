#include "tests/gen/dull_rules.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <stdexcept>

namespace bulkwrite::gen {
namespace {

bool is_date(const std::string& text) {
  std::smatch parts;
  static const std::regex kShape("(\\d{4})-(\\d{2})-(\\d{2})");
  if (!std::regex_match(text, parts, kShape)) return false;
  const int year = std::stoi(parts[1]), month = std::stoi(parts[2]), day = std::stoi(parts[3]);
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2) return day <= (leap ? 29 : 28);
  if (month == 4 || month == 6 || month == 9 || month == 11) return day <= 30;
  return day <= 31;
}

bool has_its_type(const std::string& text, const std::string& data_type) {
  static const std::regex kInteger("-?\\d+");
  static const std::regex kEmail("[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+");
  if (data_type == "integer") return std::regex_match(text, kInteger);
  if (data_type == "boolean") return text == "true" || text == "false";
  if (data_type == "email") return std::regex_match(text, kEmail);
  if (data_type == "date") return is_date(text);
  return true;
}

}  // namespace

std::string read_whole_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

DullFields fields_of_schema_file(const std::string& path) {
  DullFields fields;
  const auto file = nlohmann::json::parse(read_whole_file(path));
  for (const auto& field : file.at("fields")) {
    DullField& to = fields[field.at("api_name")];
    to.data_type = field.at("data_type");
    to.length = field.at("length");
    to.required = field.at("required");
    to.unique = !field.at("unique").empty();
    for (const auto& value : field.at("pick_list_values")) {
      if (value.at("actual_value") != "-None-") to.values.push_back(value.at("actual_value"));
    }
  }
  return fields;
}

DullFields fields_of_module_file(const std::string& path, const std::string& module) {
  DullFields fields;
  const auto file = nlohmann::json::parse(read_whole_file(path));
  for (const auto& candidate : file.at("modules")) {
    if (candidate.at("api_name") != module) continue;
    for (const auto& field : candidate.at("fields")) {
      DullField& to = fields[field.at("api_name")];
      to.data_type = field.at("type");
      to.length = field.at("length");
      to.required = field.value("system_mandatory", false) || field.value("layout_mandatory", false);
      to.unique = field.value("unique", false);
      to.values = field.value("values", std::vector<std::string>());
    }
  }
  return fields;
}

std::vector<DullReject> check_dully(const DullFile& file, const DullFields& fields) {
  std::vector<DullReject> rejects;
  for (size_t i = 0; i < file.records.size(); ++i) {
    const DullRecord& record = file.records[i];
    if (!record.flaw.empty()) {
      rejects.push_back({i + 1, "", record.flaw});
      continue;
    }
    for (size_t column = 0; column < record.fields.size(); ++column) {
      const std::string& name = file.header.fields[column];
      const std::string& value = record.fields[column];
      const auto found = fields.find(name);
      if (found == fields.end()) continue;
      const DullField& field = found->second;
      if (value.empty()) {
        if (field.required) rejects.push_back({i + 1, name, "required"});
        continue;
      }
      if (count_characters(value) > field.length) rejects.push_back({i + 1, name, "length"});
      if (!has_its_type(value, field.data_type)) rejects.push_back({i + 1, name, field.data_type});
    }
  }
  return rejects;
}

}  // namespace bulkwrite::gen
