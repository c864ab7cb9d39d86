// JSON that people write or save.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/base/result.h"

namespace bulkwrite::run {

// Errors: configuration, with the line and the byte from which on it is none. No message quotes it.
Result<nlohmann::json> parse_json(std::string_view text);

}  // namespace bulkwrite::run
