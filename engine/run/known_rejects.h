// Which records a session has rejected, from the worker that judged them to the collector that accounts for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bulkwrite::run {

// Safe from any thread. Forgetful: behind a job that is stuck, chunks wait without end, so what is noted beyond
// kRecordsMax is not kept, and has to be found out again.
class KnownRejects {
 public:
  static constexpr size_t kRecordsMax = 1'000'000;

  // Of a chunk, counted from 0 over it, in order.
  void note(uint64_t chunk_index, std::vector<uint32_t> rejected) {
    const std::scoped_lock lock(mutex_);
    if (records_ + rejected.size() > kRecordsMax) return;
    records_ += rejected.size();
    of_chunk_.insert_or_assign(chunk_index, std::move(rejected));
  }

  // Once: it is forgotten then.
  std::optional<std::vector<uint32_t>> take(uint64_t chunk_index) {
    const std::scoped_lock lock(mutex_);
    auto found = of_chunk_.extract(chunk_index);
    if (found.empty()) return std::nullopt;
    records_ -= found.mapped().size();
    return std::move(found.mapped());
  }

 private:
  std::mutex mutex_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> of_chunk_;
  size_t records_ = 0;
};

}  // namespace bulkwrite::run
