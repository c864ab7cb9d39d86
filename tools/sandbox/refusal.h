// An answer that is an error of the contract (1.9): thrown where it is found, written out by the API.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace bulkwrite::sandbox {

struct Refusal {
  int http = 400;
  std::string code;
  std::string message;
  nlohmann::ordered_json details = nlohmann::ordered_json::object();
};

}  // namespace bulkwrite::sandbox
