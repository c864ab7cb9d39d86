// What is said, once, where an input that is read as UTF-8 looks like none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/run/tell.h"

namespace bulkwrite::run {

// The first record of a chunk that is rejected for it.
struct NotUtf8 {
  uint32_t source = 0;
  uint64_t record_number = 0;
  uint64_t byte_offset = 0;     // in the source, of the first byte that is no part of UTF-8
  std::string_view looks_like;  // an encoding's name; empty where there is no telling
};

// Gets what is found in the order of the input. One thread at a time.
class NotUtf8Hint {
 public:
  // `source_name` gives that of an ordinal.
  NotUtf8Hint(Tell tell, std::function<std::string(uint32_t)> source_name)
      : tell_(std::move(tell)), source_name_(std::move(source_name)) {}

  void found(const std::optional<NotUtf8>& found);

 private:
  const Tell tell_;
  const std::function<std::string(uint32_t)> source_name_;
  bool told_ = false;
};

}  // namespace bulkwrite::run
