#include "tests/json_schema.h"

#include <fstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

std::string schema_violations(const nlohmann::json& value, const std::string& schema_name) {
  using Adapter = valijson::adapters::NlohmannJsonAdapter;
  std::ifstream file(BULKWRITE_SOURCE_DIR "/docs/" + schema_name);
  const nlohmann::json text = nlohmann::json::parse(file);
  valijson::Schema schema;
  valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(Adapter(text), schema);
  valijson::ValidationResults results;
  valijson::Validator(valijson::Validator::kStrongTypes).validate(schema, Adapter(value), &results);
  std::string violations;
  for (valijson::ValidationResults::Error error; results.popError(error);) {
    for (const std::string& step : error.context) violations += step;
    violations += ": " + error.description + '\n';
  }
  return violations;
}
