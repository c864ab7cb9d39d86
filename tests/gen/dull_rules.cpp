#include "tests/gen/dull_rules.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
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

bool is_datetime(const std::string& text) {
  static const std::regex kTime("([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d");
  return text.size() == 19 && text[10] == ' ' && is_date(text.substr(0, 10)) &&
         std::regex_match(text.substr(11), kTime);
}

bool is_number(const std::string& text, const DullField& field) {
  static const std::regex kShape("-?(\\d*)\\.?(\\d{0,9}?)0*");
  std::smatch parts;
  if (!std::regex_match(text, parts, kShape) || text.find_first_of("0123456789") == text.npos) return false;
  const size_t before = text.find('.') == text.npos ? text.size() - (text[0] == '-') : parts[1].length();
  if (before > std::min<size_t>(16, field.length)) return false;
  return field.data_type == "currency" || static_cast<size_t>(parts[2].length()) <= field.decimals;
}

bool has_length(const std::string& data_type) {
  static const std::set<std::string> kCounted{"text",     "textarea",           "email", "phone", "website",
                                              "picklist", "multiselectpicklist"};
  return kCounted.count(data_type) > 0;
}

std::string rule_of(const std::string& data_type) {
  if (data_type == "bigint") return "integer";
  if (data_type == "ownerlookup") return "owner";
  if (data_type == "double") return "decimal";
  return data_type;
}

bool has_its_type(const std::string& text, const DullField& field) {
  const std::string& data_type = field.data_type;
  static const std::regex kInteger("-?\\d{1,9}"), kBigint("-?\\d{1,18}"), kId("\\d{1,19}");
  static const std::regex kPhone("[-A-Za-z0-9+(). ,;#/*]*[A-Za-z0-9][-A-Za-z0-9+(). ,;#/*]*");
  static const std::regex kWebsite(" *\\S*\\.\\S* *");
  static const std::regex kEmail("[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+");
  if (data_type == "integer") return std::regex_match(text, kInteger);
  if (data_type == "bigint") return std::regex_match(text, kBigint);
  if (data_type == "phone") return std::regex_match(text, kPhone);
  if (data_type == "website") return std::regex_match(text, kWebsite);
  if (data_type == "double" || data_type == "currency" || data_type == "percent") return is_number(text, field);
  if (data_type == "datetime") return is_datetime(text);
  if (data_type == "ownerlookup") return std::regex_match(text, kId) || std::regex_match(text, kEmail);
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
    if (field.at("decimal_place").is_number()) to.decimals = field.at("decimal_place");
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
      to.decimals = field.value("decimal_place", size_t{9});
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
      if (has_length(field.data_type) && count_characters(value) > field.length)
        rejects.push_back({i + 1, name, "length"});
      else if (!has_its_type(value, field))
        rejects.push_back({i + 1, name, rule_of(field.data_type)});
    }
  }
  return rejects;
}

std::vector<DullReject> repeats_dully(const DullFile& file, const DullFields& fields,
                                      const std::vector<DullReject>& rejects) {
  std::set<size_t> refused;
  for (const DullReject& reject : rejects) refused.insert(reject.record_number);
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<DullReject> repeats;
  for (size_t i = 0; i < file.records.size(); ++i) {
    if (refused.count(i + 1) > 0) continue;
    for (size_t column = 0; column < file.header.fields.size(); ++column) {
      const std::string& name = file.header.fields[column];
      std::string value = file.records[i].fields[column];
      const auto found = fields.find(name);
      if (found == fields.end() || !found->second.unique || value.empty()) continue;
      std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::tolower(c); });
      if (!seen.insert({name, value}).second) repeats.push_back({i + 1, name, "repeat"});
    }
  }
  return repeats;
}

}  // namespace bulkwrite::gen
