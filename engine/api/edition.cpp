#include "engine/api/edition.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace bulkwrite::api {
namespace {

struct Grant {
  std::string_view name;  // in small letters, without anything else
  uint64_t base, per_user, cap;
  unsigned calls_at_once;
};

constexpr uint64_t kNoCap = UINT64_MAX;
// Where the documentation has two figures, this is the one of its limits page.
constexpr std::array kGrants{Grant{"free", 5'000, 0, 5'000, 5},
                             Grant{"standard", 50'000, 250, 100'000, 10},
                             Grant{"starter", 50'000, 250, 100'000, 10},
                             Grant{"professional", 50'000, 500, 3'000'000, 15},
                             Grant{"enterprise", 50'000, 1'000, 5'000'000, 20},
                             Grant{"zohoone", 50'000, 1'000, 5'000'000, 20},
                             Grant{"ultimate", 50'000, 2'000, kNoCap, 25},
                             Grant{"crmplus", 50'000, 2'000, kNoCap, 25}};
constexpr uint64_t kUsersMax = 10'000'000;  // more are a mistake

std::string letters_of(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z')
      letters += static_cast<char>(c - 'A' + 'a');
    else if (c >= 'a' && c <= 'z')
      letters += c;
  }
  return letters;
}

}  // namespace

std::optional<Edition> edition_named(std::string_view name, uint64_t users) {
  const std::string letters = letters_of(name);
  for (const Grant& grant : kGrants) {
    if (letters != grant.name) continue;
    const uint64_t credits = grant.base + grant.per_user * std::min(users, kUsersMax);
    return Edition{std::string(grant.name), users, grant.calls_at_once, std::min(credits, grant.cap)};
  }
  return std::nullopt;
}

std::optional<Edition> parse_edition(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root, licence;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  if (root["org"].at(0)["license_details"].get(licence) != simdjson::SUCCESS) return std::nullopt;
  std::string_view name, trial;
  uint64_t users = 0;
  bool paid = true;
  if (licence["trial_type"].get(trial) == simdjson::SUCCESS && !trial.empty()) return std::nullopt;
  if (licence["paid"].get(paid) == simdjson::SUCCESS && !paid) return edition_named("free", 0);
  if (licence["paid_type"].get(name) != simdjson::SUCCESS) return std::nullopt;
  if (licence["users_license_purchased"].get(users) != simdjson::SUCCESS) users = 0;
  return edition_named(name, users);
}

}  // namespace bulkwrite::api
