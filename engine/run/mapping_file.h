// Mapping files: which column goes to which field, as the user says it (docs/zoho.md).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::run {

// `name` is for messages, and its ending says what the text is: .json is a list of objects, anything else CSV with a
// header. Both have "column", "field", "format", "find_by" and "default", of which all but "field" may be missing.
// Errors: configuration, with file and line (of JSON: which entry).
Result<std::vector<schema::ColumnRule>> parse_mapping(std::string_view text, const std::filesystem::path& name);

// As CSV that parse_mapping() reads. Errors: input_data for a column whose name such a file cannot hold.
Result<std::string> mapping_csv(const std::vector<schema::ColumnRule>& rules);

}  // namespace bulkwrite::run
