#include "engine/run/decisions.h"

#include <nlohmann/json.hpp>

namespace bulkwrite::run {

using Json = nlohmann::ordered_json;

std::string to_json(const Decisions& decisions) {
  Json formats = Json::array();
  for (const Decisions::Format& one : decisions.formats)
    formats.push_back({{"column", one.column}, {"name", one.name}, {"format", one.format}});
  return Json{{"formats", std::move(formats)},
              {"on_repeat", on_repeat_name(decisions.on_repeat)},
              {"while_streaming", decisions.while_streaming},
              {"unique_columns", decisions.unique_columns},
              {"sources", decisions.sources}}
      .dump(2, ' ', false, Json::error_handler_t::replace);
}

Result<Decisions> decisions_from_json(std::string_view text) {
  Decisions decisions;
  try {
    const Json json = Json::parse(text);
    for (const Json& one : json.at("formats"))
      decisions.formats.push_back(
          {one.at("column").get<size_t>(), one.at("name").get<std::string>(), one.at("format").get<std::string>()});
    decisions.on_repeat = on_repeat_of(json.at("on_repeat").get<std::string>());
    decisions.while_streaming = json.value("while_streaming", false);
    decisions.unique_columns = json.at("unique_columns").get<std::vector<std::string>>();
    decisions.sources = json.at("sources").get<std::vector<std::string>>();
  } catch (const Json::exception&) {
    return Error{ErrorKind::input_data, "it does not hold what a run has settled about its input"};
  }
  if (decisions.on_repeat == OnRepeat::automatic)
    return Error{ErrorKind::input_data, "it does not say what becomes of repeats"};
  return decisions;
}

}  // namespace bulkwrite::run
