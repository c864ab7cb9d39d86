// The forms that values must have, by what the service takes (contract 7.3).
#pragma once

#include <cstddef>
#include <string_view>

namespace bulkwrite::schema {

bool fits_characters(std::string_view value, size_t characters_max);  // of UTF-8
bool is_integer(std::string_view value, size_t digits_max);           // an optional minus and digits
bool is_boolean(std::string_view value);                              // true or false, in any case
bool is_email(std::string_view value);                                // one @, a dotted domain, no spaces

}  // namespace bulkwrite::schema
