// Records are checked a million a second: a good one may not reach the allocator.
#include <catch2/catch.hpp>
#include <memory>

#include "engine/schema/checker.h"
#include "tests/allocations.h"
#include "tests/schema/record.h"

using namespace bulkwrite::schema;

TEST_CASE("a good record is checked without an allocation") {
  const Mapping mapping{.columns = {Field{.type = FieldType::text, .length_max = 20, .required = true},
                                    Field{.type = FieldType::email, .length_max = 100},
                                    Field{.type = FieldType::bigint}, Field{.type = FieldType::boolean},
                                    Field{.type = FieldType::date}, Field{.type = FieldType::datetime},
                                    Field{.type = FieldType::phone}, Field{.type = FieldType::website},
                                    Field{.type = FieldType::picklist, .choices = {"a choice of many letters", "b"}},
                                    Field{.type = FieldType::multiselectpicklist, .choices = {"many letters", "b"}},
                                    Field{.type = FieldType::currency, .format = "#,##0.00"},
                                    Field{.type = FieldType::lookup}, Field{.type = FieldType::ownerlookup}}};
  const auto checker = RecordChecker::make(mapping);
  REQUIRE(checker);
  const record::Record good{"\"a name with \"\"quotes\"\"\"",
                            "first.last@mail.example.com",
                            "-12345678901",
                            "true",
                            "2024-02-29",
                            "2024-02-29 13:05:00",
                            "+1 212 555 0107",
                            "https://www.example.com/a/long/way",
                            "a choice of many letters",
                            "\"b;many letters\"",
                            "\"1,234,567.89\"",
                            "5725767000000002553",
                            "first.last@mail.example.com"};
  std::vector<Violation> violations;
  std::string scratch;
  scratch.reserve(64);

  const uint64_t before = allocations();
  for (int i = 0; i < 100; ++i) checker->check(good.fields(), violations, scratch);
  const uint64_t after = allocations();
  CHECK(violations.size() == 0);
  CHECK(after - before == 0);

  const auto counted = std::make_unique<int>(1);
  CHECK(allocations() > after);
}
