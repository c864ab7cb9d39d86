// One session of the loader, as run::load and run::resume make it, on one thread and in virtual time. Only the files
// and the threads are others; what decides is the engine's own.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/dispatcher.h"
#include "engine/api/session.h"
#include "engine/run/brake.h"
#include "engine/run/fate.h"
#include "engine/run/join.h"
#include "engine/run/prepare.h"
#include "engine/run/remainder.h"
#include "engine/run/summary.h"
#include "tests/sim/world.h"

namespace sim {

// What the run's files say of a record in the end.
struct RecordReport {
  bulkwrite::run::Fate fate;
  std::string record_id;
};
struct ChunkReport {
  bulkwrite::run::ChunkRow row;
  std::vector<RecordReport> records;
};
struct Report {
  std::vector<ChunkReport> chunks;
  bulkwrite::run::Summary summary;
  std::optional<bulkwrite::Error> error;
  bool was_stopped = false;
};

class LoaderSession {
 public:
  // `stop_after`: steps until a stop is asked for.
  LoaderSession(World& world, std::optional<uint64_t> stop_after);

  // Throws the Crash that ends it.
  Report run();

 private:
  std::optional<bulkwrite::Error> load();
  std::optional<bulkwrite::Error> turn();
  void ask_to_stop();
  void look_at_limits();
  void let_go();
  static bulkwrite::api::DispatcherOptions options_of(World& world);
  void feed();
  void feed_remainder();
  std::optional<bulkwrite::csv::Chunk> next_chunk();
  void prepare_next();
  void hand_on_callbacks();
  void keep_outcomes(size_t at_most);
  void account(Report& report);
  ChunkReport account(const bulkwrite::run::ChunkRow& row);

  World& world_;
  bulkwrite::run::Ledger& ledger_;
  const bulkwrite::api::DispatcherOptions options_;
  bulkwrite::api::Session session_;
  bulkwrite::api::Dispatcher dispatcher_;
  bulkwrite::run::Preparer preparer_;
  std::optional<uint64_t> stop_after_;

  bulkwrite::run::Remainder remainder_;
  std::deque<const bulkwrite::run::Remainder::Step*> to_send_again_, to_track_;
  std::map<uint64_t, const bulkwrite::run::ChunkRow*> before_;
  uint64_t next_to_cut_ = 0;
  bool input_closed_ = false, letting_go_ = false, halted_ = false;
  bulkwrite::run::Brake brake_;
  std::optional<bulkwrite::api::Work> packed_;
  std::deque<bulkwrite::api::Outcome> ended_;
  std::optional<bulkwrite::Error> input_fault_;
};

}  // namespace sim
