// A create-job request understood: which column goes into which field, and how. All checks of contract 3.11 that do not
// need the database.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tools/sandbox/modules.h"
#include "tools/sandbox/refusal.h"
#include "tools/sandbox/switches.h"
#include "tools/sandbox/values.h"

namespace bulkwrite::sandbox {

enum class Operation { kInsert, kUpdate, kUpsert };

struct PlannedColumn {
  const Field* field = nullptr;
  int index = -1;      // in the CSV; -1: none, the default value is all there is
  std::string header;  // what ERRORS calls it
  std::string find_by;
  std::optional<std::string> format_text;
  ColumnFormat format;
  std::optional<std::string> default_value;
  nlohmann::ordered_json default_node;
};

struct JobPlan {
  Operation operation = Operation::kInsert;
  std::string operation_text;
  bool ignore_empty = false;
  const Module* module = nullptr;
  std::string file_id;
  std::string file_name;  // as asked for; empty: the only one
  const Field* find_by = nullptr;
  bool by_header = false;  // no field_mappings: the header names the fields
  std::vector<PlannedColumn> columns;
  size_t header_columns = 0;
  std::string character_encoding;
  std::string callback_url;

  const PlannedColumn* column_of(const Field* field) const;
};

// Understands the body of POST /write. Throws Refusal.
JobPlan plan_job(const nlohmann::json& body, const Catalog& catalog, const Switches& switches);

// Checks the plan against the file's header, and completes it from there. Throws Refusal.
void bind_to_header(JobPlan& plan, const std::vector<std::string>& header, const Catalog& catalog,
                    const Switches& switches);

// For a file whose header cannot be read: what can be checked without. Throws Refusal.
void check_without_header(const JobPlan& plan, const Switches& switches);

// field_mappings as the job's details show them, nulls and all (contract 4.2).
nlohmann::ordered_json mappings_echo(const JobPlan& plan);

bool is_mandatory(const Field& field, const Switches& switches);

}  // namespace bulkwrite::sandbox
