#include "engine/csv/field.h"

#include <catch2/catch.hpp>

using bulkwrite::csv::append_field;
using bulkwrite::csv::value_of;

TEST_CASE("a field's value lacks the enclosing quotes and has doubled quotes undone") {
  std::string scratch;
  CHECK(value_of("", scratch).empty());
  CHECK(value_of("abc", scratch) == "abc");
  CHECK(value_of("\"\"", scratch).empty());
  CHECK(value_of("\"abc\"", scratch) == "abc");
  CHECK(value_of("\"a\"\"b\"", scratch) == "a\"b");
  CHECK(value_of("\"\"\"\"", scratch) == "\"");
  CHECK(value_of("\"\"\"a\"\"\"", scratch) == "\"a\"");
  CHECK(value_of("\"a\nb,c\"", scratch) == "a\nb,c");
}

TEST_CASE("a written field reads back as the same value") {
  std::string scratch;
  for (const std::string value : {"", "a", "a,b", "a\"b", "\"", "a\nb", "a\r", "\xC3\xA9"}) {
    std::string raw;
    append_field(raw, value);
    CHECK(value_of(raw, scratch) == value);
  }
}
