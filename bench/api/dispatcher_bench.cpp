// What it costs to track many jobs: the dispatcher's own work, in virtual time.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/api/dispatcher.h"

namespace {

using namespace bulkwrite;
using namespace bulkwrite::api;

constexpr Milliseconds kJobTakes = std::chrono::minutes(10);

// Jobs that all end at the same time. Replies are there at once; waiting for nothing moves the clock.
class Jobs final : public Transport {
 public:
  explicit Jobs(ManualClock& clock) : clock_(clock), end_(clock.now() + kJobTakes) {}

  void start(uint64_t id, Request request) override {
    replies_.push_back({id, {.delivery = Delivery::complete, .status = 200, .body = answer(request.url)}});
  }
  std::vector<Completion> wait(Milliseconds at_most) override {
    if (replies_.empty()) clock_.advance(at_most);
    exchanges_ += replies_.size();
    return std::exchange(replies_, {});
  }
  void wake() override {}

  uint64_t exchanges() const { return exchanges_; }

 private:
  std::string answer(std::string_view url) const {
    if (url.ends_with(".zip")) return "PK\x03\x04";
    const std::string_view job = url.substr(url.rfind('/') + 1);
    const bool has_ended = clock_.now() >= end_;
    return fmt::format(
        R"({{"status":"{0}","resource":[{{"status":"{0}","type":"data","code":"SUCCESS","file":{{"status":"{0}",)"
        R"("name":"leads.csv","added_count":25000,"skipped_count":0,"updated_count":0,"total_count":25000}}}}],)"
        R"("id":"{1}","operation":"insert","result":{{"download_url":"/v8/crm/org1/bulk-write/{1}/{1}.zip"}}}})",
        has_ended ? "COMPLETED" : "IN PROGRESS", job);
  }

  ManualClock& clock_;
  const Instant end_;
  std::vector<Completion> replies_;
  uint64_t exchanges_ = 0;
};

class NoJournal final : public Journal {
 public:
  Result<void> uploaded(uint64_t, std::string_view) override { return {}; }
  Result<void> creating(uint64_t) override { return {}; }
  Result<void> created(uint64_t, std::string_view) override { return {}; }
  Result<void> not_created(uint64_t, std::string_view) override { return {}; }
  Result<void> create_uncertain(uint64_t, std::string_view) override { return {}; }
  Result<void> job_ended(uint64_t, std::string_view, const JobCounts&) override { return {}; }
};

void track_jobs(benchmark::State& state) {
  const auto jobs = static_cast<unsigned>(state.range(0));
  uint64_t exchanges = 0;
  for (auto _ : state) {
    ManualClock clock;
    Jobs transport(clock);
    NoJournal journal;
    Session session(transport, clock, {"http://service", "http://service", "http://service", "1"},
                    {.access_token = "none"}, 1);
    Dispatcher dispatcher(transport, clock, journal, session, {.jobs_in_flight_max = jobs});
    for (unsigned job = 0; job < jobs; ++job)
      dispatcher.track({.chunk_index = job, .records = 25'000}, fmt::format("5725767000000{:06}", job));
    size_t ended = 0;
    while (dispatcher.unfinished() > 0) {
      if (!dispatcher.step(std::chrono::minutes(1))) throw std::runtime_error("a step failed");
      ended += dispatcher.take_outcomes().size();
    }
    if (ended != jobs) throw std::runtime_error("a job has not ended");
    exchanges += transport.exchanges();
  }
  state.SetItemsProcessed(static_cast<int64_t>(exchanges));
  state.counters["exchanges_a_job"] =
      static_cast<double>(exchanges) / static_cast<double>(state.iterations()) / static_cast<double>(jobs);
}
BENCHMARK(track_jobs)->Arg(10)->Arg(100)->Arg(1'000)->Unit(benchmark::kMillisecond);

}  // namespace
