#include <benchmark/benchmark.h>

#include <cstdint>
#include <thread>

#include "engine/base/queue.h"

namespace {

using bulkwrite::BoundedQueue;

// An item in and out again, by one thread that never waits.
void queue_push_pop(benchmark::State& state) {
  BoundedQueue<uint64_t> queue(4);
  for (auto _ : state) {
    queue.push(1);
    benchmark::DoNotOptimize(queue.pop());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(queue_push_pop);

// An item to another thread and back: two hops, each with a thread that sleeps until it comes.
void queue_there_and_back(benchmark::State& state) {
  BoundedQueue<uint64_t> there(4), back(4);
  std::jthread other([&] {
    while (auto item = there.pop()) back.push(*item);
  });
  for (auto _ : state) {
    there.push(1);
    benchmark::DoNotOptimize(back.pop());
  }
  there.close();
  state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(queue_there_and_back)->UseRealTime();

// Items from one thread to another as fast as they go, through a queue as small as those between the stages.
void queue_stream(benchmark::State& state) {
  BoundedQueue<uint64_t> queue(4);
  std::jthread consumer([&] {
    while (auto item = queue.pop()) benchmark::DoNotOptimize(*item);
  });
  for (auto _ : state) queue.push(1);
  queue.close();
  consumer.join();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(queue_stream)->UseRealTime();

}  // namespace
