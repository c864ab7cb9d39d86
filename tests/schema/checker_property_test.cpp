// The rules against slow oracles that are right by looking at them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <regex>

#include "engine/schema/checker.h"
#include "engine/schema/forms.h"

using namespace bulkwrite::schema;

namespace {

using Random = std::mt19937_64;

size_t below(Random& random, size_t bound) {
  return std::uniform_int_distribution<size_t>(0, bound - 1)(random);
}

std::string random_text(Random& random, std::string_view alphabet, size_t length_max) {
  std::string text(below(random, length_max + 1), ' ');
  for (char& c : text) c = alphabet[below(random, alphabet.size())];
  return text;
}

std::string utf8(char32_t c) {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

char32_t random_character(Random& random) {
  constexpr std::array<char32_t, 8> kEdges{0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF};
  if (below(random, 4) == 0) return kEdges[below(random, kEdges.size())];
  return static_cast<char32_t>(' ' + below(random, below(random, 2) == 0 ? 0x5F : 0x3000));
}

struct Parts {
  int year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0;

  bool exists() const {
    using namespace std::chrono;
    return year >= 1 && hour < 24 && minute < 60 && second < 60 &&
           year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                          std::chrono::day(static_cast<unsigned>(day)))
               .ok();
  }
};

// A pattern of shuffled units and what follows each, so that a value can be written and read back the slow way.
struct RandomPattern {
  std::vector<char> units;  // y M d H m s
  std::vector<std::string> behind;

  explicit RandomPattern(Random& random) {
    constexpr std::array<std::string_view, 6> kBehind{"", "-", "/", ". ", "T", "'"};
    for (const char unit : std::string_view(below(random, 2) == 0 ? "yMd" : "yMdHms")) units.push_back(unit);
    std::shuffle(units.begin(), units.end(), random);
    for (size_t i = 0; i < units.size(); ++i) behind.emplace_back(kBehind[below(random, kBehind.size())]);
  }

  std::string java() const {
    std::string text;
    for (size_t i = 0; i < units.size(); ++i) {
      text += std::string(units[i] == 'y' ? 4 : 2, units[i]);
      text += behind[i] == "T" ? "'T'" : behind[i] == "'" ? "''" : behind[i];
    }
    return text;
  }

  std::string write(Parts parts) const {
    std::string text;
    for (size_t i = 0; i < units.size(); ++i)
      text += fmt::format("{:0{}}", part(parts, units[i]), units[i] == 'y' ? 4 : 2) + behind[i];
    return text;
  }

  bool reads(const std::string& value) const {
    std::string shape;
    for (size_t i = 0; i < units.size(); ++i)
      shape +=
          (units[i] == 'y' ? "([0-9]{4})" : "([0-9]{2})") + std::regex_replace(behind[i], std::regex("\\."), "\\.");
    std::smatch found;
    if (!std::regex_match(value, found, std::regex(shape))) return false;
    Parts parts;
    for (size_t i = 0; i < units.size(); ++i) part(parts, units[i]) = std::stoi(found[i + 1].str());
    return parts.exists();
  }

 private:
  static int& part(Parts& parts, char unit) {
    switch (unit) {
      case 'y':
        return parts.year;
      case 'M':
        return parts.month;
      case 'd':
        return parts.day;
      case 'H':
        return parts.hour;
      case 'm':
        return parts.minute;
      default:
        return parts.second;
    }
  }
};

Parts random_parts(Random& random) {
  const auto number = [&](size_t bound) { return static_cast<int>(below(random, bound)); };
  return {number(10'000), number(15), number(34), number(26), number(62), number(62)};
}

}  // namespace

TEST_CASE("integers are judged as a regular expression judges them") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  size_t good = 0;
  for (const size_t digits_max : {1U, 3U, 9U, 18U}) {
    const std::regex shape(fmt::format("-?[0-9]{{1,{}}}", digits_max));
    for (int i = 0; i < 5'000; ++i) {
      const std::string value = random_text(random, i % 2 == 0 ? "0123456789-" : "0123456789+-. e\xC3", digits_max + 2);
      const bool expected = std::regex_match(value, shape);
      good += expected ? 1 : 0;
      if (is_integer(value, digits_max) != expected) FAIL_CHECK("\"" << value << "\" with " << digits_max << " digits");
    }
  }
  CHECK(good > 500);
}

TEST_CASE("characters are counted as they were put together") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const size_t characters = below(random, 40);
    std::string value;
    for (size_t k = 0; k < characters; ++k) value += utf8(random_character(random));
    for (const size_t characters_max : {characters, characters + 1, below(random, 60)}) {
      if (fits_characters(value, characters_max) != (characters <= characters_max))
        FAIL_CHECK(characters << " characters, at most " << characters_max);
    }
    if (characters > 0 && fits_characters(value, characters - 1)) FAIL_CHECK(characters << " characters pass as fewer");
  }
}

TEST_CASE("dates in any format are judged as a regular expression and the calendar judge them") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  size_t good = 0, bad = 0;
  for (int p = 0; p < 100; ++p) {
    const RandomPattern pattern(random);
    CAPTURE(pattern.java());
    const auto compiled = DatePattern::compile(pattern.java());
    REQUIRE(compiled);
    for (int i = 0; i < 40; ++i) {
      std::string value = pattern.write(random_parts(random));
      if (i % 3 == 0) value[below(random, value.size())] = "0123456789 -/T'x"[below(random, 16)];
      if (i % 10 == 0) value.resize(below(random, value.size() + 3), '0');
      const bool expected = pattern.reads(value);
      (expected ? good : bad) += 1;
      if (compiled->matches(value) != expected) FAIL_CHECK("\"" << value << "\"");
    }
  }
  CHECK(good > 500);
  CHECK(bad > 500);
}
