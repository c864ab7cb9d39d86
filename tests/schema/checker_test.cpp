#include "engine/schema/checker.h"

#include <catch2/catch.hpp>

#include "tests/schema/record.h"

using namespace bulkwrite;
using namespace bulkwrite::schema;
using Catch::Matchers::Contains;

namespace {

std::vector<Violation> violations_of(const Field& field, std::string_view raw, UnknownChoice unknown_choice) {
  const auto checker = RecordChecker::make(Mapping{.columns = {field}}, unknown_choice);
  REQUIRE(checker);
  std::vector<Violation> violations;
  std::string scratch;
  const record::Record one{raw};
  checker->check(one.fields(), violations, scratch);
  return violations;
}

// The rule that a one-column record with this field breaks; empty where it breaks none.
std::string broken_rule(const Field& field, std::string_view raw,
                        UnknownChoice unknown_choice = UnknownChoice::is_remark) {
  const std::vector<Violation> violations = violations_of(field, raw, unknown_choice);
  if (violations.empty()) return "";
  CHECK(violations.size() == 1);
  CHECK_FALSE(violations.front().is_remark);
  CHECK(violations.front().column == 0);
  return std::string(rule_name(violations.front().rule));
}

// How many remarks such a record gets that breaks no rule.
size_t remarks(const Field& field, std::string_view raw) {
  const std::vector<Violation> violations = violations_of(field, raw, UnknownChoice::is_remark);
  for (const Violation& violation : violations) {
    CHECK(violation.is_remark);
    CHECK(violation.rule == Rule::picklist);
  }
  return violations.size();
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
  const Field unwritable{.type = FieldType::text, .required = true, .creatable = false, .updatable = false};
  CHECK(broken_rule(unwritable, "") == "");
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
    const char* const seven = type == FieldType::phone ? "5550102" : "a@b.com";
    CHECK(broken_rule({.type = type, .length_max = 7}, seven) == "");
    CHECK(broken_rule({.type = type, .length_max = 6}, seven) == "length");
    CHECK(broken_rule({.type = type, .length_max = 0}, seven) == "");
  }
  for (const FieldType type : {FieldType::ownerlookup, FieldType::other})
    CHECK(broken_rule({.type = type, .length_max = 6}, "a@b.com") == "");
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

TEST_CASE("integer: with commas between its digits where the column's format has one") {
  const Field field{.type = FieldType::integer, .format = "#,##0"};
  for (const char* value : {"1234", "\"1,234\"", "\"-1,234,567\"", "\"12,34,567\""}) {
    INFO(value);
    CHECK(broken_rule(field, value) == "");
  }
  for (const char* value :
       {"\",234\"", "\"1,\"", "\"1,,234\"", "1.5", "\"1,234.5\"", "\"1,234,567,890\"", "\"1,234.\""}) {
    INFO(value);
    CHECK(broken_rule(field, value) == "integer");
  }
}

TEST_CASE("decimal: digits and a point, sixteen before and nine behind it or as the field has it") {
  for (const char* value : {"0", "-1.5", "1.", ".5", "007.50", "1234567890123456.123456789", "-1234567890123456"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::decimal}, value) == "");
  }
  for (const char* value : {"", " ", ".", "-", "-.", "1.2.3", "1,5", "\"1,234.5\"", "1e5", "+1", "1 000",
                            "12345678901234567", "0.1234567891", "0.1234567890", "1.5-", "\xD9\xA1", "$5", "5%"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::decimal}, value) == (*value == '\0' ? "" : "decimal"));
  }
  const Field narrow{.type = FieldType::decimal, .length_max = 4, .decimal_places = 2};
  CHECK(broken_rule(narrow, "1234.56") == "");
  CHECK(broken_rule(narrow, "1234.5600") == "");
  CHECK(broken_rule(narrow, "1234.561") == "decimal");
  CHECK(broken_rule(narrow, "1234.5601") == "decimal");
  CHECK(broken_rule(narrow, "12345.5") == "decimal");
}

TEST_CASE("currency: a number without a symbol, rounded to its decimals by the service") {
  const Field field{.type = FieldType::currency, .length_max = 16, .decimal_places = 2};
  for (const char* value : {"1850000.00", "0", "-12.5", "1.999"}) {
    INFO(value);
    CHECK(broken_rule(field, value) == "");
  }
  for (const char* value : {"$12", "12 EUR", "\"1,200.00\"", "\"12,50\"",
                            "\xE2\x82\xAC"
                            "5",
                            "12345678901234567", "0.1234567891"}) {
    INFO(value);
    CHECK(broken_rule(field, value) == "currency");
  }
  const Field grouped{.type = FieldType::currency, .format = "#,##0.00"};
  CHECK(broken_rule(grouped, "\"1,200.00\"") == "");
  CHECK(broken_rule(grouped, "1200") == "");
  CHECK(broken_rule(grouped, "\"1,200,.00\"") == "currency");
  CHECK(broken_rule(grouped, "\",200\"") == "currency");
  CHECK(broken_rule(grouped, "\"1.200,00\"") == "currency");
  CHECK(broken_rule(grouped, "\"1,2345678901234567\"") == "currency");
}

TEST_CASE("percent: a number without its sign, of the field's digits") {
  const Field field{.type = FieldType::percent, .length_max = 5, .decimal_places = 2};
  for (const char* value : {"12", "12.5", "-100", "99999.99"}) {
    INFO(value);
    CHECK(broken_rule(field, value) == "");
  }
  for (const char* value : {"12%", "100000", "12.345", "half"}) {
    INFO(value);
    CHECK(broken_rule(field, value) == "percent");
  }
}

TEST_CASE("a number's format is made of digits, a comma and a point") {
  for (const FieldType type :
       {FieldType::integer, FieldType::bigint, FieldType::decimal, FieldType::currency, FieldType::percent}) {
    const auto checker =
        RecordChecker::make(Mapping{.columns = {Field{.api_name = "Amount", .type = type, .format = "yyyy"}}});
    REQUIRE(!checker);
    CHECK(checker.error().kind == ErrorKind::configuration);
    CHECK_THAT(checker.error().message, Contains("Amount") && Contains("yyyy"));
  }
}

TEST_CASE("phone: letters, digits, and what numbers are written with") {
  for (const char* value : {"+1 212 555 0107", "(212) 555-0160", "44.20.5550.144 ext 23", "1-800-FLOWERS", "0",
                            "+49 (0)30/5550-102", "*31#5550102", "5550102,,17;2#"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::phone}, value) == "");
  }
  for (const char* value :
       {"-", "+", "( )", "tel:5550102", "n@one", "555_0102", "\"555\n0102\"", "\xEF\xBC\x95\xEF\xBC\x95",
        "555\xC2\xA0"
        "0102"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::phone}, value) == "phone");
  }
}

TEST_CASE("website: a dot, and no white space inside") {
  for (const char* value : {"example.com", "https://www.example.com/a?b=c#d", "HTTP://EXAMPLE.COM",
                            "m\xC3\xBCnchen.example", "ftp://x.y", " www.example.com ", "www.example.com:8080/~x"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::website}, value) == "");
  }
  for (const char* value : {"none", "n/a", "-", "http://localhost", "www example com", "www.example.com and more", " ",
                            "\"a.b\n\"", "a.b\tc"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::website}, value) == "website");
  }
}

TEST_CASE("id: as long as the service's ids are, although it is called a bigint") {
  const Field id{.api_name = "id", .type = FieldType::bigint, .length_max = 18};
  CHECK(broken_rule(id, "4150868000005000003") == "");
  CHECK(broken_rule(id, "zcrm_4150868000005000003") == "integer");
  CHECK(broken_rule(id, "41508680000050000031") == "integer");
}

TEST_CASE("lookup: an id, unless the column names records another way") {
  for (const char* value : {"5725767000000002553", "1"}) CHECK(broken_rule({.type = FieldType::lookup}, value) == "");
  for (const char* value :
       {"Acme Inc", "zcrm_5725767000000002553", "-1", "1.0", "57257670000000025531", "5725767e12"}) {
    INFO(value);
    CHECK(broken_rule({.type = FieldType::lookup}, value) == "lookup");
    CHECK(broken_rule({.type = FieldType::lookup, .find_by = "id"}, value) == "lookup");
    CHECK(broken_rule({.type = FieldType::lookup, .find_by = "Account_Name"}, value) == "");
  }
}

TEST_CASE("owner: an id or an e-mail address") {
  for (const char* find_by : {"", "id", "email"}) {
    const Field field{.type = FieldType::ownerlookup, .find_by = find_by};
    CHECK(broken_rule(field, "5725767000000002553") == "");
    CHECK(broken_rule(field, "ada@example.com") == "");
    CHECK(broken_rule(field, "Ada Lovelace") == "owner");
  }
  CHECK(broken_rule({.type = FieldType::ownerlookup, .find_by = "full_name"}, "Ada Lovelace") == "");
}

TEST_CASE("picklist: a value that it lacks is a remark, or breaks the rule where that is asked for") {
  const Field one{.type = FieldType::picklist, .choices = {"Hot", "Cold"}};
  const Field many{.type = FieldType::multiselectpicklist, .choices = {"Hot", "Cold"}};
  for (const char* value : {"Hot", "\"Cold\"", "-None-", ""}) {
    INFO(value);
    CHECK(remarks(one, value) == 0);
    CHECK(remarks(many, value) == 0);
  }
  CHECK(remarks(many, "Cold;Hot") == 0);
  for (const char* value : {"hot", "Hot ", "Warm", "Hot,Cold"}) {
    INFO(value);
    CHECK(remarks(one, value) == 1);
    CHECK(remarks(many, value) == 1);
  }
  CHECK(remarks(one, "Cold;Hot") == 1);
  for (const char* value : {"Hot;", ";Hot", "Hot;;Cold", ";", "Hot;Warm", "Warm;Hot", "Hot; Cold"}) {
    INFO(value);
    CHECK(remarks(many, value) == 1);
    CHECK(broken_rule(many, value, UnknownChoice::is_violation) == "picklist");
  }
  CHECK(broken_rule(one, "Warm", UnknownChoice::is_violation) == "picklist");
  CHECK(broken_rule(one, "Hot", UnknownChoice::is_violation) == "");
}

TEST_CASE("picklist: one whose values are not known takes any") {
  CHECK(remarks({.type = FieldType::picklist}, "Warm") == 0);
  CHECK(broken_rule({.type = FieldType::multiselectpicklist}, "a;;b", UnknownChoice::is_violation) == "");
}

TEST_CASE("picklist: other rules of its column are no remarks") {
  CHECK(broken_rule({.type = FieldType::picklist, .required = true, .choices = {"Hot"}}, "") == "required");
  CHECK(broken_rule({.type = FieldType::picklist, .length_max = 3, .choices = {"Hot"}}, "Warm") == "length");
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
