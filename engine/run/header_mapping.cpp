#include "engine/run/header_mapping.h"

#include "engine/run/survey.h"
#include "engine/schema/defaults.h"

namespace bulkwrite::run {
namespace {

// Where a blank leaves a field as it is, a record that is there already need not bring what the field demands.
void let_blanks_be(schema::Mapping& mapping) {
  for (const size_t column : mapping.order) mapping.columns[column]->required = false;
}

}  // namespace

Result<schema::Schema> read_schema(const ModuleTexts& texts, const std::string& module, const MappingOptions& options) {
  auto schema = schema_of(texts, module);
  if (!schema) return schema;
  if (auto ok = check_module(schema->module); !ok) return std::move(ok).error();
  default_formats(*schema, options.date_format, options.datetime_format);
  return schema;
}

Result<schema::Mapping> map_header(const std::vector<std::string>& names, const schema::Schema& schema,
                                   const std::vector<schema::ColumnRule>& rules, const MappingOptions& options) {
  auto mapping = schema::map_columns(names, schema, rules);
  if (!mapping) return mapping;
  if (auto ok = give_formats(*mapping, names, options.column_formats); !ok) return std::move(ok).error();
  if (auto ok = schema::check_mapping(*mapping, schema, options.operation, options.find_by); !ok)
    return std::move(ok).error();
  if (auto ok = schema::check_defaults(*mapping, options.unknown_choice); !ok) return std::move(ok).error();
  if (options.ignore_empty && options.operation != schema::Operation::insert) let_blanks_be(*mapping);
  return mapping;
}

}  // namespace bulkwrite::run
