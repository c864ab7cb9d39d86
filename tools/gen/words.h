// What the records are made of.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bulkwrite::gen {

struct Name {
  std::string_view text;   // UTF-8
  std::string_view ascii;  // for the e-mail address
};
struct Place {
  std::string_view city, country, phone_prefix;
  std::string_view zip;  // '#' stands for a digit
};

extern const std::span<const Name> kFirstNames;
extern const std::span<const Name> kLastNames;
extern const std::span<const Place> kPlaces;
extern const std::span<const std::string_view> kCompanyWords;
extern const std::span<const std::string_view> kCompanyTrades;
extern const std::span<const std::string_view> kCompanySuffixes;
extern const std::span<const std::string_view> kDomains;
extern const std::span<const std::string_view> kStreets;
extern const std::span<const std::string_view> kLeadSources;
extern const std::span<const std::string_view> kLeadStatuses;
extern const std::span<const std::string_view> kIndustries;
extern const std::span<const std::string_view> kPhrases;
extern const std::span<const std::string_view> kEventNames;
extern const std::span<const std::string_view> kEventSources;
extern const std::span<const std::string_view> kEventLevels;

}  // namespace bulkwrite::gen
