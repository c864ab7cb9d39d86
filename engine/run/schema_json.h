// Reads schemas: the service's field and layout metadata, and files of the same shape.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/schema/schema.h"

namespace bulkwrite::run {

// `json` is the reply of settings/fields (contract 9.1), or a file of that shape which may also name its "module" and
// give its fields "required" and "format". `module` goes before the one that the text names, unless it is empty. A rule
// of the wrong JSON type is refused, not left out. Errors: configuration, with the place in the text.
Result<schema::Schema> schema_from_fields_json(std::string_view json, const std::string& module);

// Adds what any of the layouts that are in use demands (settings/layouts: sections[].fields[].required; contract 3.5,
// 9.1): no record can get into one whose status is inactive. Fields that the schema lacks are passed over. Errors:
// configuration, with `schema` as it was.
Result<void> mark_layout_required(schema::Schema& schema, std::string_view layouts_json);

}  // namespace bulkwrite::run
