#include "engine/run/mapping_file.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "engine/base/file.h"
#include "engine/csv/field.h"
#include "engine/run/front.h"
#include "engine/run/json_text.h"

#define CSV_IO_NO_THREAD  // a file of a few hundred lines needs none
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-truncation"  // its errors keep the first 255 bytes of a file's name
#endif
#include <libfccp/csv.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

namespace bulkwrite::run {
namespace {

using schema::ColumnRule;
using Json = nlohmann::json;

struct Key {
  const char* name;
  std::string ColumnRule::*value;
};
constexpr std::array<Key, 5> kKeys{{{"column", &ColumnRule::column},
                                    {"field", &ColumnRule::field},
                                    {"format", &ColumnRule::format},
                                    {"find_by", &ColumnRule::find_by},
                                    {"default", &ColumnRule::default_value}}};

using Reader = io::CSVReader<kKeys.size(), io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>,
                             io::throw_on_overflow, io::empty_line_comment>;

// Outside of quotes, blanks at a value's ends do not count.
void append_value(std::string& text, const std::string& value) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  std::string field;
  csv::append_field(field, value);
  const bool bare = !value.empty() && field == value && (is_blank(value.front()) || is_blank(value.back()));
  text += bare ? '"' + field + '"' : field;
}

Error refused(const std::string& why) {
  return {ErrorKind::configuration, why};
}

Result<std::vector<ColumnRule>> read_csv(std::string_view text, const std::string& name) {
  std::vector<ColumnRule> rules;
  try {
    Reader reader(name, text.data(), text.data() + text.size());
    reader.read_header(io::ignore_missing_column, kKeys[0].name, kKeys[1].name, kKeys[2].name, kKeys[3].name,
                       kKeys[4].name);
    if (!reader.has_column("field")) return refused(name + ", line 1: there is no column \"field\"");
    for (ColumnRule rule; reader.read_row(rule.column, rule.field, rule.format, rule.find_by, rule.default_value);
         rule = {}) {
      rule.place = fmt::format("{}, line {}", name, reader.get_file_line());
      rules.push_back(std::move(rule));
    }
  } catch (const io::error::base& fault) {
    return refused(fault.what());  // with file and line
  }
  return rules;
}

Result<ColumnRule> rule_of(const Json& entry) {
  if (!entry.is_object()) return refused("it is no object");
  ColumnRule rule;
  for (const auto& [name, value] : entry.items()) {
    const auto* const key =
        std::find_if(kKeys.begin(), kKeys.end(), [&name = name](const Key& known) { return name == known.name; });
    if (key == kKeys.end()) return refused(fmt::format("\"{}\" is none of its keys", name));
    if (!value.is_string()) return refused(fmt::format("\"{}\" is not text", name));
    rule.*(key->value) = value.get<std::string>();
  }
  return rule;
}

Result<std::vector<ColumnRule>> read_json(std::string_view text, const std::string& name) {
  auto json = parse_json(text);
  if (!json) return in_context(name, std::move(json).error());
  if (!json->is_array()) return refused(name + ": it is no list of objects");
  std::vector<ColumnRule> rules;
  for (size_t i = 0; i < json->size(); ++i) {
    const std::string place = fmt::format("{}, entry {}", name, i + 1);
    auto rule = rule_of((*json)[i]);
    if (!rule) return in_context(place, std::move(rule).error());
    rule->place = place;
    rules.push_back(*std::move(rule));
  }
  return rules;
}

Result<std::string> csv_of(const std::vector<ColumnRule>& rules) {
  std::string text;
  for (const Key& key : kKeys) text += (text.empty() ? "" : ",") + std::string(key.name);
  text += '\n';
  for (const ColumnRule& rule : rules) {
    if (rule.column.find_first_of("\n\r") != std::string::npos || rule.column.find('\0') != std::string::npos) {
      return Error{ErrorKind::input_data,
                   fmt::format("column \"{}\" has a line end or a NUL in its name: only a mapping in JSON can name it",
                               rule.column)};
    }
    for (const Key& key : kKeys) {
      if (&key != kKeys.data()) text += ',';
      append_value(text, rule.*(key.value));
    }
    text += '\n';
  }
  return text;
}

std::string json_of(const std::vector<ColumnRule>& rules) {
  auto list = nlohmann::ordered_json::array();
  for (const ColumnRule& rule : rules) {
    nlohmann::ordered_json entry = nlohmann::ordered_json::object();
    for (const Key& key : kKeys)
      if (const std::string& value = rule.*(key.value); !value.empty() || key.value == &ColumnRule::field)
        entry[key.name] = value;
    list.push_back(std::move(entry));
  }
  return list.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<std::vector<ColumnRule>> parse_mapping(std::string_view text, const std::filesystem::path& name) {
  if (name.extension() == ".json") return read_json(text, name.string());
  if (text.find('\0') != std::string_view::npos) return refused(name.string() + ": it holds NUL bytes, and is no CSV");
  return read_csv(text, name.string());
}

Result<MappingFile> read_mapping(const std::filesystem::path& file) {
  if (file.empty()) return MappingFile();
  auto text = read_file(file);
  if (!text) return std::move(text).error();
  auto rules = parse_mapping(*text, file);
  if (!rules) return std::move(rules).error();
  return MappingFile{*std::move(text), *std::move(rules)};
}

Result<std::string> mapping_text(const std::vector<ColumnRule>& rules, const std::filesystem::path& name) {
  return name.extension() == ".json" ? Result<std::string>(json_of(rules)) : csv_of(rules);
}

Result<std::vector<std::string>> column_names(const InputOptions& input) {
  if (auto ok = validate(input); !ok) return std::move(ok).error();
  Progress progress;
  auto front = Front::open(input, progress);
  if (!front) return std::move(front).error();
  if (auto ok = refuse_header_faults((*front)->header()); !ok) return std::move(ok).error();
  return (*front)->header().names;
}

}  // namespace bulkwrite::run
