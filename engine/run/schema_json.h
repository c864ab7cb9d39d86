// Reads schemas: the service's field and layout metadata, and files of the same shape.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/schema/schema.h"

namespace bulkwrite::run {

// `json` is the reply of settings/fields (contract 9.1), or a file of that shape which may also name its "module" and
// give its fields "required" and "format". `module` is used where the text names none. Errors: configuration.
Result<schema::Schema> schema_from_fields_json(std::string_view json, const std::string& module);

// Adds what the layouts demand (settings/layouts: sections[].fields[].required). Errors: configuration.
Result<void> mark_layout_required(schema::Schema& schema, std::string_view layouts_json);

}  // namespace bulkwrite::run
