#include "engine/run/profile.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "engine/base/check.h"
#include "engine/csv/field.h"
#include "engine/run/set_aside.h"

namespace bulkwrite::run {
namespace {

// As a number, so that numbers stand to each other as the bytes do.
template <typename Number>
Number in_byte_order(const char* bytes) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  if constexpr (std::endian::native == std::endian::big) return number;
  if constexpr (sizeof number == 8)
    return __builtin_bswap64(number);
  else
    return __builtin_bswap32(number);
}

// The first eight bytes, with zeros behind a shorter value.
uint64_t prefix_of(std::string_view value) {
  const size_t size = value.size();
  if (size >= 8) return in_byte_order<uint64_t>(value.data());
  if (size >= 4) {
    const uint64_t first = in_byte_order<uint32_t>(value.data()),
                   last = in_byte_order<uint32_t>(value.data() + size - 4);
    return first << 32 | last << 8 * (8 - size);
  }
  uint64_t prefix = 0;
  for (size_t at = 0; at < size; ++at) prefix |= uint64_t{static_cast<uint8_t>(value[at])} << (56 - 8 * at);
  return prefix;
}

size_t characters_in(std::string_view value) {
  return static_cast<size_t>(
      std::count_if(value.begin(), value.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

Order order_of(const schema::Field& field) {
  switch (field.type) {
    case schema::FieldType::integer:
    case schema::FieldType::bigint:
    case schema::FieldType::decimal:
    case schema::FieldType::currency:
    case schema::FieldType::percent:
      return Order::number;
    case schema::FieldType::date:
    case schema::FieldType::datetime:
      return Order::date;
    default:
      return Order::bytes;
  }
}

}  // namespace

std::string_view order_name(Order order) {
  switch (order) {
    case Order::bytes:
      return "bytes";
    case Order::number:
      return "number";
    case Order::date:
      return "date";
  }
  return "bytes";
}

void Profile::Extreme::set(std::string_view value, uint64_t prefix, const Place& place) {
  prefix_ = prefix;
  place_ = place;
  size_ = value.copy(bytes_.data(), bytes_.size());
}

Profile::Profile(const std::vector<std::optional<schema::Field>>& fields) : columns_(fields.size()) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i]) continue;
    columns_[i].order = order_of(*fields[i]);
    if (columns_[i].order != Order::date) continue;
    auto pattern = schema::DatePattern::compile(schema::format_of(*fields[i]));
    if (pattern)
      columns_[i].pattern = *std::move(pattern);
    else
      columns_[i].order = Order::bytes;
  }
}

void Profile::add(const csv::Fields& fields, uint32_t source, uint64_t record_number) {
  BULKWRITE_CHECK(fields.size() == columns_.size(), "a record of another number of fields");
  ++records_;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view value = csv::value_of(fields[i], scratch_);
    if (value.empty()) continue;
    Column& column = columns_[i];
    note_value(column, value);
    if (value.size() <= column.longest) continue;  // no value has more characters than bytes
    const size_t characters = characters_in(value);
    if (characters <= column.longest) continue;
    column.longest = characters;
    column.longest_source = source;
    column.longest_record = record_number;
  }
}

void Profile::note_value(Column& column, std::string_view value) {
  ++column.filled;
  column.distinct.add(value);
  if (column.order == Order::bytes) {
    take_extremes(column, value, prefix_of(value), {});
  } else if (const auto place = place_of(column, value)) {
    take_extremes(column, value, 0, *place);
  }
}

void Profile::take_extremes(Column& column, std::string_view value, uint64_t prefix, const Place& place) {
  const auto is_before = [](uint64_t prefix_a, const Place& place_a, std::string_view a, uint64_t prefix_b,
                            const Place& place_b, std::string_view b) {
    if (prefix_a != prefix_b) return prefix_a < prefix_b;
    if (place_a != place_b) return place_a < place_b;
    return a < b;
  };
  Extreme& least = column.least;
  Extreme& greatest = column.greatest;
  const std::string_view shown = value.substr(0, Extreme::kBytesMax);
  if (!least.is_set() || is_before(prefix, place, shown, least.prefix(), least.place(), least.value()))
    least.set(shown, prefix, place);
  if (!greatest.is_set() || is_before(greatest.prefix(), greatest.place(), greatest.value(), prefix, place, shown))
    greatest.set(shown, prefix, place);
}

std::optional<Profile::Place> Profile::place_of(const Column& column, std::string_view value) {
  if (column.order == Order::number) return number_of(value);
  if (!column.pattern->matches(value)) return std::nullopt;
  return Place{static_cast<int64_t>(column.pattern->order_of(value)), 0};
}

// Digits, perhaps a point and more of them. More than 18 before the point are none of ours; behind it nine count.
std::optional<Profile::Place> Profile::number_of(std::string_view value) {
  constexpr size_t kWholeDigitsMax = 18, kFractionDigits = 9;
  const bool negative = value.starts_with('-');
  if (negative) value.remove_prefix(1);
  const size_t point = std::min(value.find('.'), value.size());
  const std::string_view whole = value.substr(0, point), fraction = value.substr(std::min(point + 1, value.size()));
  if (whole.size() > kWholeDigitsMax || whole.size() + fraction.size() == 0) return std::nullopt;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  Place place;
  for (const char c : whole) {
    if (!is_digit(c)) return std::nullopt;
    place.whole = place.whole * 10 + (c - '0');
  }
  for (size_t at = 0; at < std::max(fraction.size(), kFractionDigits); ++at) {
    if (at < fraction.size() && !is_digit(fraction[at])) return std::nullopt;
    if (at < kFractionDigits)
      place.billionths = place.billionths * 10 + (at < fraction.size() ? fraction[at] - '0' : 0);
  }
  if (negative) place = {-place.whole, -place.billionths};
  return place;
}

void Profile::merge(const Profile& other) {
  BULKWRITE_CHECK(other.columns_.size() == columns_.size(), "a profile of another input");
  records_ += other.records_;
  for (size_t i = 0; i < columns_.size(); ++i) {
    Column& mine = columns_[i];
    const Column& theirs = other.columns_[i];
    mine.filled += theirs.filled;
    mine.distinct.merge(theirs.distinct);
    for (const Extreme* const extreme : {&theirs.least, &theirs.greatest})
      if (extreme->is_set()) take_extremes(mine, extreme->value(), extreme->prefix(), extreme->place());
    const auto before = std::tuple(mine.longest_source, mine.longest_record);
    if (theirs.longest < mine.longest) continue;
    if (theirs.longest == mine.longest && std::tuple(theirs.longest_source, theirs.longest_record) >= before) continue;
    mine.longest = theirs.longest;
    mine.longest_source = theirs.longest_source;
    mine.longest_record = theirs.longest_record;
  }
}

std::vector<ColumnProfile> Profile::columns(const std::vector<std::string>& names) const {
  std::vector<ColumnProfile> columns;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    ColumnProfile told{.name = names[i],
                       .filled = column.filled,
                       .distinct = std::min(column.distinct.estimate(), column.filled),
                       .order = column.order,
                       .least = {},
                       .greatest = {},
                       .longest = column.longest,
                       .longest_source = column.longest_source,
                       .longest_record = column.longest_record};
    if (column.least.is_set()) told.least = printable_excerpt(column.least.value());
    if (column.greatest.is_set()) told.greatest = printable_excerpt(column.greatest.value());
    columns.push_back(std::move(told));
  }
  return columns;
}

}  // namespace bulkwrite::run
