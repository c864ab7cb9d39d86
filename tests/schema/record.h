// A record made of raw fields, as a reader of CSV gives it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/csv/records.h"

namespace record {

class Record {
 public:
  Record() = default;
  Record(std::initializer_list<std::string_view> raw_fields)
      : Record(std::span(raw_fields.begin(), raw_fields.size())) {}
  explicit Record(std::span<const std::string_view> raw_fields) {
    for (const std::string_view raw : raw_fields) add(raw);
  }
  void add(std::string_view raw) {
    text_ += raw;
    text_ += ',';
    bounds_.push_back(static_cast<uint32_t>(text_.size()));
  }
  bulkwrite::csv::Fields fields() const { return {text_.data(), bounds_}; }

 private:
  std::string text_;
  std::vector<uint32_t> bounds_ = {0};
};

// Such records one behind the other, as a reader gives those that it has at hand.
class Table {
 public:
  explicit Table(size_t columns) : columns_(columns) {}
  void add(std::string_view raw) {
    text_ += raw;
    const bool ends_record = bounds_.size() % columns_ == 0;
    if (ends_record && crlf) text_ += '\r';
    text_ += ends_record ? '\n' : ',';
    bounds_.push_back(static_cast<uint32_t>(text_.size()));
  }
  // What may be read behind its end is not what one would like it to be.
  bulkwrite::csv::FieldTable fields() {
    const size_t records = (bounds_.size() - 1) / columns_;
    text_.append(bulkwrite::csv::kReadableBehind, '@');
    bounds_.resize(bounds_.size() + 16, 0x7FFFFFFF);
    return {text_.data(), bounds_.data(), records, columns_};
  }

  bool crlf = false;

 private:
  size_t columns_;
  std::string text_;
  std::vector<uint32_t> bounds_ = {0};
};

}  // namespace record
