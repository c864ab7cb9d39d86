// The forms that values must have, by what the service takes (contract 7.3).
#pragma once

#include <cstddef>
#include <string_view>

namespace bulkwrite::schema {

bool fits_characters(std::string_view value, size_t characters_max);  // of UTF-8
bool is_integer(std::string_view value, size_t digits_max);           // an optional minus and digits
bool is_boolean(std::string_view value);                              // true or false, in any case
bool is_email(std::string_view value);                                // one @, a dotted domain, no spaces
// ASCII letters and digits, one of them at least, and the marks that numbers are written with.
bool is_phone(std::string_view value);
bool is_website(std::string_view value);    // a dot, and no white space but around it
bool is_record_id(std::string_view value);  // up to nineteen digits

// How a decimal number may be written.
struct DecimalBounds {
  size_t before_max = 16;   // digits before the point
  size_t after_max = 9;     // digits behind it
  size_t decimals_max = 9;  // of those, up to the last that is not 0
  bool may_group = false;   // commas between digits before the point
};
bool is_decimal(std::string_view value, const DecimalBounds& bounds);  // an optional minus, digits, perhaps a point

}  // namespace bulkwrite::schema
