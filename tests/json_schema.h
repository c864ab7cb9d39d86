// JSON held against the schemas that docs/ publishes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

// What in `value` breaks the schema in docs/`schema_name`, one line each; empty when nothing does.
std::string schema_violations(const nlohmann::json& value, const std::string& schema_name);
