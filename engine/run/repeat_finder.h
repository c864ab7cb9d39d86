// Finds values that occur more than once, in an input of any length: exactly, and with bounded memory. What memory does
// not hold lies in nameless files, which are gone with the process.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/result.h"
#include "engine/run/occurrence.h"
#include "engine/run/repeats.h"
#include "engine/run/seen_table.h"

namespace bulkwrite::run {

// Plain items in numbered buckets, each in the order in which they came. One thread. Failures are cannot_write.
template <typename Item>
class Buckets {
 public:
  Buckets(std::filesystem::path directory, size_t count) : directory_(std::move(directory)), buckets_(count) {}

  size_t size() const { return buckets_.size(); }
  uint64_t items(size_t bucket) const { return buckets_[bucket].items(); }
  bool is_empty() const {
    return std::all_of(buckets_.begin(), buckets_.end(), [](const Bucket& bucket) { return bucket.items() == 0; });
  }
  Result<void> add(size_t bucket, const Item& item);
  // `take` gets every item; its error ends it.
  template <typename Take>
  Result<void> each(size_t bucket, const Take& take) const;
  void clear(size_t bucket) { buckets_[bucket] = {}; }

 private:
  static constexpr size_t kRecentMax = 512;
  struct Bucket {
    std::vector<Item> recent;
    uint64_t spilled = 0;
    Descriptor file;
    uint64_t items() const { return spilled + recent.size(); }
  };
  Result<void> spill(Bucket& bucket);

  std::filesystem::path directory_;
  std::vector<Bucket> buckets_;
};

// Which records are sent is decided record by record, in the order of the input, or against it where the last is to be:
// one that has a value of a record that is sent is not, and its other values count no more.
class RepeatFinder {
 public:
  // Temporary files lie in `directory`. `on_repeat` is reject, first or last.
  RepeatFinder(std::filesystem::path directory, OnRepeat on_repeat);

  // In the order of the input. One thread.
  Result<void> add(std::span<const Occurrence> occurrences);
  // Writes the file that Repeats reads; once.
  Result<void> write(const std::filesystem::path& file);

 private:
  Result<void> find(Buckets<Occurrence>& occurrences, size_t bucket, unsigned digest_bits);
  Result<void> find_here(const Buckets<Occurrence>& occurrences, size_t bucket);
  Result<void> choose();
  Result<void> choose_in(size_t bucket, SeenTable& seen);
  Result<void> write_rows(AtomicFile& file);

  const std::filesystem::path directory_;
  const OnRepeat on_repeat_;
  Buckets<Occurrence> occurrences_;  // by digest
  uint64_t chunks_ = 0;
  uint64_t chunks_a_bucket_ = 1;
  std::unique_ptr<Buckets<Occurrence>> doubled_;  // those whose value occurs more than once, by chunk
  std::unique_ptr<Buckets<Repeat>> repeats_;      // by chunk, in no order
};

}  // namespace bulkwrite::run
