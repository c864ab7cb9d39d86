#include "engine/run/options.h"

#include <catch2/catch.hpp>

namespace bulkwrite::run {
namespace {

InputOptions usual() {
  InputOptions options;
  options.files = {"leads.csv"};
  return options;
}

void refused(const InputOptions& options, const std::string& named) {
  const auto ok = validate(options);
  REQUIRE_FALSE(ok);
  CHECK(ok.error().kind == ErrorKind::usage);
  CHECK_THAT(ok.error().message, Catch::Contains(named));
}

}  // namespace

TEST_CASE("options as they come are valid once a file is named") {
  CHECK(validate(usual()));
  refused(InputOptions{}, "no input");
}

TEST_CASE("the caps of a chunk go from 1 to what the service takes") {
  InputOptions options = usual();
  for (const uint64_t records : {uint64_t{1}, uint64_t{25'000}}) {
    options.records_max = records;
    CHECK(validate(options));
  }
  for (const uint64_t records : {uint64_t{0}, uint64_t{25'001}}) {
    options.records_max = records;
    refused(options, "--records");
  }
  options = usual();
  for (const uint64_t bytes : {uint64_t{1}, uint64_t{25'000'000}}) {
    options.bytes_max = bytes;
    CHECK(validate(options));
  }
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{25'000'001}}) {
    options.bytes_max = bytes;
    refused(options, "--bytes");
  }
}

TEST_CASE("a quoted field may stay open for a chunk at most") {
  InputOptions options = usual();
  options.record_bytes_max = 25'000'000;
  CHECK(validate(options));
  for (const uint64_t bytes : {uint64_t{0}, uint64_t{25'000'001}}) {
    options.record_bytes_max = bytes;
    refused(options, "--max-record-bytes");
  }
}

TEST_CASE("a delimiter is one of five") {
  InputOptions options = usual();
  for (const char delimiter : {',', ';', ':', '|', '\t'}) {
    options.delimiter = delimiter;
    CHECK(validate(options));
  }
  for (const char delimiter : {'"', '\n', 'a', ' ', '\0'}) {
    options.delimiter = delimiter;
    refused(options, "--delimiter");
  }
}

TEST_CASE("a kernel is one that the machine can run, the best one unless another is asked for") {
  InputOptions options = usual();
  CHECK(&kernel_of(options) == &csv::best_kernel());
  for (const csv::Kernel& kernel : csv::available_kernels()) {
    options.kernel = kernel.name;
    CHECK(validate(options));
    CHECK(&kernel_of(options) == &kernel);
  }
  for (const std::string none : {"", "abacus", "Scalar"}) {
    options.kernel = none;
    refused(options, "--kernel " + none + ": this machine can run ");
    refused(options, "scalar");
  }
}

TEST_CASE(
    "threads that scan ahead come with many workers, sooner where workers only look, and are as many as asked for") {
  const InputOptions options = usual();
  const auto scanners = [&](unsigned workers, WorkerTask task) {
    return *for_workers(options, workers, task).scanners;
  };
  for (const WorkerTask task : {WorkerTask::look, WorkerTask::deflate}) {
    CHECK(scanners(1, task) == 0);
    CHECK(scanners(64, task) > scanners(16, task));
  }
  CHECK(scanners(8, WorkerTask::deflate) == 0);
  CHECK(scanners(8, WorkerTask::look) == 4);
  CHECK(scanners(64, WorkerTask::deflate) == 11);
  CHECK(scanners(256, WorkerTask::look) == 64);
  InputOptions asked = options;
  asked.scanners = 3;
  CHECK(*for_workers(asked, 64, WorkerTask::look).scanners == 3);
  CHECK(task_of(Packing::none) == WorkerTask::look);
  CHECK(task_of(Packing::fast) == WorkerTask::deflate);
}

TEST_CASE("there is always a worker, and as many as asked for") {
  CHECK(worker_count(0) >= 1);
  CHECK(worker_count(1) == 1);
  CHECK(worker_count(7) == 7);
}

}  // namespace bulkwrite::run
