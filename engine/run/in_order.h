// The part of the line that `check` and `pack` share: one front, many workers, and the caller's thread that takes what
// the workers made in the order of the input.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/base/queue.h"
#include "engine/base/reorder.h"
#include "engine/base/thread_name.h"
#include "engine/run/front.h"

namespace bulkwrite::run {

constexpr size_t kChunksWaitingMax = 1;

// How many there ever are of each, used ones included. The front fills one chunk, or has begun with it and holds the
// one before it, which waits for room in the queue: where chunks are of one size, one of them is small (csv::Cutter).
constexpr size_t chunks_in_memory(size_t workers) {
  return workers + kChunksWaitingMax + 2;
}
constexpr size_t items_window(size_t workers) {
  return 2 * workers;
}
// Those in the window, one in each worker's hands that is too early for it, and the one that is consumed.
constexpr size_t items_in_memory(size_t workers) {
  return items_window(workers) + workers + 1;
}

// The first error of many threads.
class FirstError {
 public:
  void set(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  std::optional<Error> get() const {
    const std::scoped_lock lock(mutex_);
    return error_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

// How a pass over the input ended. Both may be set: `input` when the input could not be read to its end (what came
// before was worked on), `fault` when the work itself failed and the rest was left.
struct PassEnd {
  std::optional<Error> input, fault;
};

// Calls `make_worker` once a worker, in that worker's thread; what it returns turns chunks into items. `consume` gets
// every item in chunk order on the calling thread; its error ends the pass.
template <typename Item>
PassEnd pass_in_order(Front& front, PieceSink& pieces, unsigned workers, std::stop_token stop,
                      const std::function<std::function<Result<Item>(csv::Chunk&)>()>& make_worker,
                      const std::function<Result<void>(Item)>& consume) {
  BoundedQueue<csv::Chunk> cut(kChunksWaitingMax);
  BoundedQueue<csv::Chunk> used(chunks_in_memory(workers));  // so that giving back never waits
  Reorder<Item> made(items_window(workers));
  FirstError fault;
  PassEnd end;
  const auto give_up = [&](Error error) {
    fault.set(std::move(error));
    cut.close();
    made.close();
  };

  std::jthread front_thread([&] {
    name_this_thread("front");
    if (auto done = front.run(stop, cut, used, pieces); !done) end.input = std::move(done).error();
    cut.close();
  });
  std::vector<std::jthread> worker_threads;
  std::atomic<unsigned> working{workers};
  for (unsigned i = 0; i < workers; ++i) {
    worker_threads.emplace_back([&] {
      name_this_thread("worker");
      auto work = make_worker();
      while (auto chunk = cut.pop()) {
        const uint64_t number = chunk->chunk_index;
        chunk->gather();
        auto item = work(*chunk);
        used.push(*std::move(chunk));
        if (!item)
          give_up(std::move(item).error());
        else
          made.put(number, *std::move(item));
      }
      if (--working == 0) made.close();
    });
  }
  while (auto item = made.take()) {
    if (auto done = consume(*std::move(item)); !done) {
      give_up(std::move(done).error());
      break;
    }
  }
  worker_threads.clear();
  front_thread.join();
  end.fault = fault.get();
  return end;
}

}  // namespace bulkwrite::run
