// A bounded queue between threads: the only way work moves from one stage to the next, and the whole of backpressure.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/base/check.h"

namespace bulkwrite {

// Any number of producers and consumers. Values are handed over, never shared.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {
    BULKWRITE_CHECK(capacity > 0, "a queue holds at least one item");
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Waits for room. False, and the item is dropped, once the queue is closed.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [&] { return items_.size() < capacity_ || closed_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    has_items_.notify_one();
    return true;
  }

  // Waits for an item. Empty once the queue is closed and drained.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    has_items_.wait(lock, [&] { return !items_.empty() || closed_; });
    return take();
  }

  // Empty when there is nothing at the moment.
  std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    return take();
  }

  // No more items; what is inside can still be popped. Idempotent.
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    has_items_.notify_all();
    has_room_.notify_all();
  }

  // Closed and nothing left to pop.
  bool finished() const {
    std::unique_lock lock(mutex_);
    return closed_ && items_.empty();
  }

  size_t size() const {
    std::unique_lock lock(mutex_);
    return items_.size();
  }

 private:
  std::optional<T> take() {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    has_room_.notify_one();
    return item;
  }

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable has_room_, has_items_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace bulkwrite
