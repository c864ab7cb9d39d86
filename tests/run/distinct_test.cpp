#include "engine/run/distinct.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <string>

namespace bulkwrite::run {
namespace {

// How far the estimate of `count` different random values is from it, as a part of it.
double error_of(std::mt19937_64& random, uint64_t count) {
  DistinctSketch sketch;
  for (uint64_t i = 0; i < count; ++i) sketch.add_hash(random());
  return static_cast<double>(sketch.estimate()) / static_cast<double>(count) - 1;
}

}  // namespace

TEST_CASE("an estimate is within the bound, and on the average right, however many values there are") {
  std::mt19937_64 random(1);
  for (const uint64_t count : {100, 1'000, 5'000, 10'000, 20'000, 100'000, 1'000'000}) {
    CAPTURE(count);
    constexpr int kRounds = 30;
    double sum = 0, squares = 0, worst = 0;
    for (int round = 0; round < kRounds; ++round) {
      const double error = error_of(random, count);
      sum += error;
      squares += error * error;
      worst = std::max(worst, std::abs(error));
    }
    CHECK(worst < 4 * 0.01625);
    CHECK(std::sqrt(squares / kRounds) < 1.5 * 0.01625);
    CHECK(std::abs(sum / kRounds) < 4 * 0.01625 / std::sqrt(kRounds));
  }
}

TEST_CASE("texts that look alike are told apart as well as any") {
  for (const uint64_t count : {1'000, 300'000}) {
    DistinctSketch numbers, mails, padded;
    for (uint64_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      numbers.add(number);
      mails.add("person" + number + "@example.org");
      padded.add(std::string(9 - number.size(), '0') + number);
    }
    for (const DistinctSketch* const sketch : {&numbers, &mails, &padded})
      CHECK(std::abs(static_cast<double>(sketch->estimate()) / static_cast<double>(count) - 1) < 4 * 0.01625);
  }
}

TEST_CASE("few values are counted as they are, nothing is nothing, and a value counts once") {
  DistinctSketch sketch;
  CHECK(sketch.estimate() == 0);
  for (uint64_t count = 1; count <= 20; ++count) {
    for (int again = 0; again < 50; ++again) sketch.add("value " + std::to_string(count));
    CHECK(sketch.estimate() == count);
  }
}

TEST_CASE("sketches of parts make that of the whole, whatever the parts have in common") {
  std::mt19937_64 random(2);
  DistinctSketch whole, one, two;
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t hash = random();
    whole.add_hash(hash);
    if (i % 3 != 0) one.add_hash(hash);
    if (i % 3 != 1) two.add_hash(hash);
  }
  one.merge(two);
  CHECK(one.estimate() == whole.estimate());
}

TEST_CASE("a hash of which all bits behind the index are zero has its place") {
  DistinctSketch sketch;
  for (uint64_t index = 0; index < 4096; ++index) sketch.add_hash(index << 52);
  CHECK(sketch.estimate() > 1'000'000'000);
}

}  // namespace bulkwrite::run
