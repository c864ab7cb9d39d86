#include "engine/run/distinct.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bulkwrite::run {
namespace {

// The two series of the estimator, summed until they change no more.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double sum = x;
  for (double weight = 1, before = -1; sum != before; weight += weight) {
    x *= x;
    before = sum;
    sum += x * weight;
  }
  return sum;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double sum = 1 - x;
  for (double weight = 1, before = -1; sum != before;) {
    x = std::sqrt(x);
    weight /= 2;
    before = sum;
    sum -= (1 - x) * (1 - x) * weight;
  }
  return sum / 3;
}

}  // namespace

void DistinctSketch::merge(const DistinctSketch& other) {
  for (size_t at = 0; at < kRegisters; ++at) ranks_[at] = std::max(ranks_[at], other.ranks_[at]);
}

uint64_t DistinctSketch::estimate() const {
  std::array<double, kRankMax + 1> registers{};  // by rank
  for (const uint8_t rank : ranks_) registers[rank] += 1;
  constexpr double kAll = kRegisters;
  double sum = kAll * tau(1 - registers[kRankMax] / kAll);
  for (size_t rank = kRankMax - 1; rank >= 1; --rank) sum = (sum + registers[rank]) / 2;
  sum += kAll * sigma(registers[0] / kAll);
  return static_cast<uint64_t>(std::llround(kAll * kAll / (2 * std::log(2.0) * sum)));
}

}  // namespace bulkwrite::run
