#include "engine/base/queue.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

using bulkwrite::BoundedQueue;

namespace {

constexpr int kRounds = 300;  // of what depends on how threads meet

// Lets others run, often enough for one who need not wait to go on.
void let_others_run() {
  for (int i = 0; i < 200; ++i) std::this_thread::yield();
}

void wait_until(const std::atomic<size_t>& count, size_t reached) {
  while (count < reached) std::this_thread::yield();
}

}  // namespace

TEST_CASE("items come out in the order in which they went in") {
  BoundedQueue<int> queue(3);
  CHECK(queue.push(1));
  CHECK(queue.push(2));
  CHECK(queue.push(3));
  CHECK(queue.size() == 3);
  CHECK(queue.pop() == 1);
  CHECK(queue.push(4));
  CHECK(queue.pop() == 2);
  CHECK(queue.pop() == 3);
  CHECK(queue.pop() == 4);
  CHECK(queue.size() == 0);
}

TEST_CASE("try_pop gives what is there and never waits") {
  BoundedQueue<int> queue(1);
  CHECK_FALSE(queue.try_pop());
  CHECK(queue.push(1));
  CHECK(queue.try_pop() == 1);
  CHECK_FALSE(queue.try_pop());
  queue.close();
  CHECK_FALSE(queue.try_pop());
}

TEST_CASE("a closed queue takes nothing more and gives what it has") {
  BoundedQueue<int> queue(2);
  CHECK(queue.push(1));
  CHECK(queue.push(2));
  CHECK_FALSE(queue.finished());
  queue.close();
  queue.close();
  CHECK_FALSE(queue.push(3));  // full and closed: it must not wait either
  CHECK_FALSE(queue.finished());
  CHECK(queue.pop() == 1);
  CHECK_FALSE(queue.push(3));
  CHECK(queue.pop() == 2);
  CHECK(queue.finished());
  CHECK_FALSE(queue.pop());
}

TEST_CASE("an item belongs to the queue, then to who pops it, and one refused is dropped") {
  const auto counted = std::make_shared<int>(0);
  {
    BoundedQueue<std::shared_ptr<int>> queue(2);
    CHECK(queue.push(counted));
    CHECK(queue.push(counted));
    CHECK(counted.use_count() == 3);
    CHECK(queue.pop() == counted);
    CHECK(counted.use_count() == 2);
    queue.close();
    CHECK_FALSE(queue.push(counted));
    CHECK(counted.use_count() == 2);
  }
  CHECK(counted.use_count() == 1);

  BoundedQueue<std::unique_ptr<int>> unique(1);
  CHECK(unique.push(std::make_unique<int>(7)));
  CHECK(**unique.pop() == 7);
}

TEST_CASE("a full queue stops who pushes until there is room") {
  constexpr size_t kCapacity = 3, kItems = 500;
  BoundedQueue<size_t> queue(kCapacity);
  std::atomic<size_t> pushed{0};
  std::thread producer([&] {
    for (size_t i = 0; i < kItems; ++i) {
      queue.push(i);
      ++pushed;
    }
  });
  size_t too_far = 0, out_of_order = 0;
  for (size_t popped = 0; popped < kItems; ++popped) {
    wait_until(pushed, std::min(popped + kCapacity, kItems));
    let_others_run();
    if (pushed > popped + kCapacity || queue.size() > kCapacity) ++too_far;
    if (queue.pop() != popped) ++out_of_order;
  }
  producer.join();
  CHECK(too_far == 0);
  CHECK(out_of_order == 0);
}

TEST_CASE("an empty queue stops who pops until there is an item") {
  BoundedQueue<size_t> queue(1);
  std::atomic<size_t> popped{0};
  size_t wrong = 0;
  std::thread consumer([&] {
    for (size_t i = 0; auto item = queue.pop(); ++i) {
      if (*item != i) ++wrong;
      ++popped;
    }
  });
  size_t too_early = 0;
  for (size_t i = 0; i < 500; ++i) {
    let_others_run();
    if (popped != i) ++too_early;
    queue.push(i);
    wait_until(popped, i + 1);
  }
  queue.close();
  consumer.join();
  CHECK(too_early == 0);
  CHECK(wrong == 0);
}

TEST_CASE("closing wakes everyone who waits to push, and what they held is dropped") {
  size_t dropped = 0, left = 0;
  for (int round = 0; round < kRounds; ++round) {
    BoundedQueue<int> queue(1);
    queue.push(0);
    std::atomic<size_t> begun{0}, refused{0};
    std::vector<std::thread> producers;
    for (int i = 1; i <= 3; ++i) {
      producers.emplace_back([&, i] {
        ++begun;
        if (!queue.push(i)) ++refused;
      });
    }
    wait_until(begun, 3);
    if (round % 2 == 0) let_others_run();
    queue.close();
    for (auto& producer : producers) producer.join();
    dropped += refused;
    while (queue.pop()) ++left;
  }
  CHECK(dropped == 3 * kRounds);
  CHECK(left == kRounds);
}

TEST_CASE("closing wakes everyone who waits to pop") {
  size_t got_nothing = 0;
  for (int round = 0; round < kRounds; ++round) {
    BoundedQueue<int> queue(1);
    std::atomic<size_t> begun{0}, empty{0};
    std::vector<std::thread> consumers;
    for (int i = 0; i < 3; ++i) {
      consumers.emplace_back([&] {
        ++begun;
        if (!queue.pop()) ++empty;
      });
    }
    wait_until(begun, 3);
    if (round % 2 == 0) let_others_run();
    queue.close();
    for (auto& consumer : consumers) consumer.join();
    got_nothing += empty;
  }
  CHECK(got_nothing == 3 * kRounds);
}

TEST_CASE("with many producers and consumers each item arrives once, and each producer's in its order") {
  constexpr size_t kProducers = 4, kConsumers = 3, kItems = 5000;
  struct Item {
    size_t producer, number;
  };
  for (const size_t capacity : {size_t{1}, size_t{2}, size_t{7}}) {
    CAPTURE(capacity);
    BoundedQueue<Item> queue(capacity);
    std::vector<std::vector<Item>> seen(kConsumers);
    std::vector<std::thread> consumers, producers;
    for (size_t c = 0; c < kConsumers; ++c) {
      consumers.emplace_back([&, c] {
        while (auto item = queue.pop()) seen[c].push_back(*item);
      });
    }
    for (size_t p = 0; p < kProducers; ++p) {
      producers.emplace_back([&, p] {
        for (size_t i = 0; i < kItems; ++i) queue.push({p, i});
      });
    }
    for (auto& producer : producers) producer.join();
    queue.close();
    for (auto& consumer : consumers) consumer.join();

    std::vector<int> arrived(kProducers * kItems);
    size_t out_of_order = 0;
    for (const auto& items : seen) {
      std::vector<int64_t> last(kProducers, -1);
      for (const Item& item : items) {
        ++arrived[item.producer * kItems + item.number];
        if (static_cast<int64_t>(item.number) <= last[item.producer]) ++out_of_order;
        last[item.producer] = static_cast<int64_t>(item.number);
      }
    }
    CHECK(std::count(arrived.begin(), arrived.end(), 1) == static_cast<int64_t>(arrived.size()));
    CHECK(out_of_order == 0);
  }
}

TEST_CASE("whoever popped the last item sees the queue finished, and not before it is closed") {
  BoundedQueue<int> queue(1);
  CHECK_FALSE(queue.finished());
  queue.push(1);
  queue.pop();
  CHECK_FALSE(queue.finished());
  queue.close();
  CHECK(queue.finished());
}
