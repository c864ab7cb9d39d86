// Any text as the service's field metadata or a schema file, any as its layouts, and any header mapped by it: a schema
// or a reason, and a checker that survives any record.
#include <string>
#include <vector>

#include "engine/csv/header.h"
#include "engine/run/mapping_text.h"
#include "engine/run/schema_json.h"
#include "engine/schema/checker.h"
#include "tests/fuzz/target.h"
#include "tests/schema/record.h"

using namespace bulkwrite;
using fuzz::must;

namespace {

// Up to a NUL byte, which `text` loses with it.
std::string_view take_part(std::string_view& text) {
  const size_t end = std::min(text.find('\0'), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

void must_be_configuration(const Error& error) {
  must(error.kind == ErrorKind::configuration, "a schema at fault is configuration");
  must(!error.message.empty(), "a fault has a reason");
}

void check_a_record(const schema::Mapping& mapping, std::string_view values) {
  const auto checker = schema::RecordChecker::make(mapping);
  if (!checker) return must_be_configuration(checker.error());
  std::vector<std::string_view> fields;
  for (size_t i = 0; i < mapping.columns.size(); ++i) {
    const size_t end = std::min(values.find('\n'), values.size());
    fields.push_back(values.substr(0, end));
    values.remove_prefix(std::min(end + 1, values.size()));
  }
  std::vector<schema::Violation> violations;
  std::string scratch;
  checker->check(record::Record(fields).fields(), violations, scratch);
  for (const schema::Violation& violation : violations) {
    must(violation.column < mapping.columns.size() && mapping.columns[violation.column].has_value(),
         "a rule is that of a mapped column");
    must(!schema::rule_name(violation.rule).empty(), "a rule has a name");
    must(violation.is_remark == (violation.rule == schema::Rule::picklist), "only a picklist is remarked on");
  }
}

void map_by(const schema::Schema& schema, std::string_view header_text, std::string_view values) {
  const auto header = csv::read_header(header_text, true, {});
  if (!header) return;
  const std::vector<std::string>& names = (**header).names;
  const auto mapped = schema::map_columns(names, schema);
  if (!mapped) return must(mapped.error().kind == ErrorKind::input_data, "names at fault are the input's");
  const schema::Mapping& mapping = *mapped;
  must(mapping.columns.size() == names.size(), "each column goes to a field or nowhere");
  must(mapping.order.size() + mapping.unmapped.size() == names.size(), "each column is in one of the two lists");
  run::tell_unmapped(mapping, names, [](const std::string& line) { must(!line.empty(), "a warning has a text"); });
  for (const auto operation : {schema::Operation::insert, schema::Operation::update, schema::Operation::upsert})
    for (const std::string& find_by : {std::string(), names.front()})
      (void)schema::check_mapping(mapping, schema, operation, find_by);
  check_a_record(mapping, values);
}

}  // namespace

// Fields, layouts, header and one record's values, apart by NUL bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  const std::string_view fields = take_part(rest), layouts = take_part(rest), header = take_part(rest);
  auto schema = run::schema_from_fields_json(fields, "Leads");
  if (!schema) {
    must_be_configuration(schema.error());
    return 0;
  }
  for (const schema::Field& field : schema->fields) must(!field.api_name.empty(), "a field has a name");
  const size_t known = schema->fields.size();
  if (const auto marked = run::mark_layout_required(*schema, layouts); !marked) must_be_configuration(marked.error());
  must(schema->fields.size() == known, "a layout adds no field");
  map_by(*schema, header, rest);
  return 0;
}
