// What the service says of a module, as it says it: fetched once a run and kept with it, or saved for work offline.
#pragma once

#include <filesystem>
#include <string>

#include "engine/api/session.h"
#include "engine/base/result.h"
#include "engine/schema/schema.h"

namespace bulkwrite::run {

// The replies of settings/fields and settings/layouts.
struct ModuleTexts {
  std::string fields, layouts;
};

// Of a session that has signed in. Errors: those of the session.
Result<ModuleTexts> fetch_module(api::Session& session, const std::string& module);

// From a file that save_module() has made, or one of its shape. Errors: configuration where it cannot be read.
Result<ModuleTexts> read_module(const std::filesystem::path& schema_file);

// `module` may be empty: the texts say which it is then. Errors: configuration, also where they are of another one.
Result<schema::Schema> schema_of(const ModuleTexts& texts, const std::string& module);

}  // namespace bulkwrite::run
