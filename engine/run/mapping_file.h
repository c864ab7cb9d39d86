// Mapping files: which column goes to which field, as the user says it (docs/zoho.md).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/run/options.h"
#include "engine/schema/mapping.h"
#include "engine/schema/proposal.h"

namespace bulkwrite::run {

// `name` is for messages, and its ending says what the text is: .json is a list of objects, anything else CSV with a
// header. Both have "column", "field", "format", "find_by" and "default", of which all but "field" may be missing.
// Errors: configuration, with file and line (of JSON: which entry).
Result<std::vector<schema::ColumnRule>> parse_mapping(std::string_view text, const std::filesystem::path& name);

struct MappingFile {
  std::string text;  // as it is
  std::vector<schema::ColumnRule> rules;
};
// An empty path is a mapping without rules. Errors: no_input, and as of parse_mapping().
Result<MappingFile> read_mapping(const std::filesystem::path& file);

// A text that parse_mapping() reads under that name. Errors: input_data for a column whose name a CSV cannot hold.
Result<std::string> mapping_text(const std::vector<schema::ColumnRule>& rules, const std::filesystem::path& name);

// The names of the input's columns. Errors: usage, no_input, or input_data (no header, one with faults).
Result<std::vector<std::string>> column_names(const InputOptions& input);

}  // namespace bulkwrite::run
