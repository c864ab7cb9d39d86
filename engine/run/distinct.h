// About how many different values there were, in 4 KiB however many: HyperLogLog, with the estimator of O. Ertl ("New
// cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no tables and has no bias.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace bulkwrite::run {

// The standard error is 1.6 %: 2 of 3 estimates are nearer than that, and 99.7 % nearer than three times that. Few
// values are counted almost exactly. One thread.
class DistinctSketch {
 public:
  void add(std::string_view value) { add_hash(std::hash<std::string_view>()(value)); }
  void add_hash(uint64_t hash) {
    const size_t at = hash >> (64 - kIndexBits);
    const auto rank = static_cast<uint8_t>(std::countl_zero(hash << kIndexBits | uint64_t{1} << (kIndexBits - 1)) + 1);
    if (rank > ranks_[at]) ranks_[at] = rank;
  }
  // Of the values of both.
  void merge(const DistinctSketch& other);
  uint64_t estimate() const;

 private:
  static constexpr size_t kIndexBits = 12;
  static constexpr size_t kRegisters = size_t{1} << kIndexBits;
  static constexpr size_t kRankMax = 64 - kIndexBits + 1;

  std::array<uint8_t, kRegisters> ranks_{};  // by the first bits of a hash: the most zeros behind them, and one
};

}  // namespace bulkwrite::run
