// What a job shall do, the same for every chunk of a load (contract 3.1, 3.2).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::api {

struct FieldMapping {
  std::string api_name;
  std::optional<size_t> column;    // of the CSV that is sent, 0-based; none: default_value is all there is
  std::string format;              // of a date or datetime; empty: none
  std::string find_by;             // of a lookup; empty: none
  std::string default_value = {};  // for blanks; empty: none
};

struct JobSpec {
  std::string operation;  // insert, update, upsert
  std::string module;
  std::string find_by;  // empty: none
  std::vector<FieldMapping> mappings;
  bool ignore_empty = false;  // of update and upsert: a blank leaves the field as it is, instead of emptying it
};

// The body of a create request: always with explicit mappings by index (contract 3.3).
std::string create_body(const JobSpec& job, std::string_view file_id, std::string_view csv_name,
                        std::string_view callback_url = {});

// A JSON string, quotes included. Bytes that are not UTF-8 are the caller's fault and go through as they are.
std::string json_string(std::string_view text);

}  // namespace bulkwrite::api
