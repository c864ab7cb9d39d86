// Values that are not in their picklist, and that the service will therefore add to it (contract 7.3).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/run/judge.h"

namespace bulkwrite::run {

// How many there were in each column, and a few of them. One thread.
class UnknownChoices {
 public:
  // Of the record at which the judge stands, if it is to be sent.
  void note(const Judge& judge);
  void add(const UnknownChoices& other);

  // A line for each column. `names` are the header's.
  std::vector<std::string> warnings(const std::vector<std::string>& names) const;

 private:
  struct Column {
    uint64_t records = 0;
    std::vector<std::string> examples;  // different ones
    bool wants(std::string_view example) const;
  };
  std::map<size_t, Column> columns_;
  std::string scratch_;
};

// What many threads have found together.
class SharedUnknownChoices {
 public:
  void add(const UnknownChoices& found) {
    const std::scoped_lock lock(mutex_);
    all_.add(found);
  }
  UnknownChoices get() const {
    const std::scoped_lock lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  UnknownChoices all_;
};

}  // namespace bulkwrite::run
