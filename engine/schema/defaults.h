// The values that a mapping brings along, held against the rules of their fields.
#pragma once

#include "engine/base/result.h"
#include "engine/schema/checker.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::schema {

// Errors: configuration, which names the field, its default and the rule that it breaks.
Result<void> check_defaults(const Mapping& mapping, UnknownChoice unknown_choice);

}  // namespace bulkwrite::schema
