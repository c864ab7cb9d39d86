// The rules for what fields hold, told a second time in the dullest way.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tests/gen/dull_csv.h"

namespace bulkwrite::gen {

struct DullField {
  std::string data_type;
  size_t length = 0, decimals = 9;
  bool required = false, unique = false;
  std::vector<std::string> values;  // of a pick list
  bool operator==(const DullField&) const = default;
};
using DullFields = std::map<std::string, DullField>;  // by API name

DullFields fields_of_schema_file(const std::string& path);
DullFields fields_of_module_file(const std::string& path, const std::string& module);

struct DullReject {
  size_t record_number;
  std::string column, rule;
  auto operator<=>(const DullReject&) const = default;
};

// Sorted by record, then by column as in the header. Dates are yyyy-MM-dd.
std::vector<DullReject> check_dully(const DullFile& file, const DullFields& fields);

// Records that are not rejected, but have the value of a unique field that an earlier one has, in whatever letters.
std::vector<DullReject> repeats_dully(const DullFile& file, const DullFields& fields,
                                      const std::vector<DullReject>& rejects);

std::string read_whole_file(const std::string& path);

}  // namespace bulkwrite::gen
