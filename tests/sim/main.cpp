// bulkwrite-sim: loads by the thousand against a service and a network that fail in every way that has a name, in
// virtual time, each from one seed.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/base/deliberate_bug.h"
#include "tests/sim/violation.h"
#include "tests/sim/world.h"

namespace {

using sim::Seed;
using sim::Tally;
using sim::Violation;

constexpr const char* kUsage =
    "usage: bulkwrite-sim [--seeds N] [--first SEED] [--threads N] [--bug NAME]\n"
    "       bulkwrite-sim --seed SEED [--trace] [--bug NAME]\n"
    "Exit codes: 0 every seed kept the promise and every fault has happened (with --bug: a seed found the bug), 1 "
    "not,\n"
    "64 wrong call. --bug works in bulkwrite-sim-with-bugs.\n";
constexpr size_t kEventsTold = 60;

struct Options {
  uint64_t seeds = 1'000, first = 1;
  std::optional<uint64_t> seed;
  unsigned threads = 2;
  bool trace = false;
  std::string bug;
};

bool read_number(std::string_view text, uint64_t& number) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc() && end == text.data() + text.size();
}

std::optional<Options> read_options(const std::vector<std::string_view>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--trace") {
      options.trace = true;
      continue;
    }
    if (++i == arguments.size()) return std::nullopt;
    uint64_t number = 0;
    if (name == "--bug") {
      options.bug = arguments[i];
      continue;
    }
    if (!read_number(arguments[i], number)) return std::nullopt;
    if (name == "--seeds")
      options.seeds = number;
    else if (name == "--first")
      options.first = number;
    else if (name == "--seed")
      options.seed = number;
    else if (name == "--threads" && number > 0 && number <= 64)
      options.threads = static_cast<unsigned>(number);
    else
      return std::nullopt;
  }
  return options;
}

bool make_bug(const std::string& name) {
#ifdef BULKWRITE_DELIBERATE_BUGS
  const auto bug = bulkwrite::deliberate_bug_named(name);
  if (bug) bulkwrite::deliberate_bug_made = *bug;
  return bug.has_value();
#else
  return name.empty();
#endif
}

// What is broken, if anything is; prints the last events.
std::optional<std::string> broken(uint64_t number, size_t events_told, Tally& tally) {
  Seed seed(number, events_told > 0);
  std::optional<std::string> why;
  try {
    tally = seed.run();
  } catch (const Violation& violation) {
    why = violation.what();
  }
  seed.trace().print(events_told);
  return why;
}

// The seeds from first on, on several threads, until one is broken.
class Runner {
 public:
  explicit Runner(const Options& options) : options_(options), next_(options.first) {}

  void run() {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options_.threads; ++i) threads.emplace_back([this] { work(); });
  }

  Tally tally;
  std::optional<uint64_t> broken_seed;
  std::string why;

 private:
  void work() {
    const uint64_t end = options_.first + options_.seeds;
    for (uint64_t seed = next_++; seed < end && !stop_; seed = next_++) {
      Tally one;
      const auto violation = broken(seed, 0, one);
      const std::scoped_lock lock(mutex_);
      tally.add(one);
      if (!violation) continue;
      stop_ = true;
      if (broken_seed && *broken_seed < seed) continue;
      broken_seed = seed;
      why = *violation;
    }
  }

  const Options& options_;
  std::atomic<uint64_t> next_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
};

void print_tally(const Tally& tally) {
  fmt::print("faults, and how often each has happened:\n");
  for (size_t i = 0; i < sim::kFaults; ++i)
    fmt::print("  {:<30}{:>9}\n", sim::fault_name(static_cast<sim::Fault>(i)), tally.faults[i]);
  fmt::print("{} seeds, {} sessions, {} crashes, {} jobs, {} records, {} chunks resolved; lost 0, doubled 0\n",
             tally.seeds, tally.sessions, tally.crashes, tally.jobs, tally.records, tally.resolved);
}

int run_one(const Options& options) {
  Tally tally;
  const auto why = broken(*options.seed, options.trace ? SIZE_MAX : 0, tally);
  if (why)
    fmt::print("seed {}: {}\n", *options.seed, *why);
  else
    fmt::print("seed {}: kept\n", *options.seed);
  return why.has_value() == options.bug.empty() ? 1 : 0;
}

int run_many(const Options& options, std::string_view program) {
  Runner runner(options);
  runner.run();
  if (!options.bug.empty()) {
    if (runner.broken_seed)
      fmt::print("{}: found by seed {}: {}\n", options.bug, *runner.broken_seed, runner.why);
    else
      fmt::print("{}: NOT found by {} seeds\n", options.bug, options.seeds);
    return runner.broken_seed ? 0 : 1;
  }
  if (runner.broken_seed) {
    Tally ignored;
    (void)broken(*runner.broken_seed, kEventsTold, ignored);
    fmt::print("seed {}: {}\nonce more: {} --seed {} --trace\n", *runner.broken_seed, runner.why, program,
               *runner.broken_seed);
    return 1;
  }
  print_tally(runner.tally);
  for (size_t i = 0; i < sim::kFaults; ++i) {
    if (runner.tally.faults[i] > 0) continue;
    fmt::print("{} has never happened: more seeds\n", sim::fault_name(static_cast<sim::Fault>(i)));
    return 1;
  }
  return 0;
}

}  // namespace

int main(int count, char** values) {
  const auto options = read_options({values + 1, values + count});
  if (!options || !make_bug(options->bug)) {
    fmt::print(stderr, "{}", kUsage);
    return 64;
  }
  return options->seed ? run_one(*options) : run_many(*options, values[0]);
}
