#include "engine/schema/date_evidence.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "engine/base/check.h"

namespace bulkwrite::schema {
namespace {

constexpr std::array<std::string_view, 9> kDates{"yyyy-MM-dd", "MM/dd/yyyy", "dd/MM/yyyy", "dd.MM.yyyy", "dd-MM-yyyy",
                                                 "yyyy/MM/dd", "MM-dd-yyyy", "MM.dd.yyyy", "yyyy.MM.dd"};
constexpr std::array<std::string_view, 2> kTimes{"HH:mm:ss", "HH:mm"};

uint32_t bit(size_t candidate) {
  return uint32_t{1} << candidate;
}

// What to do about it, with an example that may well be right.
std::string how_to_give(std::string_view column, std::string_view format) {
  return fmt::format("say how it is written, such as --date-format '{}={}'", column, format);
}

}  // namespace

DateCandidates::DateCandidates(FieldType type) {
  for (const std::string_view date : kDates) {
    if (type == FieldType::date) formats_.emplace_back(date);
    for (const std::string_view time : kTimes)
      if (type == FieldType::datetime) formats_.push_back(fmt::format("{} {}", date, time));
  }
  for (const std::string_view time : kTimes)
    if (type == FieldType::datetime) formats_.push_back(fmt::format("{}'T'{}", kDates.front(), time));
  for (const std::string& format : formats_) {
    auto pattern = DatePattern::compile(format);
    BULKWRITE_CHECK(pattern.has_value(), "a candidate is a format");
    patterns_.push_back(*std::move(pattern));
  }
}

uint32_t DateCandidates::fitting(std::string_view value) const {
  uint32_t fitting = 0;
  for (size_t i = 0; i < patterns_.size(); ++i) fitting |= patterns_[i].matches(value) ? bit(i) : 0;
  return fitting;
}

void DateEvidence::add(uint32_t fitting, std::string_view value) {
  Seen& seen = seen_[fitting];
  if (seen.values++ == 0) seen.first = value.substr(0, 60);
}

void DateEvidence::add(const DateEvidence& later) {
  for (const auto& [fitting, more] : later.seen_) {
    Seen& seen = seen_[fitting];
    if (seen.values == 0) seen.first = more.first;
    seen.values += more.values;
  }
}

DateEvidence::Count DateEvidence::count(uint32_t fitting, uint32_t not_fitting) const {
  Count count;
  for (const auto& [fits, seen] : seen_) {
    if ((fits & fitting) != fitting || (fits & not_fitting) != 0) continue;
    count.values += seen.values;
    if (count.example == nullptr) count.example = &seen.first;
  }
  return count;
}

Result<std::string> DateEvidence::settle(const DateCandidates& candidates, std::string_view column) const {
  const std::vector<std::string>& formats = candidates.formats();
  const Count all = count(0, 0);
  if (all.values == 0) return std::string();
  size_t best = 0;
  for (size_t i = 1; i < formats.size(); ++i)
    if (count(bit(i), 0).values > count(bit(best), 0).values) best = i;
  const auto unclear = [&](std::string why) {
    return Error{ErrorKind::configuration,
                 fmt::format("column {}: {}; {}", column, why, how_to_give(column, formats[best]))};
  };
  const Count most = count(bit(best), 0);
  if (most.values == 0) {
    return unclear(
        fmt::format("none of its {} values is written in a format that can be told ({}), for instance \"{}\"",
                    all.values, fmt::join(formats, ", "), *all.example));
  }
  for (size_t i = 0; i < formats.size(); ++i) {
    if (i == best) continue;
    const Count rival = count(bit(i), 0), both = count(bit(i) | bit(best), 0), alone = count(bit(i), bit(best));
    if (rival.values == most.values && alone.values == 0) {
      return unclear(
          fmt::format("its values could be {} or {}, for instance \"{}\"", formats[best], formats[i], *both.example));
    }
    if (rival.values == most.values || (both.values > 0 && alone.values > 0)) {
      return unclear(fmt::format("some of its values are {}, for instance \"{}\", and some are {}, for instance \"{}\"",
                                 formats[best], *count(bit(best), bit(i)).example, formats[i], *alone.example));
    }
  }
  return formats[best];
}

}  // namespace bulkwrite::schema
