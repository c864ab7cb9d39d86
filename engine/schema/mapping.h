// Which column goes to which field.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/schema/schema.h"

namespace bulkwrite::schema {

struct Mapping {
  std::vector<std::optional<Field>> columns;  // by column; none: its bytes go nowhere

  bool maps(std::string_view api_name) const;
};

// A column maps when its name is a field's API name, to the letter (contract 3.2).
Mapping map_by_api_name(const std::vector<std::string>& header, const Schema& schema);

// What forbids a load before anything is sent. input_data: no column maps, a required field has no column (insert,
// upsert). configuration: a column's field cannot be written, find_by is missing (update, upsert), unknown, not unique,
// or has no column. The messages name what could be used.
Result<void> check_mapping(const Mapping& mapping, const Schema& schema, Operation operation, std::string_view find_by);

}  // namespace bulkwrite::schema
