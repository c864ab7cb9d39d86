// What the columns of an input hold: how often each is filled, with how many different values, between what and what,
// and how long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/csv/records.h"
#include "engine/run/distinct.h"
#include "engine/schema/date_pattern.h"
#include "engine/schema/schema.h"

namespace bulkwrite::run {

// By what a column's least and greatest value are found.
enum class Order { bytes, number, date };
std::string_view order_name(Order order);

// What was found of one column. Empty values count for nothing but `filled`.
struct ColumnProfile {
  std::string name;
  uint64_t filled = 0;
  uint64_t distinct = 0;  // about; run/distinct.h
  Order order = Order::bytes;
  std::optional<std::string> least, greatest;  // printable excerpts; none where no value has a place in that order
  uint64_t longest = 0;                        // in characters; the first value of that length:
  uint32_t longest_source = 0;
  uint64_t longest_record = 0;
};

// The profile of the records that one worker has seen. Memory: about 5 KiB a column. One thread.
class Profile {
 public:
  // A field by column, where that is known; numbers and dates are then compared as such.
  explicit Profile(const std::vector<std::optional<schema::Field>>& fields);

  // A record with as many fields as there are columns. Records of a source come in their order. No allocation, once a
  // quote within a value has been undone that is as long.
  void add(const csv::Fields& fields, uint32_t source, uint64_t record_number);
  // Afterwards this is the profile of all that both have seen, whoever saw what.
  void merge(const Profile& other);

  uint64_t records() const { return records_; }
  std::vector<ColumnProfile> columns(const std::vector<std::string>& names) const;

 private:
  // Where a number or a time stands among others.
  struct Place {
    int64_t whole = 0, billionths = 0;
    auto operator<=>(const Place&) const = default;
  };
  // The first bytes of a value: what comes behind them is not shown, and values alike so far are as good as each other.
  class Extreme {
   public:
    static constexpr size_t kBytesMax = 240;
    bool is_set() const { return size_ > 0; }
    std::string_view value() const { return {bytes_.data(), size_}; }
    uint64_t prefix() const { return prefix_; }
    const Place& place() const { return place_; }
    void set(std::string_view value, uint64_t prefix, const Place& place);

   private:
    uint64_t prefix_ = 0;
    Place place_;
    size_t size_ = 0;
    std::array<char, kBytesMax> bytes_{};
  };
  struct Column {
    Order order = Order::bytes;
    std::optional<schema::DatePattern> pattern;
    uint64_t filled = 0, longest = 0, longest_record = 0;
    uint32_t longest_source = 0;
    Extreme least, greatest;
    DistinctSketch distinct;
  };

  static void note_value(Column& column, std::string_view value);
  static std::optional<Place> place_of(const Column& column, std::string_view value);
  static std::optional<Place> number_of(std::string_view value);
  static void take_extremes(Column& column, std::string_view value, uint64_t prefix, const Place& place);

  uint64_t records_ = 0;
  std::vector<Column> columns_;
  std::string scratch_;
};

}  // namespace bulkwrite::run
