// A mapping to begin with, made from the names of columns.
#pragma once

#include <string>
#include <vector>

#include "engine/schema/mapping.h"

namespace bulkwrite::schema {

struct Proposal {
  std::vector<ColumnRule> rules;   // one a column, in the order of the header: map_columns() takes them
  std::vector<std::string> notes;  // which columns go nowhere and why; what the module demands and no column supplies
  size_t mapped = 0;               // columns that go to a field
};

Proposal propose_rules(const std::vector<std::string>& header, const Schema& schema);

}  // namespace bulkwrite::schema
