#include "engine/schema/date_evidence.h"

#include <catch2/catch.hpp>
#include <random>

using namespace bulkwrite;
using namespace bulkwrite::schema;
using Catch::Matchers::Contains;

namespace {

DateEvidence evidence_of(const DateCandidates& candidates, const std::vector<std::string>& values) {
  DateEvidence evidence;
  for (const std::string& value : values) evidence.add(candidates.fitting(value), value);
  return evidence;
}

Result<std::string> settled(const std::vector<std::string>& values, FieldType type = FieldType::date) {
  const DateCandidates candidates(type);
  return evidence_of(candidates, values).settle(candidates, "Born");
}

// The format, or the message of the refusal.
std::string told(const std::vector<std::string>& values, FieldType type = FieldType::date) {
  const auto format = settled(values, type);
  if (format) return *format;
  CHECK(format.error().kind == ErrorKind::configuration);
  return format.error().message;
}

}  // namespace

TEST_CASE("a format that only one reading fits is settled by a single value") {
  CHECK(told({"2026-01-02"}) == "yyyy-MM-dd");
  CHECK(told({"2026/01/02"}) == "yyyy/MM/dd");
  CHECK(told({"2026.01.02"}) == "yyyy.MM.dd");
  CHECK(told({"01/31/2026"}) == "MM/dd/yyyy");
  CHECK(told({"31/01/2026"}) == "dd/MM/yyyy");
  CHECK(told({"31.01.2026"}) == "dd.MM.yyyy");
  CHECK(told({"31-01-2026"}) == "dd-MM-yyyy");
  CHECK(told({"01-31-2026"}) == "MM-dd-yyyy");
}

TEST_CASE("one day beyond the twelfth settles a whole column") {
  std::vector<std::string> values(1000, "01/02/2026");
  values.push_back("13/02/2026");
  CHECK(told(values) == "dd/MM/yyyy");
  values.back() = "02/13/2026";
  CHECK(told(values) == "MM/dd/yyyy");
}

TEST_CASE("dates that fit two readings throughout must be given") {
  const std::string why = told({"01/02/2026", "03/04/2025"});
  CHECK_THAT(why, Contains("Born") && Contains("MM/dd/yyyy or dd/MM/yyyy") && Contains("\"01/02/2026\"") &&
                      Contains("--date-format 'Born=MM/dd/yyyy'"));
}

TEST_CASE("days that contradict each other must be given, although one reading fits more") {
  const std::string why = told({"01/02/2026", "13/02/2026", "14/02/2026", "02/15/2026"});
  CHECK_THAT(
      why, Contains("dd/MM/yyyy, for instance \"13/02/2026\"") && Contains("MM/dd/yyyy, for instance \"02/15/2026\""));
}

TEST_CASE("values that cannot be meant as the others are do not unsettle the format") {
  CHECK(told({"2026-01-02", "2026-01-03", "02/06/1962", "yesterday", "2026-02-30"}) == "yyyy-MM-dd");
  CHECK(told({"31/01/2026", "28/02/2026", "31/02/2026", "2026-01-03"}) == "dd/MM/yyyy");
}

TEST_CASE("two formats that fit as many values must be given") {
  CHECK_THAT(told({"2026-01-02", "31/01/2026"}), Contains("yyyy-MM-dd, for instance \"2026-01-02\"") &&
                                                     Contains("dd/MM/yyyy, for instance \"31/01/2026\""));
}

TEST_CASE("where no format fits a value it must be given, and where there is no value there is nothing to settle") {
  CHECK_THAT(told({"1/2/26", "Jan 2"}), Contains("none of its 2 values") && Contains("Born") && Contains("yyyy-MM-dd"));
  CHECK(told({}) == "");
}

TEST_CASE("datetimes are settled with their time of day") {
  CHECK(told({"2026-01-02 10:00:00"}, FieldType::datetime) == "yyyy-MM-dd HH:mm:ss");
  CHECK(told({"2026-01-02T10:00:00"}, FieldType::datetime) == "yyyy-MM-dd'T'HH:mm:ss");
  CHECK(told({"31.01.2026 10:00"}, FieldType::datetime) == "dd.MM.yyyy HH:mm");
  CHECK_THAT(told({"01/02/2026 10:00:00"}, FieldType::datetime), Contains("MM/dd/yyyy HH:mm:ss"));
  CHECK_THAT(told({"2026-01-02"}, FieldType::datetime), Contains("none of its 1 values"));
}

TEST_CASE("evidence that was gathered in parts says the same as that gathered at once") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> pool = {"2026-01-02", "01/02/2026", "13/02/2026",
                                         "02/13/2026", "1.2.26",     "31.12.2025"};
  const DateCandidates candidates(FieldType::date);
  for (int i = 0; i < 500; ++i) {
    std::vector<std::string> values;
    for (size_t k = random() % 8; k > 0; --k) values.push_back(pool[random() % pool.size()]);
    const size_t half = values.empty() ? 0 : random() % values.size();
    DateEvidence parts = evidence_of(candidates, {values.begin(), values.begin() + static_cast<long>(half)});
    parts.add(evidence_of(candidates, {values.begin() + static_cast<long>(half), values.end()}));
    const auto once = evidence_of(candidates, values).settle(candidates, "Born"),
               twice = parts.settle(candidates, "Born");
    CAPTURE(values);
    REQUIRE(once.has_value() == twice.has_value());
    CHECK((once ? *once : once.error().message) == (twice ? *twice : twice.error().message));
  }
}
