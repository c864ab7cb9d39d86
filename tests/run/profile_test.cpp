#include "engine/run/profile.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "engine/csv/field.h"
#include "tests/run/cut_text.h"

namespace bulkwrite::run {
namespace {

using Fields = std::vector<std::optional<schema::Field>>;

// Records first_number, ... of source 0 or of what is said, each a text without its line end.
void add_records(Profile& profile, const std::string& text, size_t columns, uint32_t source = 0, uint64_t first = 1) {
  const csv::Chunk chunk = cut_text(text, columns);
  csv::RecordReader reader(chunk);
  csv::Record record;
  while (reader.next(record)) {
    REQUIRE_FALSE(record.flaw);
    profile.add(reader.fields(), source, first++);
  }
}

std::vector<ColumnProfile> profile_of(const std::string& text, const Fields& fields) {
  Profile profile(fields);
  add_records(profile, text, fields.size());
  return profile.columns(std::vector<std::string>(fields.size(), "name"));
}

ColumnProfile profile_of_one(const std::string& text, const std::optional<schema::Field>& field = {}) {
  return profile_of(text, {field, {}}).front();
}

schema::Field field_of(schema::FieldType type, const std::string& format = "") {
  schema::Field field;
  field.type = type;
  field.format = format;
  return field;
}

size_t characters_of(const std::string& value) {
  return static_cast<size_t>(
      std::count_if(value.begin(), value.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

}  // namespace

TEST_CASE("a profile says of random columns what a plain look at all values says, however the records are shared out") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    const char* const pieces[] = {"a", "b",  "\xC3\xA9", "\xE5\xB1\xB1", "\xF0\x9F\x98\x80", "\"",
                                  ",", "\n", "0",        "long text"};
    const Fields fields(2);
    std::vector<Profile> workers(3, Profile(fields));
    Profile all(fields);
    std::vector<std::string> values;
    std::pair<uint64_t, uint64_t> longest{0, 0};  // characters, record
    for (uint64_t record = 1; record <= 60; ++record) {
      std::string value;
      for (uint64_t n = random() % 5; n > 0; --n) value += pieces[random() % std::size(pieces)];
      std::string field;
      csv::append_field(field, value);
      if (value.empty() && random() % 2 == 0) field = "\"\"";
      for (Profile* const profile : {&all, &workers[random() % workers.size()]})
        add_records(*profile, field + ",x\n", 2, static_cast<uint32_t>(record / 20), record % 20 + 1);
      if (characters_of(value) > longest.first) longest = {characters_of(value), record};
      if (!value.empty()) values.push_back(value);
    }
    Profile merged(fields);
    for (size_t i = workers.size(); i-- > 0;) merged.merge(workers[i]);
    CHECK(merged.records() == 60);
    for (const Profile* const profile : {&all, &merged}) {
      const ColumnProfile column = profile->columns({"A", "B"}).front();
      CHECK(column.name == "A");
      CHECK(column.filled == values.size());
      CHECK(column.distinct <= values.size());
      CHECK(column.distinct + 8 >= std::set<std::string>(values.begin(), values.end()).size());
      CHECK(column.order == Order::bytes);
      CHECK(column.longest == longest.first);
      CHECK(column.longest_source == longest.second / 20);
      CHECK(column.longest_record == longest.second % 20 + 1);
      REQUIRE(column.least);
      const auto printable = [](std::string text) {
        for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) text[at] = ' ';
        return text;
      };
      CHECK(printable(*column.least) == printable(*std::min_element(values.begin(), values.end())));
      CHECK(printable(*column.greatest) == printable(*std::max_element(values.begin(), values.end())));
    }
  }
}

TEST_CASE("numbers are compared as numbers, and what is none has no least and no greatest") {
  using schema::FieldType;
  for (const FieldType type :
       {FieldType::integer, FieldType::bigint, FieldType::decimal, FieldType::currency, FieldType::percent}) {
    const auto column = profile_of_one(
        "10,\n9,\nabc,\n\"1,000\",\n-3,\n100000000000000001,\n100000000000000000,\n1e9,\n-,\n.,\n\n", field_of(type));
    CHECK(column.order == Order::number);
    CHECK(column.filled == 10);
    CHECK(column.least == "-3");
    CHECK(column.greatest == "100000000000000001");
  }
  const auto decimals =
      profile_of_one("0.5,\n-0.25,\n-0.5,\n.75,\n0.7500000001,\n007,\n6.99,\n", field_of(FieldType::decimal));
  CHECK(decimals.least == "-0.5");
  CHECK(decimals.greatest == "007");
  const auto none = profile_of_one("x,\ny,\n1234567890123456789,\n", field_of(FieldType::integer));
  CHECK_FALSE(none.least);
  CHECK_FALSE(none.greatest);
  CHECK(none.filled == 3);
  CHECK(profile_of_one("10,\n9,\n").least == "10");  // without a type, by bytes
}

TEST_CASE("dates are compared by the calendar, in whatever format they are written") {
  using schema::FieldType;
  const auto dates = profile_of_one("31/01/2025,\n01/02/2024,\n02/02/2024,\n31/02/2026,\nno date,\n",
                                    field_of(FieldType::date, "dd/MM/yyyy"));
  CHECK(dates.order == Order::date);
  CHECK(dates.least == "01/02/2024");
  CHECK(dates.greatest == "31/01/2025");
  const auto times = profile_of_one("59:23 2024-01-01,\n58:23 2024-01-01,\n00:00 2024-01-01,\n00:22 2024-01-02,\n",
                                    field_of(FieldType::datetime, "mm:HH yyyy-MM-dd"));
  CHECK(times.least == "00:00 2024-01-01");
  CHECK(times.greatest == "00:22 2024-01-02");
}

TEST_CASE("a column that is never filled has nothing to tell") {
  const auto column = profile_of_one(",x\n\"\",x\n");
  CHECK(column.filled == 0);
  CHECK(column.distinct == 0);
  CHECK_FALSE(column.least);
  CHECK_FALSE(column.greatest);
  CHECK(column.longest == 0);
}

TEST_CASE("values that begin alike are told apart, and long ones are shortened") {
  const std::string same(60, 'x');
  const auto column = profile_of_one("12345678,\n1234567,\n123456789,\n12345678a,\n");
  CHECK(column.least == "1234567");
  CHECK(column.greatest == "12345678a");
  const auto large = profile_of_one(std::string(100'000, 'b') + ",\n" + std::string(90'000, 'a') + ",\n");
  CHECK(large.longest == 100'000);
  CHECK(large.least->starts_with("aaaa"));
  CHECK(large.greatest->starts_with("bbbb"));
  CHECK(large.least->size() < 70);
}

}  // namespace bulkwrite::run
