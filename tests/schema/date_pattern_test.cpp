#include "engine/schema/date_pattern.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>

using namespace bulkwrite;
using namespace bulkwrite::schema;
using Catch::Matchers::Contains;

namespace {

bool matches(std::string_view pattern, std::string_view value) {
  const auto compiled = DatePattern::compile(pattern);
  INFO(pattern);
  REQUIRE(compiled);
  return compiled->matches(value);
}

bool exists(int year, int month, int day) {
  using namespace std::chrono;
  return year >= 1 && year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
                          .ok();
}

}  // namespace

TEST_CASE("times of one pattern stand to each other as the calendar has them, wherever its parts stand") {
  const auto pattern = DatePattern::compile("ss dd/MM/yyyy HH");
  REQUIRE(pattern);
  const char* const in_order[] = {"59 31/12/1999 23", "00 01/01/2000 00", "01 01/01/2000 00", "00 01/01/2000 01",
                                  "00 02/01/2000 00", "00 01/02/2000 00", "00 01/01/2100 00"};
  for (size_t i = 1; i < std::size(in_order); ++i) {
    REQUIRE(pattern->matches(in_order[i]));
    CHECK(pattern->order_of(in_order[i - 1]) < pattern->order_of(in_order[i]));
  }
}

TEST_CASE("a date matches with as many digits as letters, and nothing else around them") {
  CHECK(matches("yyyy-MM-dd", "2024-03-09"));
  for (const char* value : {"2024-3-9", "24-03-09", "02024-03-09", "2024/03/09", "2024-03-09 ", " 2024-03-09",
                            "2024-03-0x", "2024-03-", "2024-03-+9", "-024-03-09", "20240309", "2024-03-099", ""}) {
    INFO(value);
    CHECK_FALSE(matches("yyyy-MM-dd", value));
  }
}

TEST_CASE("a day must be in the calendar") {
  CHECK(matches("yyyy-MM-dd", "2024-02-29"));
  CHECK_FALSE(matches("yyyy-MM-dd", "2023-02-29"));
  CHECK(matches("yyyy-MM-dd", "2000-02-29"));
  CHECK_FALSE(matches("yyyy-MM-dd", "1900-02-29"));
  CHECK_FALSE(matches("yyyy-MM-dd", "2024-04-31"));
  CHECK_FALSE(matches("yyyy-MM-dd", "2024-13-01"));
  CHECK_FALSE(matches("yyyy-MM-dd", "2024-00-10"));
  CHECK_FALSE(matches("yyyy-MM-dd", "2024-01-00"));
  CHECK_FALSE(matches("yyyy-MM-dd", "0000-01-01"));
}

TEST_CASE("every two-digit month and day is judged as the calendar has it") {
  const auto pattern = DatePattern::compile("yyyyMMdd");
  REQUIRE(pattern);
  for (const int year : {0, 1, 1900, 2000, 2023, 2024, 2100, 9999}) {
    for (int month = 0; month < 100; ++month) {
      for (int day = 0; day < 100; ++day) {
        const std::string value = fmt::format("{:04}{:02}{:02}", year, month, day);
        if (pattern->matches(value) != exists(year, month, day)) FAIL_CHECK(value);
      }
    }
  }
}

TEST_CASE("the parts of a date may stand in any order, with any other characters between them") {
  CHECK(matches("dd.MM.yyyy", "31.12.2024"));
  CHECK(matches("MM/dd/yyyy", "12/31/2024"));
  CHECK_FALSE(matches("MM/dd/yyyy", "31/12/2024"));
  CHECK(matches("yyyy年MM月dd日", "2024年12月31日"));
}

TEST_CASE("a time of day is from 00:00:00 to 23:59:59") {
  constexpr std::string_view kPattern = "yyyy-MM-dd HH:mm:ss";
  CHECK(matches(kPattern, "2024-02-29 00:00:00"));
  CHECK(matches(kPattern, "2024-02-29 23:59:59"));
  CHECK_FALSE(matches(kPattern, "2024-02-29 24:00:00"));
  CHECK_FALSE(matches(kPattern, "2024-02-29 23:60:00"));
  CHECK_FALSE(matches(kPattern, "2024-02-29 23:59:60"));
  CHECK_FALSE(matches(kPattern, "2023-02-29 23:59:59"));
  CHECK_FALSE(matches(kPattern, "2024-02-29"));
  CHECK_FALSE(matches(kPattern, "2024-02-29T23:59:59"));
}

TEST_CASE("quoted letters stand for themselves, and two quotes for one") {
  CHECK(matches("yyyy-MM-dd'T'HH:mm:ss", "2024-02-29T23:59:59"));
  CHECK_FALSE(matches("yyyy-MM-dd'T'HH:mm:ss", "2024-02-29 23:59:59"));
  CHECK(matches("'on 'dd.MM.yyyy", "on 01.02.2024"));
  CHECK(matches("dd.MM.''yyyy", "01.02.'2024"));
  CHECK_FALSE(matches("dd.MM.''yyyy", "01.02.2024"));
  CHECK(matches("dd.MM.yyyy' o''clock'", "01.02.2024 o'clock"));
}

TEST_CASE("a pattern that is not understood is refused with what is wrong and what is supported") {
  const auto message = [](std::string_view pattern) {
    const auto compiled = DatePattern::compile(pattern);
    INFO(pattern);
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().kind == ErrorKind::configuration);
    CHECK_THAT(compiled.error().message, Contains(std::string(pattern)) && Contains("yyyy, MM, dd, HH, mm, ss"));
    return compiled.error().message;
  };
  CHECK_THAT(message("d.M.yyyy"), Contains("holds d"));
  CHECK_THAT(message("dd MMM yyyy"), Contains("holds MMM"));
  CHECK_THAT(message("yy-MM-dd"), Contains("holds yy,"));
  CHECK_THAT(message("YYYY-MM-DD"), Contains("holds YYYY"));
  CHECK_THAT(message("yyyy-MM-ddTHH:mm:ss"), Contains("holds T"));
  CHECK_THAT(message("yyyy-MM-dd hh:mm a"), Contains("holds hh"));
  CHECK_THAT(message("yyyy-MM-dd'T'HH:mm:ssX"), Contains("holds X"));
  CHECK_THAT(message("yyyy-MM-dd yyyy"), Contains("yyyy twice"));
  CHECK_THAT(message("yyyy-MM-dd'T"), Contains("not closed"));
  CHECK_THAT(message("yyyy-MM"), Contains("does not name a day"));
  CHECK_THAT(message("HH:mm:ss"), Contains("does not name a day"));
  CHECK_THAT(message(""), Contains("does not name a day"));
}
