// What the service says of a module, as it says it: fetched once a run and kept with it, or saved for work offline.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "engine/base/result.h"
#include "engine/schema/schema.h"

namespace bulkwrite::api {
class Session;
}

namespace bulkwrite::run {

struct LoadOptions;

// The replies of settings/fields and settings/layouts.
struct ModuleTexts {
  std::string fields, layouts;
};

// configuration for a module that the service takes no records of (contract 3.12).
Result<void> check_module(const std::string& module);

// Of a session that has signed in. Errors: those of the session.
Result<ModuleTexts> fetch_module(api::Session& session, const std::string& module);

// Signs in where `options` say, fetches, and goes. Of the options only target, credentials and transport count. Errors:
// as of the session, and configuration for a module that the service takes no records of.
Result<ModuleTexts> ask_for_module(const LoadOptions& options, const std::string& module, std::stop_token stop);

// From a file that holds a saved_module(), or one of its shape. Errors: configuration where it cannot be read.
Result<ModuleTexts> read_module(const std::filesystem::path& schema_file);

// Both in one JSON text: the fields as the service says them, with "required" where a layout demands them.
Result<std::string> saved_module(const ModuleTexts& texts, const std::string& module);

// `module` may be empty: the texts say which it is then. Errors: configuration, also where they are of another one.
Result<schema::Schema> schema_of(const ModuleTexts& texts, const std::string& module);

// For programs: a list of objects, one a field.
std::string to_json(const schema::Schema& schema);

}  // namespace bulkwrite::run
