#include "engine/run/check_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace bulkwrite::run {
namespace {

using Json = nlohmann::ordered_json;

Json rule_json(const std::string& rule, const RuleFailures& failures) {
  Json json{{"rule", rule}, {"count", failures.count}, {"examples", Json::array()}};
  for (const RuleFailures::Example& example : failures.examples)
    json["examples"].push_back({{"source", example.source},
                                {"record_number", example.record_number},
                                {"byte_offset", example.byte_offset},
                                {"column", example.column},
                                {"excerpt", example.excerpt}});
  return json;
}

Json column_json(const ColumnProfile& column, const InputProfile& profile) {
  const auto or_null = [](const std::optional<std::string>& text) { return text ? Json(*text) : Json(); };
  Json json{{"name", column.name},
            {"filled", column.filled},
            {"distinct", column.distinct},
            {"order", order_name(column.order)},
            {"min", or_null(column.least)},
            {"max", or_null(column.greatest)},
            {"longest", nullptr}};
  if (column.longest > 0)
    json["longest"] = {{"characters", column.longest},
                       {"source", profile.sources[column.longest_source]},
                       {"record_number", column.longest_record}};
  return json;
}

}  // namespace

void CheckReport::add(const Reject& reject, const std::string& source) {
  for (const Reject::Why& why : reject.reasons) {
    RuleFailures& failures = rules[std::string(why.rule)];
    ++failures.count;
    if (failures.examples.size() < kExamplesMax)
      failures.examples.push_back({source, reject.record_number, reject.byte_offset, why.column, why.excerpt});
  }
}

std::string to_json(const CheckReport& report) {
  Json json{{"summary", Json::parse(to_json(report.summary))}, {"rules", Json::array()}, {"profile", nullptr}};
  for (const auto& [rule, failures] : report.rules) json["rules"].push_back(rule_json(rule, failures));
  if (report.profile) {
    json["profile"] = {{"records", report.profile->records}, {"columns", Json::array()}};
    for (const ColumnProfile& column : report.profile->columns)
      json["profile"]["columns"].push_back(column_json(column, *report.profile));
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bulkwrite::run
