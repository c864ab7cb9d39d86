#include "engine/run/run_options.h"

#include <nlohmann/json.hpp>

namespace bulkwrite::run {
namespace {

using Json = nlohmann::ordered_json;

Json cut_json(const InputOptions& options) {
  Json json{{"delimiter", options.delimiter ? Json(std::string(1, *options.delimiter)) : Json()},
            {"records_max", options.records_max},
            {"bytes_max", options.bytes_max},
            {"record_bytes_max", options.record_bytes_max},
            {"resync_on_unclosed_quote", options.resync_on_unclosed_quote}};
  // Left out where it was not given, as in the runs of before it could be.
  if (options.encoding) json["encoding"] = *options.encoding;
  return json;
}

}  // namespace

std::string cut_text(const InputOptions& options) {
  return cut_json(options).dump();
}

std::string options_text(const LoadOptions& options) {
  // Of an empty path nothing is made absolute.
  const auto& given = options.input.directory;
  std::error_code no_directory;
  const auto directory = std::filesystem::absolute(given.empty() ? "." : given, no_directory).lexically_normal() / "";
  Json json{{"files", options.input.files},
            {"directory", directory.string()},
            {"cut", cut_json(options.input)},
            {"date_format", options.date_format},
            {"datetime_format", options.datetime_format},
            {"column_formats", options.column_formats},
            {"on_repeat", on_repeat_name(options.on_repeat)},
            {"picklist_strict", options.unknown_choice == schema::UnknownChoice::is_violation},
            {"strict", options.strict}};
  if (!options.profile.empty()) json["profile"] = options.profile;
  if (!options.key.empty()) json["key"] = options.key;
  if (options.drop_unmapped) json["drop_unmapped"] = true;
  if (options.ignore_empty) json["ignore_empty"] = true;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<LoadOptions> bound_options(const RunFacts& facts, LoadOptions how) {
  const Json json = Json::parse(facts.options, nullptr, false);
  try {
    how.input.files = json.at("files").get<std::vector<std::string>>();
    how.input.directory = json.at("directory").get<std::string>();
    const Json& cut = json.at("cut");
    if (cut.at("delimiter").is_string()) how.input.delimiter = cut.at("delimiter").get<std::string>().at(0);
    if (cut.contains("encoding")) how.input.encoding = cut.at("encoding").get<std::string>();
    how.input.records_max = cut.at("records_max").get<uint64_t>();
    how.input.bytes_max = cut.at("bytes_max").get<uint64_t>();
    how.input.record_bytes_max = cut.at("record_bytes_max").get<uint64_t>();
    how.input.resync_on_unclosed_quote = cut.at("resync_on_unclosed_quote").get<bool>();
    how.date_format = json.at("date_format").get<std::string>();
    how.datetime_format = json.at("datetime_format").get<std::string>();
    how.column_formats = json.at("column_formats").get<std::map<std::string, std::string>>();
    how.on_repeat = on_repeat_of(json.at("on_repeat").get<std::string>());
    how.strict = json.at("strict").get<bool>();
    how.unknown_choice =
        json.at("picklist_strict").get<bool>() ? schema::UnknownChoice::is_violation : schema::UnknownChoice::is_remark;
    how.key = json.value("key", "");
    how.drop_unmapped = json.value("drop_unmapped", false);
    how.ignore_empty = json.value("ignore_empty", false);
  } catch (const std::exception&) {
    return Error{ErrorKind::input_data, "the ledger does not hold the call that began its run"};
  }
  how.module = facts.module;
  how.operation = operation_of(facts.operation);
  how.find_by = facts.find_by;
  return how;
}

std::string profile_of(const RunFacts& facts) {
  const Json json = Json::parse(facts.options, nullptr, false);
  const auto found = json.is_object() ? json.find("profile") : json.end();
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

schema::Operation operation_of(std::string_view name) {
  if (name == "update") return schema::Operation::update;
  if (name == "upsert") return schema::Operation::upsert;
  return schema::Operation::insert;
}

std::string operation_name(schema::Operation operation) {
  switch (operation) {
    case schema::Operation::insert:
      return "insert";
    case schema::Operation::update:
      return "update";
    case schema::Operation::upsert:
      return "upsert";
  }
  return "insert";
}

}  // namespace bulkwrite::run
