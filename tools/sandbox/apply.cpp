#include "tools/sandbox/apply.h"

#include <utility>

namespace bulkwrite::sandbox {
namespace {

constexpr size_t kEchoColumns = 3;
constexpr size_t kIdDigitsMax = 19;

void bind_value(Statement& statement, int parameter, const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    statement.bind(parameter, *number);
  } else if (const auto* decimal = std::get_if<double>(&value)) {
    statement.bind(parameter, *decimal);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    statement.bind(parameter, std::string_view(*text));
  } else {
    statement.bind_null(parameter);
  }
}

bool is_null(const Value& value) {
  return std::holds_alternative<std::monostate>(value);
}

std::unique_ptr<Statement> find_statement(Database& database, const Module& module, const Field& field) {
  std::string sql =
      "SELECT \"id\" FROM " + quoted_name(module.api_name) + " WHERE " + quoted_name(field.api_name) + " = ?";
  if (field.type != FieldType::kId) sql += " COLLATE NOCASE";
  return std::make_unique<Statement>(database, sql + " LIMIT 1");
}

// 0 when there is none.
int64_t first_id(Statement& statement, const Value& value) {
  bind_value(statement, 1, value);
  const int64_t id = statement.step() ? statement.integer(0) : 0;
  statement.reset();
  return id;
}

std::optional<Value> find_value(const Field& field, const ColumnFormat& format, const std::string& text) {
  if (field.type != FieldType::kId && field.type != FieldType::kLookup) return convert(field, format, text);
  const auto number = whole_number(text, kIdDigitsMax);
  if (!number) return std::nullopt;
  return *number;
}

}  // namespace

Applier::Applier(Store& store, Database& database, const Catalog& catalog, const JobPlan& plan,
                 const Switches& switches, std::string now)
    : store_(store), database_(database), catalog_(catalog), plan_(plan), switches_(switches), now_(std::move(now)) {
  prepare_slots();
  prepare_match();
  prepare_writes();
}

void Applier::prepare_slots() {
  for (const auto& column : plan_.columns) {
    const Field& field = *column.field;
    if (field.read_only) continue;  // contract 7.4: ignored
    Slot slot{&column, nullptr, nullptr, nullptr, {}, {}};
    if (field.type == FieldType::kLookup) {
      slot.target = catalog_.find(field.lookup);
      slot.find_target = find_statement(database_, *slot.target, *slot.target->find_any_case(column.find_by));
    }
    if (field.unique) slot.find_same = find_statement(database_, *plan_.module, field);
    if (field.type == FieldType::kPicklist || field.type == FieldType::kMultiPicklist) load_known_values(slot);
    slots_.push_back(std::move(slot));
  }
}

void Applier::load_known_values(Slot& slot) {
  const Field& field = *slot.column->field;
  slot.known_values.insert(field.values.begin(), field.values.end());
  Statement rows(database_, "SELECT value FROM sandbox_picklists WHERE module = ? AND field = ?");
  rows.bind(1, plan_.module->api_name).bind(2, field.api_name);
  while (rows.step()) slot.known_values.insert(rows.text(0));
}

void Applier::prepare_match() {
  if (plan_.find_by != nullptr) match_ = find_statement(database_, *plan_.module, *plan_.find_by);
}

void Applier::prepare_writes() {
  const auto constant = [&](const char* name, Value value, bool on_update) {
    const Field* field = plan_.module->find(name);
    if (field == nullptr) return;
    const PlannedColumn* column = plan_.column_of(field);
    if (column != nullptr && !field->read_only) return;
    added_constants_.emplace_back(name, value);
    if (on_update) updated_constants_.emplace_back(name, value);
  };
  constant("Created_Time", now_, false);
  constant("Modified_Time", now_, true);
  constant("Created_By", kUserId, false);
  constant("Modified_By", kUserId, true);
  constant("Owner", kUserId, false);
  constant("Layout", plan_.module->layout_id, false);

  std::string names = "\"id\"";
  std::string marks = "?";
  std::string settings = "\"id\" = \"id\"";
  for (const auto& slot : slots_) {
    const std::string name = quoted_name(slot.column->field->api_name);
    names += ", " + name;
    marks += ", ?";
    // With ignore_empty a blank cell is bound as NULL and leaves the field alone.
    settings += ", " + name + (plan_.ignore_empty ? " = coalesce(?, " + name + ")" : " = ?");
  }
  for (const auto& entry : added_constants_) {
    names += ", " + quoted_name(entry.first);
    marks += ", ?";
  }
  for (const auto& entry : updated_constants_) settings += ", " + quoted_name(entry.first) + " = ?";
  const std::string table = quoted_name(plan_.module->api_name);
  insert_ = std::make_unique<Statement>(database_, "INSERT INTO " + table + "(" + names + ") VALUES(" + marks + ")");
  update_ = std::make_unique<Statement>(database_, "UPDATE " + table + " SET " + settings + " WHERE \"id\" = ?");
}

std::string Applier::text_of(const PlannedColumn& column, const std::vector<std::string>& cells) const {
  std::string text = column.index >= 0 ? cells[static_cast<size_t>(column.index)] : std::string();
  if (text.empty() && column.default_value) text = *column.default_value;
  return text;
}

int64_t Applier::match(const std::vector<std::string>& cells) {
  if (!match_) return 0;
  const PlannedColumn& column = *plan_.column_of(plan_.find_by);
  const std::string text = text_of(column, cells);
  if (text.empty()) {
    if (plan_.operation == Operation::kUpdate) errors_.add("MANDATORY_NOT_FOUND", column.header);
    return 0;
  }
  const auto value = find_value(*plan_.find_by, column.format, text);
  if (!value) {
    errors_.add("INVALID_DATA", column.header);
    return 0;
  }
  return first_id(*match_, *value);
}

std::optional<Value> Applier::refer(Slot& slot, const std::string& text) {
  const Field& field = *slot.column->field;
  if (field.type == FieldType::kLayout) return plan_.module->layout_id;  // any other falls back to it, contract 3.6
  if (field.type == FieldType::kOwner) {
    const bool known = text == std::to_string(kUserId) || lower_case(text) == kUserEmail;
    if (!known) return std::nullopt;
    return kUserId;
  }
  const Field& key = *slot.target->find_any_case(slot.column->find_by);
  const auto value = key.display && key.read_only ? std::optional<Value>(text) : find_value(key, ColumnFormat{}, text);
  const int64_t id = value ? first_id(*slot.find_target, *value) : 0;
  if (id == 0) return std::nullopt;
  return id;
}

void Applier::fill_slot(Slot& slot, const std::string& text, bool adding) {
  const PlannedColumn& column = *slot.column;
  slot.value = {};
  if (text.empty()) {
    const bool left_alone = !adding && plan_.ignore_empty;
    if (is_mandatory(*column.field, switches_) && !left_alone) errors_.add("MANDATORY_NOT_FOUND", column.header);
    return;
  }
  const FieldType type = column.field->type;
  const bool refers = type == FieldType::kLookup || type == FieldType::kOwner || type == FieldType::kLayout;
  const auto value = refers ? refer(slot, text) : convert(*column.field, column.format, text);
  if (value) {
    slot.value = *value;
  } else {
    errors_.add(refers ? "RESOURCE_NOT_FOUND" : "INVALID_DATA", column.header);
  }
}

void Applier::fill(const std::vector<std::string>& cells, bool adding) {
  for (auto& slot : slots_) fill_slot(slot, text_of(*slot.column, cells), adding);
}

void Applier::learn_value(Slot& slot, const std::string& value) {
  if (value.empty() || !slot.known_values.insert(value).second) return;
  Statement row(database_, "INSERT OR IGNORE INTO sandbox_picklists VALUES(?, ?, ?)");
  row.bind(1, plan_.module->api_name).bind(2, slot.column->field->api_name).bind(3, value).run();
}

void Applier::learn_values(Slot& slot) {
  const auto* text = std::get_if<std::string>(&slot.value);
  if (text == nullptr) return;
  if (slot.column->field->type == FieldType::kPicklist) return learn_value(slot, *text);
  if (slot.column->field->type != FieldType::kMultiPicklist) return;
  size_t begin = 0;
  while (begin <= text->size()) {
    const size_t end = std::min(text->find(';', begin), text->size());
    learn_value(slot, text->substr(begin, end - begin));
    begin = end + 1;
  }
}

bool Applier::write(int64_t id, bool adding) {
  Statement& statement = adding ? *insert_ : *update_;
  int parameter = 1;
  if (adding) statement.bind(parameter++, id);
  for (const auto& slot : slots_) bind_value(statement, parameter++, slot.value);
  for (const auto& entry : adding ? added_constants_ : updated_constants_)
    bind_value(statement, parameter++, entry.second);
  if (!adding) statement.bind(parameter, id);
  if (!statement.run_unless_duplicate()) return false;
  for (auto& slot : slots_) learn_values(slot);
  return true;
}

void Applier::name_duplicates(int64_t own_id) {
  for (auto& slot : slots_) {
    if (!slot.find_same || is_null(slot.value)) continue;
    const int64_t holder = first_id(*slot.find_same, slot.value);
    if (holder != 0 && holder != own_id) errors_.add("DUPLICATE_DATA", slot.column->header);
  }
}

Verdict Applier::decide(const std::vector<std::string>& cells) {
  Verdict verdict;
  verdict.status = Status::kSkipped;
  const int64_t matched = match(cells);
  if (!errors_.empty()) return verdict;
  if (plan_.operation == Operation::kInsert && matched != 0) {
    errors_.add("DUPLICATE_DATA", plan_.column_of(plan_.find_by)->header);
    return verdict;
  }
  if (plan_.operation == Operation::kUpdate && matched == 0) {
    errors_.add("RESOURCE_NOT_FOUND", plan_.column_of(plan_.find_by)->header);
    return verdict;
  }
  const bool adding = matched == 0;
  fill(cells, adding);
  if (!errors_.empty()) return verdict;
  const int64_t id = adding ? store_.next_id() : matched;
  if (!write(id, adding)) {
    name_duplicates(adding ? 0 : id);
    return verdict;
  }
  verdict.status = adding ? Status::kAdded : Status::kUpdated;
  verdict.record_id = id;
  return verdict;
}

Verdict Applier::apply(const std::vector<std::string>& cells) {
  errors_.clear();
  Verdict verdict;
  if (cells.size() == plan_.header_columns) {
    verdict = decide(cells);
  } else {
    errors_.add("CANNOT_PROCESS", "");  // and UNPROCESSED: which cell belongs to which field is anybody's guess
  }
  verdict.errors = errors_.text();
  verdict.echo = echo(cells);
  return verdict;
}

Verdict Applier::refuse(const std::vector<std::string>& cells) const {
  return {Status::kSkipped, 0, "LIMIT_EXCEEDED", echo(cells)};
}

std::vector<std::string> Applier::echo(const std::vector<std::string>& cells) const {
  std::vector<std::string> first;
  for (const auto& column : plan_.columns) {
    if (first.size() == kEchoColumns) break;
    if (column.index < 0) continue;
    const auto index = static_cast<size_t>(column.index);
    first.push_back(index < cells.size() ? cells[index] : std::string());
  }
  return first;
}

}  // namespace bulkwrite::sandbox
