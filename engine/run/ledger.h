// The ledger: what was intended and what came of it, in SQLite, so that a crash at any instruction leaves the truth
// behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/dispatcher.h"
#include "engine/base/result.h"
#include "engine/run/reread.h"

namespace bulkwrite::run {

class Database;

// Where a chunk stands. Up to `uploaded` nothing is at the service but a file that nobody uses.
enum class ChunkState {
  empty,      // no record of it was accepted: there is nothing to send
  packed,     // ready to go
  uploaded,   // its archive is at the service
  creating,   // the request to create its job may have left: until an outcome is known it is uncertain
  created,    // its job has an id
  not_sent,   // we stopped before its job was created
  refused,    // the service refused its upload or its job: there is no job
  uncertain,  // whether its job exists is not known
  in_flight,  // its job had not ended when we stopped
  unfetched,  // its job ended, but its results could not be downloaded
  failed,     // its job FAILED
  finished,   // its results lie in the run directory
  abandoned,  // uncertain, and given up by the user
};
std::string_view state_name(ChunkState state);

// What is left to do for a chunk when a run goes on: a pure function of what the ledger knows of it.
enum class NextStep {
  nothing,
  submit,   // send it: its job surely does not exist, or a second one does no harm
  track,    // its job exists: wait for its end, fetch its results
  hear_of,  // uncertain, and not to be sent again: a callback may still name its job
};
NextStep next_step(ChunkState state, bool resend_is_safe);

struct ChunkRow {
  ChunkRanges ranges;
  uint64_t records = 0, sent = 0;
  uint64_t csv_bytes = 0, zip_bytes = 0;
  uint32_t crc_member = 0;
  ChunkState state = ChunkState::packed;
  std::string job_id;
  api::JobCounts counts;
  std::string why;             // for people, where the state needs a reason
  bool resent = false;         // its job was created more than once, or may have been
  uint64_t creates = 0;        // requests to create its job that may have left
  bool maybe_created = false;  // of one of them we do not know the end
};

// What a run is bound to. It goes on only with the same input, into the same target.
struct RunFacts {
  std::string module, operation, find_by, org, target;
  std::string job;     // what each job is asked to do: operation, mapping, formats (contract 3.1)
  std::string cut;     // what makes the chunks (run_options.h)
  std::string header;  // of the input
  char delimiter = ',';
  std::vector<source::FileIdentity> files;  // of the input, in its order; a pipe has a path only
  std::string options;                      // JSON: the call, for resume (run_options.h)
};

// Says what has changed of the second against the first; empty where they are one.
std::string difference(const RunFacts& run, const RunFacts& now);

// Every change is committed and synced before its call returns. Calls from any thread. Failures are cannot_write, and
// input_data for a ledger that is damaged or none; of open() also configuration, for one of a newer program. A ledger
// that cannot be opened stays as it is.
class Ledger final : public api::Journal {
 public:
  // `path` must not exist yet. It does once the ledger is complete; until then it is "<path>.part". ":memory:" is a
  // ledger that lives as long as this object.
  static Result<std::unique_ptr<Ledger>> create(const std::filesystem::path& path, const RunFacts& facts);
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& path);
  // To look at it only, perhaps while a run goes on, or where nothing can be written.
  static Result<std::unique_ptr<Ledger>> look_at(const std::filesystem::path& path);
  ~Ledger() override;

  Result<RunFacts> facts();
  Result<std::vector<SourceInfo>> sources();
  // Behind the last chunk that the ledger knows.
  Result<InputPosition> input_position();
  // The whole input has been cut. Before that, the chunks are not all of it.
  Result<void> end_input(uint64_t blank_lines);
  Result<std::optional<uint64_t>> ended_with_blank_lines();

  struct Totals {
    uint64_t chunks = 0, records = 0, rejected = 0, blank_lines = 0, bytes = 0;
  };
  Result<Totals> totals();
  // chunk_index and state of all chunks, in order.
  Result<std::vector<std::pair<uint64_t, ChunkState>>> states();

  Result<void> add_source(uint32_t ordinal, const SourceInfo& source);
  Result<void> add_chunk(const ChunkRow& row);
  // Of a chunk that is packed once more: what will be sent now.
  Result<void> repack(const ChunkRow& row);
  Result<std::optional<ChunkRow>> chunk(uint64_t chunk_index);
  // The end of a chunk's submission.
  Result<void> settle(uint64_t chunk_index, ChunkState state, std::string_view job_id, const api::JobCounts& counts,
                      std::string_view why, bool resent);
  // Sets a settled chunk back, so that it may go on from `state`; or forward, as the user decides.
  Result<void> set_state(uint64_t chunk_index, ChunkState state, std::string_view job_id, std::string_view why);
  // The callback's URL of a chunk holds a token of this hash. A chunk may have several.
  Result<void> add_callback(uint64_t chunk_index, std::string_view token_hash);
  Result<std::optional<uint64_t>> chunk_of_callback(std::string_view token_hash);
  // What is still open when nothing runs any more becomes not_sent, uncertain or in_flight by how far it came.
  Result<void> settle_open();

  // api::Journal
  Result<void> uploaded(uint64_t chunk, std::string_view file_id) override;
  Result<void> creating(uint64_t chunk) override;
  Result<void> created(uint64_t chunk, std::string_view job_id) override;
  Result<void> not_created(uint64_t chunk, std::string_view why) override;
  Result<void> create_uncertain(uint64_t chunk, std::string_view why) override;
  Result<void> job_ended(uint64_t chunk, std::string_view status, const api::JobCounts& counts) override;

 private:
  explicit Ledger(std::unique_ptr<Database> database);
  static Result<std::unique_ptr<Ledger>> make(const std::filesystem::path& path, const RunFacts& facts);
  static Result<std::unique_ptr<Ledger>> open_existing(const std::filesystem::path& path, int flags);
  static Result<std::unique_ptr<Ledger>> open_as(const std::string& name, const std::filesystem::path& path, int flags);
  Result<void> write_facts(const RunFacts& facts);
  std::unique_ptr<Database> database_;
};

bool is_settled(ChunkState state);

}  // namespace bulkwrite::run
