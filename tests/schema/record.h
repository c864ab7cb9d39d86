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

}  // namespace record
