#include "engine/base/reorder.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

using bulkwrite::Reorder;

namespace {

void let_others_run() {
  for (int i = 0; i < 200; ++i) std::this_thread::yield();
}

}  // namespace

TEST_CASE("items come out by their numbers, whatever the order in which they went in") {
  Reorder<int> reorder(4);
  for (const uint64_t number : {2, 0, 3, 1}) CHECK(reorder.put(number, static_cast<int>(number) * 10));
  for (const int expected : {0, 10, 20, 30}) CHECK(reorder.take() == expected);
  CHECK(reorder.put(4, 40));
  CHECK(reorder.take() == 40);
}

TEST_CASE("each of many threads puts what it finished, and one takes all of it in order") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  constexpr size_t kThreads = 4, kItems = 8000;
  for (const size_t window : {size_t{1}, size_t{3}, 2 * kThreads}) {
    CAPTURE(window);
    Reorder<std::unique_ptr<uint64_t>> reorder(window);
    std::atomic<uint64_t> next{0};
    std::vector<std::thread> workers;
    for (size_t w = 0; w < kThreads; ++w) {
      workers.emplace_back([&, w] {
        std::mt19937_64 random(seed + w);
        for (uint64_t number; (number = next++) < kItems;) {
          if (random() % 4 == 0) std::this_thread::yield();
          reorder.put(number, std::make_unique<uint64_t>(number));
        }
      });
    }
    size_t wrong = 0;
    for (uint64_t expected = 0; expected < kItems; ++expected) {
      const auto item = reorder.take();
      if (!item || **item != expected) ++wrong;
    }
    for (auto& worker : workers) worker.join();
    CHECK(wrong == 0);
  }
}

TEST_CASE("who is a window ahead of the item that is due waits until that one is taken") {
  constexpr uint64_t kWindow = 3;
  Reorder<int> reorder(kWindow);
  std::atomic<int> put{0};
  std::thread ahead([&] {
    for (const uint64_t number : {1, 2, 3}) {
      reorder.put(number, static_cast<int>(number));
      ++put;
    }
  });
  while (put < 2) std::this_thread::yield();
  let_others_run();
  CHECK(put == 2);
  CHECK(reorder.put(0, 0));
  let_others_run();
  CHECK(put == 2);
  CHECK(reorder.take() == 0);
  for (const int expected : {1, 2, 3}) CHECK(reorder.take() == expected);
  ahead.join();
  CHECK(put == 3);
}

TEST_CASE("taking waits for the item that is due, not for any item") {
  Reorder<int> reorder(3);
  CHECK(reorder.put(1, 1));
  CHECK(reorder.put(2, 2));
  std::vector<int> taken;
  std::atomic<size_t> count{0};
  std::thread taker([&] {
    for (int i = 0; i < 3; ++i) {
      taken.push_back(*reorder.take());
      ++count;
    }
  });
  let_others_run();
  CHECK(count == 0);
  CHECK(reorder.put(0, 0));
  taker.join();
  CHECK(taken == std::vector<int>{0, 1, 2});
}

TEST_CASE("a closed reorder refuses items and still gives those that are next in line") {
  Reorder<int> reorder(4);
  CHECK(reorder.put(0, 0));
  CHECK(reorder.put(1, 1));
  CHECK(reorder.put(3, 3));
  reorder.close();
  reorder.close();
  CHECK_FALSE(reorder.put(2, 2));
  CHECK(reorder.take() == 0);
  CHECK(reorder.take() == 1);
  CHECK_FALSE(reorder.take());  // 2 never came, and 3 does not take its place
}

TEST_CASE("closing wakes who waits to put and who waits to take") {
  size_t refused = 0, empty = 0;
  constexpr size_t kRounds = 300;
  for (size_t round = 0; round < kRounds; ++round) {
    Reorder<int> reorder(1);
    std::atomic<int> begun{0};
    bool put = true, took = true;
    std::thread early([&] {
      ++begun;
      put = reorder.put(1, 1);
    });
    std::thread taker([&] {
      ++begun;
      took = reorder.take().has_value();
    });
    while (begun < 2) std::this_thread::yield();
    if (round % 2 == 0) let_others_run();
    reorder.close();
    early.join();
    taker.join();
    refused += !put;
    empty += !took;
  }
  CHECK(refused == kRounds);
  CHECK(empty == kRounds);
}
