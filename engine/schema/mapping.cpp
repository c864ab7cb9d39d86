#include "engine/schema/mapping.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/schema/column_name.h"

namespace bulkwrite::schema {
namespace {

Error at(const ColumnRule& rule, std::string what) {
  return {ErrorKind::configuration, rule.place.empty() ? std::move(what) : rule.place + ": " + std::move(what)};
}

// The field that a rule names, and how.
Result<Field> field_by(const ColumnRule& rule, const Schema& schema) {
  const Field* const known = schema.find(rule.field);
  auto named = known != nullptr ? std::optional(*known) : reference_named(rule.field, schema);
  if (!named) {
    const auto meant = fields_labelled(rule.field, schema);
    return at(rule, fmt::format("{} has no field \"{}\"{}", schema.module, rule.field,
                                meant.empty() ? "" : fmt::format("; {} has that label", meant.front()->api_name)));
  }
  Field field = *std::move(named);
  if (!rule.find_by.empty() && !is_reference(field))
    return at(rule, "only a lookup or a user has a find_by, not " + rule.field);
  if (!rule.format.empty()) field.format = rule.format;
  if (!rule.format.empty() && format_of(field).empty())
    return at(rule, "only a date or a number has a format, not " + rule.field);
  if (!rule.find_by.empty()) field.find_by = rule.find_by;
  if (finds_nothing(field))
    return at(rule, fmt::format("a user is found by id or email, not by \"{}\"", field.find_by));
  field.default_value = rule.default_value;
  if (!rule.default_value.empty()) field.required = false;
  return field;
}

// Takes the rules first, and then what the names of the other columns say.
class Mapper {
 public:
  Mapper(const std::vector<std::string>& header, const Schema& schema)
      : header_(header), schema_(schema), is_ruled_(header.size(), false) {
    mapping_.columns.resize(header.size());
  }

  Result<void> obey(const ColumnRule& rule) {
    if (rule.column.empty()) return add_constant(rule);
    const auto column = column_of(rule);
    if (!column) return column.error();
    if (is_ruled_[*column]) return at(rule, fmt::format("column \"{}\" is there twice", rule.column));
    is_ruled_[*column] = true;
    if (rule.field.empty()) {
      mapping_.unmapped.push_back({*column, "the mapping leaves it out", true});
      return {};
    }
    auto field = field_by(rule, schema_);
    if (!field) return std::move(field).error();
    return give(*column, *std::move(field));
  }

  Result<void> read_name(size_t column) {
    if (is_ruled_[column]) return {};
    const std::string& name = header_[column];
    auto field = field_named(name, schema_);
    if (!field) return std::move(field).error();
    if (!field->has_value()) {
      mapping_.unmapped.push_back({column, fmt::format("no field of {} has this API name or label", schema_.module)});
      return {};
    }
    if (finds_nothing(**field)) {
      mapping_.unmapped.push_back({column, "a user is found by id or email only"});
      return {};
    }
    return give(column, **std::move(field));
  }

  Mapping take() {
    auto& unmapped = mapping_.unmapped;
    std::sort(unmapped.begin(), unmapped.end(), [](const auto& a, const auto& b) { return a.column < b.column; });
    for (size_t i = 0; i < mapping_.columns.size(); ++i)
      if (mapping_.columns[i]) mapping_.order.push_back(i);
    return std::move(mapping_);
  }

 private:
  Result<size_t> column_of(const ColumnRule& rule) const {
    const auto found = std::find(header_.begin(), header_.end(), rule.column);
    if (found != header_.end()) return static_cast<size_t>(found - header_.begin());
    const auto meant = std::find_if(header_.begin(), header_.end(),
                                    [&](const std::string& name) { return is_same_loosely(name, rule.column); });
    return at(rule, fmt::format("the input has no column \"{}\"{}", rule.column,
                                meant == header_.end() ? "" : fmt::format("; it has \"{}\"", *meant)));
  }

  Result<void> add_constant(const ColumnRule& rule) {
    if (rule.field.empty() || rule.default_value.empty())
      return at(rule, "without a column there must be a field and a default, which every record gets");
    auto field = field_by(rule, schema_);
    if (!field) return std::move(field).error();
    if (mapping_.supplies(field->api_name)) return at(rule, field->api_name + " is there twice");
    mapping_.constants.push_back(*std::move(field));
    return {};
  }

  Result<void> give(size_t column, Field field) {
    for (size_t i = 0; i < header_.size(); ++i) {
      if (!mapping_.columns[i] || mapping_.columns[i]->api_name != field.api_name) continue;
      return Error{ErrorKind::input_data,
                   fmt::format("columns \"{}\" and \"{}\" both go to {}: leave one out with a mapping file (--mapping) "
                               "that gives it no field",
                               header_[std::min(i, column)], header_[std::max(i, column)], field.api_name)};
    }
    if (mapping_.supplies(field.api_name)) {
      return Error{ErrorKind::configuration,
                   fmt::format("{} is a constant of the mapping, and column \"{}\" goes there too: leave that out "
                               "with a rule that gives it no field, or give it the default",
                               field.api_name, header_[column])};
    }
    mapping_.columns[column] = std::move(field);
    return {};
  }

  const std::vector<std::string>& header_;
  const Schema& schema_;
  std::vector<bool> is_ruled_;
  Mapping mapping_;
};

// What cannot be written is not demanded either: a column for it would be refused.
Result<void> check_required(const Mapping& mapping, const Schema& schema, Operation operation) {
  std::vector<std::string_view> missing;
  for (const Field& field : schema.fields)
    if (field.required && is_writable(field, operation) && !mapping.supplies(field.api_name))
      missing.push_back(field.api_name);
  if (missing.empty()) return {};
  return Error{ErrorKind::input_data,
               fmt::format("{} demands {}, and no column goes there", schema.module, fmt::join(missing, ", "))};
}

Result<void> check_writable(const Mapping& mapping, Operation operation, std::string_view find_by) {
  const auto check = [&](const Field& field) -> Result<void> {
    // The record's own id is not writable, and still what records are found by (contract 9.1).
    if (is_writable(field, operation) || field.api_name == find_by) return {};
    return Error{ErrorKind::configuration,
                 why_not_written(field) +
                     ": take it out, or leave it out with a mapping file (--mapping) that gives "
                     "its column no field"};
  };
  for (const size_t column : mapping.order)
    if (auto ok = check(*mapping.columns[column]); !ok) return ok;
  for (const Field& field : mapping.constants)
    if (auto ok = check(field); !ok) return ok;
  return {};
}

bool tells_records_apart(const Field& field) {
  return field.unique || field.api_name == "id";
}

bool is_findable(const Field& field) {
  return tells_records_apart(field) || field.external_id;
}

std::string findable_text(const Mapping& mapping, const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& field : schema.fields)
    if (is_findable(field)) names.push_back(field.api_name + (mapping.maps(field.api_name) ? "" : " (no column yet)"));
  if (names.empty()) return fmt::format("{} has no unique field and no external id", schema.module);
  return fmt::format("fields that could be used: {}", fmt::join(names, ", "));
}

Result<void> check_find_by(const Mapping& mapping, const Schema& schema, Operation operation,
                           std::string_view find_by) {
  const auto refused = [&](std::string why) -> Result<void> {
    return Error{ErrorKind::configuration, fmt::format("{}; {}", why, findable_text(mapping, schema))};
  };
  if (find_by.empty()) {
    return operation == Operation::insert
               ? Result<void>()
               : refused("update and upsert need --find-by, the field by which records are found");
  }
  const Field* const field = schema.find(find_by);
  if (field == nullptr) return refused(fmt::format("--find-by {}: {} has no such field", find_by, schema.module));
  if (!is_findable(*field))
    return refused(fmt::format("--find-by {}: the field is not unique, and no external id", find_by));
  if (!mapping.maps(find_by)) return refused(fmt::format("--find-by {}: no column goes there", find_by));
  return {};
}

}  // namespace

bool Mapping::maps(std::string_view api_name) const {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const auto& field) { return field && field->api_name == api_name; });
}

bool Mapping::supplies(std::string_view api_name) const {
  return maps(api_name) || std::any_of(constants.begin(), constants.end(),
                                       [&](const Field& field) { return field.api_name == api_name; });
}

Result<Mapping> map_columns(const std::vector<std::string>& header, const Schema& schema,
                            const std::vector<ColumnRule>& rules) {
  Mapper mapper(header, schema);
  for (const ColumnRule& rule : rules)
    if (auto ok = mapper.obey(rule); !ok) return std::move(ok).error();
  for (size_t column = 0; column < header.size(); ++column)
    if (auto ok = mapper.read_name(column); !ok) return std::move(ok).error();
  return mapper.take();
}

Result<void> put_key_first(Mapping& mapping, const std::vector<std::string>& header, std::string_view key,
                           std::string_view find_by) {
  auto& order = mapping.order;
  const auto first_with = [&](const auto& is_it) { return std::find_if(order.begin(), order.end(), is_it); };
  const auto field_of = [&](size_t column) -> const Field& { return *mapping.columns[column]; };
  // What stands in for a blank may or may not be repeated: such columns come last.
  std::stable_partition(order.begin(), order.end(), [&](size_t c) { return field_of(c).default_value.empty(); });
  auto first = first_with([&](size_t c) { return header[c] == key; });
  if (first == order.end()) first = first_with([&](size_t c) { return field_of(c).api_name == key; });
  if (!key.empty() && first == order.end()) {
    const bool is_column = std::find(header.begin(), header.end(), key) != header.end();
    return Error{ErrorKind::configuration,
                 fmt::format("--key {}: {}", key,
                             is_column ? "the column goes to no field, so results cannot repeat it"
                                       : "no column has that name, and none goes to a field of that name")};
  }
  if (first == order.end()) first = first_with([&](size_t c) { return field_of(c).api_name == find_by; });
  if (first == order.end()) first = first_with([&](size_t c) { return tells_records_apart(field_of(c)); });
  if (first == order.end()) first = first_with([&](size_t c) { return field_of(c).external_id; });
  if (first != order.end()) std::rotate(order.begin(), first, first + 1);
  return {};
}

Result<void> check_mapping(const Mapping& mapping, const Schema& schema, Operation operation,
                           std::string_view find_by) {
  if (mapping.order.empty()) {
    return Error{ErrorKind::input_data,
                 fmt::format("no column of the header is the API name or the label of a field of {}", schema.module)};
  }
  if (auto ok = check_writable(mapping, operation, find_by); !ok) return ok;
  if (operation != Operation::update)
    if (auto ok = check_required(mapping, schema, operation); !ok) return ok;
  return check_find_by(mapping, schema, operation, find_by);
}

}  // namespace bulkwrite::schema
