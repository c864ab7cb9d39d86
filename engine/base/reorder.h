// Puts what many threads finish in any order back into the order of its numbers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace bulkwrite {

// Numbers start at 0 and none is left out. At most `window` items beyond the one that is due are held: who comes too
// early waits, so one slow item stops the others in time.
template <typename T>
class Reorder {
 public:
  explicit Reorder(size_t window) : window_(window) {}
  Reorder(const Reorder&) = delete;
  Reorder& operator=(const Reorder&) = delete;

  // False, and the item is dropped, once closed.
  bool put(uint64_t number, T item) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return number < due_ + window_ || closed_; });
    if (closed_) return false;
    items_.emplace(number, std::move(item));
    moved_.notify_all();
    return true;
  }

  // Waits for the item that is due. Empty once closed and the due item is not there.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return (!items_.empty() && items_.begin()->first == due_) || closed_; });
    if (items_.empty() || items_.begin()->first != due_) return std::nullopt;
    std::optional<T> item(std::move(items_.begin()->second));
    items_.erase(items_.begin());
    ++due_;
    moved_.notify_all();
    return item;
  }

  void close() {
    const std::unique_lock lock(mutex_);
    closed_ = true;
    moved_.notify_all();
  }

 private:
  const size_t window_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::map<uint64_t, T> items_;
  uint64_t due_ = 0;
  bool closed_ = false;
};

}  // namespace bulkwrite
