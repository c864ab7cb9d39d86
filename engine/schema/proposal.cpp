#include "engine/schema/proposal.h"

#include <fmt/format.h>

#include <map>

#include "engine/schema/column_name.h"

namespace bulkwrite::schema {
namespace {

class Proposer {
 public:
  Proposer(const std::vector<std::string>& header, const Schema& schema) : header_(header), schema_(schema) {
    // A column that has the API name itself goes before one that has the label.
    for (size_t i = 0; i < header.size(); ++i)
      if (const Field* const field = schema.find(header[i])) column_of_.try_emplace(field->api_name, i);
  }

  Proposal propose() {
    for (size_t column = 0; column < header_.size(); ++column) {
      ColumnRule rule{.column = header_[column]};
      if (const std::string why = fill(rule, column); !why.empty())
        proposal_.notes.push_back(fmt::format("column \"{}\" goes nowhere: {}", header_[column], why));
      proposal_.rules.push_back(std::move(rule));
    }
    note_demands();
    return std::move(proposal_);
  }

 private:
  // Says why not, where it cannot.
  std::string fill(ColumnRule& rule, size_t column) {
    const auto named = field_named(rule.column, schema_);
    if (!named) return named.error().message;
    if (!named->has_value()) return fmt::format("no field of {} has this API name or label", schema_.module);
    const Field& field = **named;
    if (field.api_name == "id") return "the record's own id: give it the field id to find records by it (--find-by id)";
    if (!is_writable(field)) return why_not_written(field);
    if (finds_nothing(field)) return "a user is found by id or email only";
    const auto [taken, is_first] = column_of_.try_emplace(field.api_name, column);
    if (!is_first && taken->second != column)
      return fmt::format("column \"{}\" goes to {} already", header_[taken->second], field.api_name);
    rule.field = field.api_name;
    if (is_reference(field)) rule.find_by = field.find_by.empty() ? "id" : field.find_by;
    ++proposal_.mapped;
    return "";
  }

  void note_demands() {
    for (const Field& field : schema_.fields) {
      if (!field.required || !field.creatable || column_of_.count(field.api_name) != 0) continue;
      proposal_.notes.push_back(
          fmt::format("{} demands {}, and no column goes there: name one, or add a row without a "
                      "column that gives it a default",
                      schema_.module, field.api_name));
    }
  }

  const std::vector<std::string>& header_;
  const Schema& schema_;
  std::map<std::string, size_t, std::less<>> column_of_;  // by API name
  Proposal proposal_;
};

}  // namespace

Proposal propose_rules(const std::vector<std::string>& header, const Schema& schema) {
  return Proposer(header, schema).propose();
}

}  // namespace bulkwrite::schema
