// Whole calls, over a file of the corpus. bench/compare measures them as processes and over more bytes.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "bench/corpus.h"
#include "bench/run/null_load.h"
#include "engine/base/file.h"
#include "engine/run/check.h"
#include "engine/run/module_texts.h"
#include "engine/run/pack.h"
#include "tools/bulkwrite/sandbox_child.h"
#include "tools/bulkwrite/target.h"

namespace {

using namespace bulkwrite;

const std::filesystem::path kSchema = BULKWRITE_SOURCE_DIR "/data/leads.schema.json";

// In memory where there is such a file system, since disks differ more than programs do.
class Place {
 public:
  Place() : path_(std::filesystem::path(root()) / fmt::format("bulkwrite-bench-{}", getpid())) {
    std::filesystem::create_directories(path_ / "results");
    if (auto ok = write_file(input(), bench::leads_export()); !ok) throw std::runtime_error(ok.error().message);
  }
  ~Place() { std::filesystem::remove_all(path_); }

  std::filesystem::path input() const { return path_ / "leads.csv"; }
  std::filesystem::path results() const { return path_ / "results"; }
  std::filesystem::path database() const { return path_ / "crm.db"; }
  std::filesystem::path out() const { return path_ / "out"; }
  void clear_out() const { std::filesystem::remove_all(out()); }

 private:
  static const char* root() { return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; }
  const std::filesystem::path path_;
};

const Place& place() {
  static const Place place;
  return place;
}

// Runs the call again and again, each time with an empty place for its output.
template <typename Call>
void measure(benchmark::State& state, const Call& call) {
  double cpu = 0;
  uint64_t records = 0;
  for (auto _ : state) {
    state.PauseTiming();
    place().clear_out();
    state.ResumeTiming();
    const double before = bench::cpu_seconds();
    records += call().records_read;
    cpu += bench::cpu_seconds() - before;
  }
  place().clear_out();
  state.counters["cpu_ns_per_record"] = 1e9 * cpu / static_cast<double>(records);
  state.counters["records"] = static_cast<double>(records) / static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bench::leads_export().size()));
}

const auto kSilent = [](const std::string&) {};

void check(benchmark::State& state) {
  measure(state, [] {
    run::CheckOptions options{.module = run::read_module(kSchema).value(), .profile = false};
    options.input.files = {place().input()};
    run::Progress progress;
    return run::check(options, progress, {}, kSilent, [](const run::Reject&, const std::string&) {}).value().summary;
  });
}
BENCHMARK(check)->UseRealTime()->Unit(benchmark::kMillisecond);

void pack(benchmark::State& state, run::Packing packing) {
  measure(state, [&] {
    run::PackOptions options{.directory = place().out(), .packing = packing};
    options.input.files = {place().input()};
    run::Progress progress;
    return run::pack(options, progress, {}, kSilent).value();
  });
}
BENCHMARK_CAPTURE(pack, fast, run::Packing::fast)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pack, small, run::Packing::small)->UseRealTime()->Unit(benchmark::kMillisecond);

void load_null(benchmark::State& state, run::Packing packing) {
  auto options = bench::null_load(place().input(), kSchema, place().results(), place().out());
  options.packing = packing;
  place().clear_out();
  bench::load_all(options);  // makes the results
  measure(state, [&] { return bench::load_all(options); });
}
BENCHMARK_CAPTURE(load_null, fast, run::Packing::fast)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_null, small, run::Packing::small)->UseRealTime()->Unit(benchmark::kMillisecond);

// The sandbox writes every record into its database, which takes far longer than the load; cpu_ns_per_record is the
// engine's share.
void load_sandbox(benchmark::State& state) {
  run::LoadOptions options;
  std::unique_ptr<cli::SandboxChild> sandbox;
  const auto settings = run::Settings::read({}, [](const char*) -> const char* { return nullptr; });
  if (auto ok = cli::choose_target(place().database(), settings.value(), options, sandbox); !ok) {
    state.SkipWithError(ok.error().message.c_str());
    return;
  }
  options.input.files = {place().input()};
  options.module = "Leads";
  options.run_dir = place().out();
  measure(state, [&] {
    run::Progress progress;
    return run::load(options, progress, {}, kSilent).value();
  });
}
BENCHMARK(load_sandbox)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
