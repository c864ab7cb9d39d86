// Plain counters that the stages bump and a display reads whenever it likes. They steer nothing.
#pragma once

#include <atomic>
#include <cstdint>

namespace bulkwrite::run {

struct Progress {
  std::atomic<uint64_t> bytes_total{0};           // of the files as they lie on disk; 0: not known
  std::atomic<uint64_t> bytes_passed{0};          // of those
  std::atomic<uint64_t> bytes_looked_through{0};  // of those, before anything is sent (survey.h)
  std::atomic<uint64_t> bytes_read{0};            // of the CSV
  std::atomic<uint64_t> records_read{0};
  std::atomic<uint64_t> rejected{0}, left_out{0};  // the latter are of the former
  std::atomic<uint64_t> chunks_cut{0}, chunks_packed{0}, chunks_created{0}, chunks_reconciled{0};
  std::atomic<uint64_t> uploading{0}, jobs_running{0}, fetching{0};
  std::atomic<uint64_t> added{0}, updated{0}, present{0}, skipped{0}, failed{0};
  std::atomic<bool> input_ended{false};
};

}  // namespace bulkwrite::run
