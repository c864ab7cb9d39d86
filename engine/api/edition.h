// What the service grants an organisation by its edition (contract 8.1, 8.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bulkwrite::api {

constexpr unsigned kCallsAtOnce = 5;  // what every edition grants

struct Edition {
  std::string name;
  uint64_t users = 0;
  unsigned calls_at_once = kCallsAtOnce;
  uint64_t daily_credits = 0;  // within any 24 hours, of all who use the organisation
};

// By what the licence is called, in any spelling; nothing for one that is not known.
std::optional<Edition> edition_named(std::string_view name, uint64_t users);

// Of the body of GET /org (contract 9.2). Nothing where it does not say, and for trials.
std::optional<Edition> parse_edition(std::string_view body);

}  // namespace bulkwrite::api
