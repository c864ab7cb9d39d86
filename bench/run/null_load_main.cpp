// bench-null-load FILE SCHEMA RESULTS_DIR RUN_DIR WORKERS LEVEL: loads FILE into the null transport and prints one
// line of JSON. RUN_DIR must be new. The first call for a file fills RESULTS_DIR and is not to be measured.
#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <span>
#include <stdexcept>
#include <string_view>

#include "bench/run/null_load.h"

namespace {

bulkwrite::run::Packing packing_of(std::string_view level) {
  using bulkwrite::run::Packing;
  if (level == "none") return Packing::none;
  if (level == "fast") return Packing::fast;
  if (level == "small") return Packing::small;
  if (level == "auto") return Packing::automatic;
  throw std::runtime_error("a level is none, fast, small or auto");
}

int report(std::span<char*> arguments) {
  using Clock = std::chrono::steady_clock;
  auto options = bench::null_load(arguments[0], arguments[1], arguments[2], arguments[3]);
  options.workers = static_cast<unsigned>(std::strtoul(arguments[4], nullptr, 10));
  options.packing = packing_of(arguments[5]);
  const auto begun = Clock::now();
  const double cpu_before = bench::cpu_seconds();
  const auto summary = bench::load_all(options);
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const double cpu = bench::cpu_seconds() - cpu_before;
  fmt::print("{{\"seconds\":{:.6f},\"cpu_seconds\":{:.6f},\"records\":{},\"cpu_ns_per_record\":{:.1f}}}\n", seconds,
             cpu, summary.records_read, 1e9 * cpu / static_cast<double>(summary.records_read));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, 512 * 1024);  // as the program does
  if (argc != 7) {
    fmt::print(stderr, "usage: {} FILE SCHEMA RESULTS_DIR RUN_DIR WORKERS LEVEL\n", argv[0]);
    return 64;
  }
  try {
    return report(std::span(argv + 1, 6));
  } catch (const std::exception& failure) {
    fmt::print(stderr, "bench-null-load: {}\n", failure.what());
    return 1;
  }
}
