// What a check has found, in numbers and examples.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/run/profile.h"
#include "engine/run/reject.h"
#include "engine/run/summary.h"

namespace bulkwrite::run {

constexpr size_t kExamplesMax = 3;

struct RuleFailures {
  struct Example {
    std::string source;
    uint64_t record_number = 0, byte_offset = 0;
    std::string column;  // empty: the whole record
    std::string excerpt;
  };
  uint64_t count = 0;             // a record may break a rule in several columns
  std::vector<Example> examples;  // the first ones of the input, at most kExamplesMax
};

struct InputProfile {
  uint64_t records = 0;  // those that could be divided into fields; the columns tell of them
  std::vector<ColumnProfile> columns;
  std::vector<std::string> sources;  // names by ordinal
};

struct CheckReport {
  Summary summary;                            // accepted records count as `not_sent`
  std::map<std::string, RuleFailures> rules;  // that were broken
  std::optional<InputProfile> profile;        // where it was asked for

  void add(const Reject& reject, const std::string& source);
};

// One line of JSON, as docs/check.schema.json describes it.
std::string to_json(const CheckReport& report);

}  // namespace bulkwrite::run
