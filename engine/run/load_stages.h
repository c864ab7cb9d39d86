// The stages of a load and the queues between them: front, workers, network, and the caller as collector.
#pragma once

#include <deque>
#include <mutex>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "engine/api/dispatcher.h"
#include "engine/run/brake.h"
#include "engine/run/front.h"
#include "engine/run/in_order.h"
#include "engine/run/known_rejects.h"
#include "engine/run/ledger.h"
#include "engine/run/load.h"
#include "engine/run/load_plan.h"
#include "engine/run/outcome.h"
#include "engine/run/prepare.h"
#include "engine/run/reconcile.h"
#include "engine/run/remainder.h"
#include "engine/run/run_directory.h"
#include "engine/run/turns.h"

namespace bulkwrite::run {

constexpr size_t kArchivesWaitingMax = 1;  // packed, not yet taken by the network
constexpr size_t kOutcomesWaitingMax = 2;
constexpr size_t kCallbacksWaitingMax = 10'000;  // further ones are let go: polling finds what they told

// One load, run once. What it refers to must outlive it.
class LoadLine {
 public:
  LoadLine(Front& front, const LoadPlan& plan, Ledger& ledger, const Spool& spool, const RunDirectory& directory,
           api::Dispatcher& dispatcher, api::Transport& transport, Reconciler& reconciler, const LoadOptions& options,
           Progress& progress, Remainder remainder, const Tell& tell);

  // Returns when every chunk that was cut is settled in the ledger and reconciled, with the errors that ended it early.
  std::vector<Error> run(std::stop_token stop);
  // Once run() has returned: marks in the summary what ended it early of its own accord.
  void mark_end(Summary& summary) const;

  // Of the records that this session has packed.
  UnknownChoices unknown_choices() const { return unknown_choices_.get(); }

  // The service has called back. Any thread, while run() goes on.
  void on_callback(std::string_view token, std::string_view job_id);

 private:
  void run_front(std::stop_token stop);
  void run_worker();
  void run_network(std::stop_token stop);
  void collect();

  Demand demand() const;
  Result<std::optional<api::Work>> prepare(csv::Chunk& chunk, Preparer& preparer);
  Result<void> cut_again();
  Result<void> note_sources(const csv::Chunk& chunk);
  void let_go();
  void hand_on_verdicts();
  void look_at_limits();
  void halt(api::Dispatcher::Creating why);
  void feed_dispatcher();
  void feed_remainder();
  Result<void> hand_on_callbacks();
  void turn_away_archives();
  void close_input();  // nothing more is sent; what runs goes on to its end

  void hand_on_outcomes();
  void show_gauges();
  Result<void> keep(const api::Outcome& outcome);
  Result<void> reconcile_settled();
  void fail(Error error);  // first error wins; everything ends

  Front& front_;
  const LoadPlan& plan_;
  Ledger& ledger_;
  const Spool& spool_;
  const RunDirectory& directory_;
  api::Dispatcher& dispatcher_;
  api::Transport& transport_;
  Reconciler& reconciler_;
  const LoadOptions& options_;
  Progress& progress_;
  const std::string archive_name_;

  BoundedQueue<csv::Chunk> cut_{kChunksWaitingMax};
  BoundedQueue<csv::Chunk> used_;
  BoundedQueue<api::Work> packed_{kArchivesWaitingMax};
  // An outcome, or nothing for a chunk without anything to send.
  BoundedQueue<std::optional<api::Outcome>> ended_{kOutcomesWaitingMax};
  std::stop_source stop_input_;      // ends the front
  std::atomic<bool> broken_{false};  // a fault: everything ends
  std::atomic<bool> closed_{false};  // nothing more is sent
  std::atomic<bool> network_has_room_{true};
  std::atomic<bool> letting_go_{false};  // asked to stop: what runs is let go of
  std::atomic<bool> deadline_reached_{false};
  std::atomic<bool> brake_is_on_{false};          // more records were not taken than may be
  std::atomic<bool> halted_{false};               // no more jobs are created, and some would have been
  bool credits_kept_ = false, thwarted_ = false;  // why; the network's
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();

  const Remainder remainder_;
  Turns turns_;       // of chunks, to the ledger
  NotUtf8Hint hint_;  // of the worker whose turn it is
  KnownRejects rejects_;
  ArchiveMemory archive_memory_;
  std::unordered_map<uint64_t, const ChunkRow*> to_send_again_;  // of the remainder, by chunk_index
  std::deque<const Remainder::Step*> to_track_;

  struct Callback {
    uint64_t chunk_index;
    std::string job_id, url;
  };
  std::mutex callbacks_mutex_;
  std::vector<Callback> callbacks_;
  Brake brake_;  // the collector's
  struct Ended {
    uint64_t chunk_index;
    api::FirstVerdicts verdicts;
  };
  std::mutex verdicts_mutex_;
  std::vector<Ended> verdicts_;  // that the network has not heard of yet
  FirstError fault_, input_fault_;
  SharedUnknownChoices unknown_choices_;
  uint64_t next_to_reconcile_ = 0;
};

}  // namespace bulkwrite::run
