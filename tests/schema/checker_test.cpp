#include "engine/schema/checker.h"

#include <catch2/catch.hpp>

#include "tests/schema/record.h"

using namespace bulkwrite;
using namespace bulkwrite::schema;
using Catch::Matchers::Contains;

namespace {

// The rule that a one-column record with this field breaks; empty where it breaks none.
std::string broken_rule(const Field& field, std::string_view raw) {
  const auto checker = RecordChecker::make(Mapping{.columns = {field}});
  REQUIRE(checker);
  std::vector<Violation> violations;
  std::string scratch;
  const record::Record one{raw};
  checker->check(one.fields(), violations, scratch);
  if (violations.empty()) return "";
  CHECK(violations.size() == 1);
  CHECK(violations.front().column == 0);
  return std::string(rule_name(violations.front().rule));
}

std::string repeated(std::string_view text, size_t times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

}  // namespace

TEST_CASE("required: a field must hold something") {
  const Field field{.api_name = "Last_Name", .type = FieldType::text, .required = true};
  CHECK(broken_rule(field, "Ngata") == "");
  CHECK(broken_rule(field, "\"Ngata\"") == "");
  CHECK(broken_rule(field, " ") == "");
  CHECK(broken_rule(field, "\"\"\"\"") == "");
  CHECK(broken_rule(field, "") == "required");
  CHECK(broken_rule(field, "\"\"") == "required");
}

TEST_CASE("required: holds for a field of any type") {
  CHECK(broken_rule({.type = FieldType::lookup, .required = true}, "") == "required");
  CHECK(broken_rule({.type = FieldType::date, .required = true}, "") == "required");
  CHECK(broken_rule({.type = FieldType::other, .required = true}, "") == "required");
}

TEST_CASE("an empty field breaks no other rule") {
  for (const FieldType type : {FieldType::text, FieldType::email, FieldType::boolean, FieldType::integer,
                               FieldType::bigint, FieldType::date, FieldType::datetime}) {
    CAPTURE(static_cast<int>(type));
    CHECK(broken_rule({.type = type, .length_max = 5}, "") == "");
    CHECK(broken_rule({.type = type, .length_max = 5}, "\"\"") == "");
  }
}

TEST_CASE("length: counts characters, not bytes") {
  const Field field{.type = FieldType::text, .length_max = 4};
  CHECK(broken_rule(field, "four") == "");
  CHECK(broken_rule(field, "fives") == "length");
  CHECK(broken_rule(field, repeated("\xC3\xA9", 4)) == "");
  CHECK(broken_rule(field, repeated("\xC3\xA9", 5)) == "length");
  CHECK(broken_rule(field, repeated("\xF0\x9F\x98\x80", 4)) == "");
  CHECK(broken_rule(field, repeated("\xF0\x9F\x98\x80", 5)) == "length");
}

TEST_CASE("length: counts the value, without the quotes around it and with doubled ones undone") {
  const Field field{.type = FieldType::text, .length_max = 4};
  CHECK(broken_rule(field, "\"four\"") == "");
  CHECK(broken_rule(field, "\"a\"\"\"\"b\"") == "");
  CHECK(broken_rule(field, "\"a\"\"\"\"bc\"") == "length");
  CHECK(broken_rule(field, "\"a\r\nb\"") == "");
}

TEST_CASE("length: bounds every type whose length counts characters, and no other") {
  for (const FieldType type : {FieldType::text, FieldType::textarea, FieldType::email, FieldType::phone,
                               FieldType::website, FieldType::picklist, FieldType::multiselectpicklist}) {
    CAPTURE(static_cast<int>(type));
    CHECK(broken_rule({.type = type, .length_max = 7}, "a@b.com") == "");
    CHECK(broken_rule({.type = type, .length_max = 6}, "a@b.com") == "length");
    CHECK(broken_rule({.type = type, .length_max = 0}, "a@b.com") == "");
  }
  for (const FieldType type : {FieldType::lookup, FieldType::ownerlookup, FieldType::currency, FieldType::other}) {
    CAPTURE(static_cast<int>(type));
    CHECK(broken_rule({.type = type, .length_max = 6}, "a@b.com") == "");
  }
}

TEST_CASE("integer: digits with an optional minus, up to nine or the field's own length") {
  const Field field{.type = FieldType::integer};
  for (const char* value : {"0", "-1", "007", "123456789", "-123456789", "\"42\""}) {
    INFO(value);
    CHECK(broken_rule(field, value) == "");
  }
  for (const char* value :
       {"1234567890", "-1234567890", "-", "+1", "1.0", "1,000", "1e3", " 1", "1 ", "--1", "1-", "0x1F", "\xD9\xA1"}) {
    INFO(value);
    CHECK(broken_rule(field, value) == "integer");
  }
  CHECK(broken_rule({.type = FieldType::integer, .length_max = 3}, "123") == "");
  CHECK(broken_rule({.type = FieldType::integer, .length_max = 3}, "-123") == "");
  CHECK(broken_rule({.type = FieldType::integer, .length_max = 3}, "1234") == "integer");
  CHECK(broken_rule({.type = FieldType::integer, .length_max = 12}, "1234567890") == "integer");
}

TEST_CASE("integer: a bigint has up to eighteen digits") {
  CHECK(broken_rule({.type = FieldType::bigint}, "123456789012345678") == "");
  CHECK(broken_rule({.type = FieldType::bigint}, "1234567890123456789") == "integer");
  CHECK(broken_rule({.type = FieldType::bigint, .length_max = 12}, "1234567890123") == "integer");
}

TEST_CASE("boolean: true or false in any case") {
  for (const char* value : {"true", "false", "TRUE", "False", "\"true\""}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::boolean}, value) == "");
  }
  for (const char* value : {"yes", "no", "1", "0", "t", "tru", "truee", " true", "true ", "f\xC3\xA1lse"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::boolean}, value) == "boolean");
  }
}

TEST_CASE("email: one @ between a name and a dotted domain") {
  for (const char* value : {"a@b.co", "first.last+tag@mail.example.com", "o'neill@example.org", "x_y-z@a-b.example",
                            "1@2.example", "j\xC3\xBCrgen@m\xC3\xBCnchen.example"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::email}, value) == "");
  }
  for (const char* value : {"plain",         "@b.co",         "a@",       "a@b",       "a@@b.co",
                            "a@b@c.co",      "a b@c.co",      "a@b .co",  " a@b.co",   "a@b.co ",
                            "a@b.co\n",      ".a@b.co",       "a.@b.co",  "a..b@c.co", "a@.b.co",
                            "a@b.co.",       "a@b..co",       "a@-b.co",  "a@b-.co",   "a@b.co,c@d.co",
                            "a@b.co;c@d.co", "mailto:a@b.co", "<a@b.co>", "a@b.co/x",  "\"\"\"a\"\"@b.co\""}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::email}, value) == "email");
  }
}

TEST_CASE("date: by the field's format, or the default one") {
  CHECK(broken_rule({.type = FieldType::date}, "2024-02-29") == "");
  CHECK(broken_rule({.type = FieldType::date}, "2023-02-29") == "date");
  CHECK(broken_rule({.type = FieldType::date}, "29.02.2024") == "date");
  CHECK(broken_rule({.type = FieldType::date, .format = "dd.MM.yyyy"}, "29.02.2024") == "");
  CHECK(broken_rule({.type = FieldType::date, .format = "dd.MM.yyyy"}, "2024-02-29") == "date");
}

TEST_CASE("datetime: by the field's format, or the default one") {
  CHECK(broken_rule({.type = FieldType::datetime}, "2024-02-29 13:05:00") == "");
  CHECK(broken_rule({.type = FieldType::datetime}, "2024-02-29 25:05:00") == "datetime");
  CHECK(broken_rule({.type = FieldType::datetime}, "2024-02-29") == "datetime");
  CHECK(broken_rule({.type = FieldType::datetime, .format = "yyyy-MM-dd'T'HH:mm"}, "2024-02-29T13:05") == "");
}

TEST_CASE("a format that is not understood is refused before any record, by the field's name") {
  const Field field{.api_name = "Closing_Date", .type = FieldType::date, .format = "d MMM yyyy"};
  const auto checker = RecordChecker::make(Mapping{.columns = {field}});
  REQUIRE_FALSE(checker);
  CHECK(checker.error().kind == ErrorKind::configuration);
  CHECK_THAT(checker.error().message, Contains("Closing_Date") && Contains("d MMM yyyy") && Contains("yyyy, MM, dd"));
}

TEST_CASE("each column has at most the first rule that it breaks, and unmapped columns have none") {
  const Mapping mapping{.columns = {Field{.type = FieldType::email, .length_max = 5, .required = true}, std::nullopt,
                                    Field{.type = FieldType::integer}, Field{.type = FieldType::text, .length_max = 2},
                                    Field{.type = FieldType::text, .required = true}}};
  const auto checker = RecordChecker::make(mapping);
  REQUIRE(checker);
  std::vector<Violation> violations;
  std::string scratch;

  const record::Record bad{"not an address", "anything", "x", "abc", ""};
  checker->check(bad.fields(), violations, scratch);
  REQUIRE(violations.size() == 4);
  CHECK(violations[0].column == 0);
  CHECK(violations[0].rule == Rule::length);
  CHECK(violations[1].column == 2);
  CHECK(violations[1].rule == Rule::integer);
  CHECK(violations[2].column == 3);
  CHECK(violations[2].rule == Rule::length);
  CHECK(violations[3].column == 4);
  CHECK(violations[3].rule == Rule::required);

  SECTION("what is wrong is added behind what was there") {
    const record::Record good_but_one{"a@b.c", "", "1", "ab", ""};
    checker->check(good_but_one.fields(), violations, scratch);
    REQUIRE(violations.size() == 5);
    CHECK(violations[4].rule == Rule::required);
  }
}

TEST_CASE("every rule has the name that the reasons files use") {
  CHECK(rule_name(Rule::required) == "required");
  CHECK(rule_name(Rule::length) == "length");
  CHECK(rule_name(Rule::integer) == "integer");
  CHECK(rule_name(Rule::boolean) == "boolean");
  CHECK(rule_name(Rule::email) == "email");
  CHECK(rule_name(Rule::date) == "date");
  CHECK(rule_name(Rule::datetime) == "datetime");
}
