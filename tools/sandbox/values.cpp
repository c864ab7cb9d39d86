#include "tools/sandbox/values.h"

#include <algorithm>
#include <charconv>

namespace bulkwrite::sandbox {
namespace {

constexpr size_t kDigitsBeforePointMax = 16;
constexpr size_t kDigitsAfterPointMax = 9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Characters of well-formed UTF-8 without NUL; nothing for anything else.
std::optional<size_t> count_characters(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return std::nullopt;
    const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return std::nullopt;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return std::nullopt;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
    if (overlong || beyond) return std::nullopt;
    i += length;
  }
  return count;
}

bool is_email(const std::string& text) {
  const size_t at = text.find('@');
  if (at == 0 || at == std::string::npos || text.find('@', at + 1) != std::string::npos) return false;
  if (text.find_first_of(" \t\r\n,;:\"()<>[]\\") != std::string::npos) return false;
  const std::string_view local = std::string_view(text).substr(0, at);
  const std::string_view domain = std::string_view(text).substr(at + 1);
  const auto dotted_badly = [](std::string_view part) {
    return part.empty() || part.front() == '.' || part.back() == '.' || part.find("..") != std::string_view::npos;
  };
  return !dotted_badly(local) && !dotted_badly(domain) && domain.find('.') != std::string_view::npos;
}

bool is_phone(const std::string& text) {
  const bool known = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("+-(). ,;#/*").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return known && std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

bool is_website(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return false;
  const std::string trimmed = text.substr(first, text.find_last_not_of(' ') - first + 1);
  return trimmed.find_first_of(" \t\r\n") == std::string::npos && trimmed.find('.') != std::string::npos;
}

std::optional<Value> convert_text(const Field& field, const std::string& text) {
  const auto characters = count_characters(text);
  if (!characters || *characters > field.length) return std::nullopt;
  if (field.type == FieldType::kEmail && !is_email(text)) return std::nullopt;
  if (field.type == FieldType::kPhone && !is_phone(text)) return std::nullopt;
  if (field.type == FieldType::kWebsite && !is_website(text)) return std::nullopt;
  return text;
}

std::optional<Value> convert_boolean(const std::string& text) {
  const std::string lower = lower_case(text);
  if (lower == "true") return int64_t{1};
  if (lower == "false") return int64_t{0};
  return std::nullopt;
}

std::optional<Value> convert_date(const ColumnFormat& format, const std::string& text) {
  for (const auto& date : format.dates) {
    if (auto normalized = date.normalize(text)) return *normalized;
  }
  return std::nullopt;
}

std::string without_grouping(const ColumnFormat& format, const std::string& text) {
  if (!format.grouped_digits) return text;
  std::string digits = text;
  digits.erase(std::remove(digits.begin(), digits.end(), ','), digits.end());
  return digits;
}

std::optional<Value> convert_integer(size_t digits_max, const ColumnFormat& format, const std::string& text) {
  const auto number = whole_number(without_grouping(format, text), digits_max);
  if (!number) return std::nullopt;
  return *number;
}

std::optional<Value> convert_decimal(const Field& field, const ColumnFormat& format, const std::string& text) {
  const std::string digits = without_grouping(format, text);
  std::string_view rest = digits;
  if (rest.starts_with('-')) rest.remove_prefix(1);
  const size_t before = static_cast<size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  size_t after = 0;
  if (before < rest.size()) {
    after = rest.size() - before - 1;
    const std::string_view fraction = rest.substr(before + 1);
    if (rest[before] != '.' || !std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  }
  // An amount of money is rounded; of other numbers no decimal is dropped that is not 0.
  if (field.type != FieldType::kCurrency && field.decimal_place > 0 && after > 0) {
    const size_t significant = rest.find_last_not_of('0') - before;
    if (significant > static_cast<size_t>(field.decimal_place)) return std::nullopt;
  }
  const size_t before_max = field.type == FieldType::kPercent ? field.length : kDigitsBeforePointMax;
  if (before + after == 0 || before > before_max || after > kDigitsAfterPointMax) return std::nullopt;
  double number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

DateFormat known_format(const char* pattern, bool with_time) {
  return *DateFormat::parse(pattern, with_time);
}

bool is_number(FieldType type) {
  return type == FieldType::kInteger || type == FieldType::kBigint || type == FieldType::kDouble ||
         type == FieldType::kCurrency || type == FieldType::kPercent;
}

}  // namespace

std::optional<int64_t> whole_number(std::string_view text, size_t digits_max) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.size() > digits_max || !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return std::nullopt;
  }
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

std::optional<ColumnFormat> named_format(const Field& field, std::string_view pattern) {
  ColumnFormat format;
  if (field.type == FieldType::kDate || field.type == FieldType::kDateTime) {
    auto date = DateFormat::parse(pattern, field.type == FieldType::kDateTime);
    if (!date) return std::nullopt;
    format.dates.push_back(*date);
    return format;
  }
  if (!is_number(field.type)) return std::nullopt;
  if (pattern.empty() || pattern.find_first_not_of("#0,.") != std::string_view::npos) return std::nullopt;
  format.grouped_digits = pattern.find(',') != std::string_view::npos;
  return format;
}

ColumnFormat default_format(const Field& field, bool by_header) {
  ColumnFormat format;
  const bool with_time = field.type == FieldType::kDateTime;
  if (field.type != FieldType::kDate && !with_time) return format;
  if (!by_header) {
    format.dates.push_back(known_format(with_time ? "MM/dd/yyyy HH:mm:ss" : "MM/dd/yyyy", with_time));
  } else if (!with_time) {
    format.dates.push_back(known_format("yyyy-MM-dd", false));
  } else {
    format.dates.push_back(known_format("yyyy-MM-dd'T'HH:mm:ssX", true));
    format.dates.push_back(known_format("yyyy-MM-dd'T'HH:mm:ss", true));
    format.dates.push_back(known_format("yyyy-MM-dd HH:mm:ss", true));
  }
  return format;
}

std::optional<Value> convert(const Field& field, const ColumnFormat& format, const std::string& text) {
  switch (field.type) {
    case FieldType::kBoolean:
      return convert_boolean(text);
    case FieldType::kDate:
    case FieldType::kDateTime:
      return convert_date(format, text);
    case FieldType::kInteger:
      return convert_integer(field.length, format, text);
    case FieldType::kBigint:
      return convert_integer(field.length, format, text);
    case FieldType::kDouble:
    case FieldType::kCurrency:
    case FieldType::kPercent:
      return convert_decimal(field, format, text);
    default:
      return convert_text(field, text);
  }
}

}  // namespace bulkwrite::sandbox
