// `fields` and `map`: what a module is like, and which column could go where in it.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "engine/run/load.h"
#include "engine/run/module_texts.h"
#include "engine/run/options.h"
#include "engine/run/settings.h"

namespace bulkwrite::cli {

// Where a module is asked for.
struct ModuleSource {
  std::string module;
  std::filesystem::path schema_file;  // counts before the service
  std::string sandbox;                // empty: the settings say where
  Result<run::Settings> settings{run::Settings()};
};

struct FieldsCommand {
  ModuleSource source;
  bool json = false;
  std::filesystem::path output;  // where the schema is saved; empty: it is shown
};
struct MapCommand {
  ModuleSource source;
  run::InputOptions input;
  std::filesystem::path output;  // empty: stdout
};

// From the file, or from the service.
Result<run::ModuleTexts> find_module(const ModuleSource& source, std::stop_token stop);

// Return the exit code.
int show_fields(const FieldsCommand& command, std::stop_token stop);
int propose_mapping(const MapCommand& command, std::stop_token stop);

}  // namespace bulkwrite::cli
