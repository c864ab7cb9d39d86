#include "engine/run/in_order.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <filesystem>
#include <random>
#include <set>
#include <thread>

#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

// An input of `records` chunks of one record each, which holds its chunk's number.
class Input {
 public:
  explicit Input(size_t records, const std::string& tail = "") {
    std::string text = "N\n";
    for (size_t i = 0; i < records; ++i) text += std::to_string(i) + "\n";
    e2e::spill(directory_ / "numbers.csv", text + tail);
    InputOptions options;
    options.files = {directory_ / "numbers.csv"};
    options.records_max = 1;
    front_ = Front::open(options, progress_).value();
  }
  Front& front() { return *front_; }

 private:
  const e2e::TemporaryDirectory directory_;
  Progress progress_;
  std::unique_ptr<Front> front_;
};

struct Item {
  uint64_t chunk_index;
  std::string bytes;
};

Item item_of(const csv::Chunk& chunk) {
  return {chunk.chunk_index, std::string(chunk.bytes())};
}

using Work = std::function<Result<Item>(csv::Chunk&)>;

// Sees that items come in order and hold what their chunk held.
class Consumer {
 public:
  Result<void> operator()(const Item& item) {
    if (item.chunk_index != taken || item.bytes != std::to_string(taken) + "\n") in_order = false;
    ++taken;
    return {};
  }
  uint64_t taken = 0;
  bool in_order = true;
};

// Of the threads of this process, as anyone outside sees them.
std::multiset<std::string> thread_names() {
  std::multiset<std::string> names;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    names.insert(e2e::slurp(task.path() / "comm"));
  return names;
}

}  // namespace

TEST_CASE("the threads of a pass say which they are, and the caller's keeps its name") {
  Input input(100);  // so many that the front still waits when the first chunk is at work
  NoPieces no_pieces;
  std::multiset<std::string> names;
  std::string own;
  const auto make_worker = [&]() -> Work {
    own = e2e::slurp("/proc/thread-self/comm");
    return [&](csv::Chunk& chunk) -> Result<Item> {
      if (chunk.chunk_index == 0) names = thread_names();
      return item_of(chunk);
    };
  };
  const std::string before = e2e::slurp("/proc/thread-self/comm");
  pass_in_order<Item>(input.front(), no_pieces, 1, {}, make_worker, Consumer());
  CHECK(own == "worker\n");
  CHECK(names.count("front\n") == 1);
  CHECK(names.count("worker\n") == 1);
  CHECK(e2e::slurp("/proc/thread-self/comm") == before);
}

TEST_CASE("items come in the order of the input, however long each takes") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  const unsigned workers = GENERATE(1U, 2U, 5U);
  Input input(800);
  NoPieces pieces;
  Consumer consumer;
  std::atomic<uint64_t> next_seed{seed};
  const PassEnd end = pass_in_order<Item>(
      input.front(), pieces, workers, {},
      [&]() -> Work {
        return [random = std::mt19937_64(next_seed++)](csv::Chunk& chunk) mutable -> Result<Item> {
          for (uint64_t pauses = random() % 40; pauses > 0; --pauses) std::this_thread::yield();
          return item_of(chunk);
        };
      },
      [&](const Item& item) { return consumer(item); });
  CHECK_FALSE(end.input);
  CHECK_FALSE(end.fault);
  CHECK(consumer.taken == 800);
  CHECK(consumer.in_order);
}

TEST_CASE("one slow chunk stops the others within the window, and none is lost") {
  constexpr unsigned kWorkers = 3;
  constexpr uint64_t kWindow = 2 * kWorkers;
  Input input(200);
  NoPieces pieces;
  Consumer consumer;
  std::mutex mutex;
  std::condition_variable moved;
  uint64_t worked = 0, worked_at_release = 0;
  const PassEnd end = pass_in_order<Item>(
      input.front(), pieces, kWorkers, {},
      [&]() -> Work {
        return [&](csv::Chunk& chunk) -> Result<Item> {
          std::unique_lock lock(mutex);
          ++worked;
          moved.notify_all();
          // The others get so far and no further: each of them holds an item that is too early.
          if (chunk.chunk_index == 0) {
            moved.wait(lock, [&] { return worked == kWindow + kWorkers - 1; });
            worked_at_release = worked;
          }
          return item_of(chunk);
        };
      },
      [&](const Item& item) {
        const std::scoped_lock lock(mutex);
        if (worked > item.chunk_index + kWindow + 2 * kWorkers) consumer.in_order = false;
        return consumer(item);
      });
  CHECK_FALSE(end.fault);
  CHECK(worked_at_release == kWindow + kWorkers - 1);
  CHECK(consumer.taken == 200);
  CHECK(consumer.in_order);
}

TEST_CASE("a worker's error ends the pass, and what came before it in order is all that was taken") {
  const unsigned workers = GENERATE(1U, 4U);
  const uint64_t bad = GENERATE(uint64_t{0}, uint64_t{17}, uint64_t{299});
  Input input(300);
  NoPieces pieces;
  Consumer consumer;
  const PassEnd end = pass_in_order<Item>(
      input.front(), pieces, workers, {},
      [&]() -> Work {
        return [&](csv::Chunk& chunk) -> Result<Item> {
          if (chunk.chunk_index == bad) return Error{ErrorKind::cannot_write, "the disk is full"};
          return item_of(chunk);
        };
      },
      [&](const Item& item) { return consumer(item); });
  REQUIRE(end.fault);
  CHECK(end.fault->kind == ErrorKind::cannot_write);
  CHECK(consumer.taken <= bad);
  CHECK(consumer.in_order);
}

TEST_CASE("an error of the consumer ends the pass at once") {
  const unsigned workers = GENERATE(1U, 4U);
  Input input(300);
  NoPieces pieces;
  uint64_t taken = 0;
  const PassEnd end = pass_in_order<Item>(
      input.front(), pieces, workers, {},
      [&]() -> Work { return [](csv::Chunk& chunk) -> Result<Item> { return item_of(chunk); }; },
      [&](const Item&) -> Result<void> {
        if (++taken == 11) return Error{ErrorKind::cannot_write, "the disk is full"};
        return {};
      });
  REQUIRE(end.fault);
  CHECK(end.fault->message == "the disk is full");
  CHECK(taken == 11);
}

TEST_CASE("the first of many errors is the one that is told") {
  FirstError error;
  CHECK_FALSE(error.get());
  error.set({ErrorKind::cannot_write, "first"});
  error.set({ErrorKind::input_data, "second"});
  REQUIRE(error.get());
  CHECK(error.get()->message == "first");
}

TEST_CASE("an input that cannot be read to its end gives every chunk before that") {
  Input input(50, "\"never closed\n1\n2\n");
  NoPieces pieces;
  Consumer consumer;
  const PassEnd end = pass_in_order<Item>(
      input.front(), pieces, 3, {},
      [&]() -> Work { return [](csv::Chunk& chunk) -> Result<Item> { return item_of(chunk); }; },
      [&](const Item& item) { return consumer(item); });
  CHECK_FALSE(end.fault);
  REQUIRE(end.input);
  CHECK(end.input->kind == ErrorKind::input_data);
  CHECK(consumer.taken == 50);
  CHECK(consumer.in_order);
}

TEST_CASE("a stop ends the pass without an error, and whole chunks from the front were taken") {
  Input input(5000);
  NoPieces pieces;
  Consumer consumer;
  std::stop_source stop;
  const PassEnd end = pass_in_order<Item>(
      input.front(), pieces, 2, stop.get_token(),
      [&]() -> Work { return [](csv::Chunk& chunk) -> Result<Item> { return item_of(chunk); }; },
      [&](const Item& item) {
        if (item.chunk_index == 5) stop.request_stop();
        return consumer(item);
      });
  CHECK_FALSE(end.fault);
  CHECK_FALSE(end.input);
  CHECK(consumer.taken > 5);
  CHECK(consumer.in_order);
}

TEST_CASE("an input without records passes nothing") {
  Input input(0);
  NoPieces pieces;
  Consumer consumer;
  const PassEnd end = pass_in_order<Item>(
      input.front(), pieces, 2, {},
      [&]() -> Work { return [](csv::Chunk& chunk) -> Result<Item> { return item_of(chunk); }; },
      [&](const Item& item) { return consumer(item); });
  CHECK_FALSE(end.fault);
  CHECK_FALSE(end.input);
  CHECK(consumer.taken == 0);
}

}  // namespace bulkwrite::run
