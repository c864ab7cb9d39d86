// Which column goes to which field, settled by one code for a load and for the check of its file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/run/module_texts.h"
#include "engine/schema/checker.h"
#include "engine/schema/mapping.h"
#include "engine/schema/schema.h"

namespace bulkwrite::run {

struct MappingOptions {
  schema::Operation operation = schema::Operation::insert;
  std::string find_by;
  schema::UnknownChoice unknown_choice = schema::UnknownChoice::is_remark;
  std::string date_format, datetime_format;
  std::map<std::string, std::string> column_formats;
  bool ignore_empty = false;
};

// What LoadOptions and CheckOptions say of it, under the same names.
template <typename Options>
MappingOptions mapping_options(const Options& options) {
  return {.operation = options.operation,
          .find_by = options.find_by,
          .unknown_choice = options.unknown_choice,
          .date_format = options.date_format,
          .datetime_format = options.datetime_format,
          .column_formats = options.column_formats,
          .ignore_empty = options.ignore_empty};
}

// The module's fields, with the formats that dates have by default. `module` may be empty: the texts say which it is.
// Errors: as of schema_of(), and configuration for a module that the service takes no records of.
Result<schema::Schema> read_schema(const ModuleTexts& texts, const std::string& module, const MappingOptions& options);

// Refuses what cannot be loaded. Errors: those of map_columns(), give_formats(), check_mapping() and check_defaults().
Result<schema::Mapping> map_header(const std::vector<std::string>& names, const schema::Schema& schema,
                                   const std::vector<schema::ColumnRule>& rules, const MappingOptions& options);

}  // namespace bulkwrite::run
