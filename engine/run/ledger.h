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

// Where a chunk stands. Up to `uploaded` nothing is at the service but a file that nobody uses.
enum class ChunkState {
  empty,      // no record of it was accepted: there is nothing to send
  packed,     // ready to go
  uploaded,   // its archive is at the service
  creating,   // the request to create its job may have left: until an outcome is known it is uncertain
  created,    // its job has an id
  not_sent,   // we stopped before its job was created
  refused,    // the service refused its upload or its job for good
  uncertain,  // whether its job exists is not known
  in_flight,  // its job had not ended when we stopped
  unfetched,  // its job ended, but its results could not be downloaded
  failed,     // its job FAILED
  finished,   // its results lie in the run directory
};
std::string_view state_name(ChunkState state);

struct ChunkRow {
  ChunkRanges ranges;
  uint64_t records = 0, sent = 0;
  uint64_t csv_bytes = 0, zip_bytes = 0;
  uint32_t crc_member = 0;
  ChunkState state = ChunkState::packed;
  std::string job_id;
  api::JobCounts counts;
  std::string why;  // for people, where the state needs a reason
  bool resent = false;
};

struct RunFacts {
  std::string module, operation, find_by, org, target;
  std::string header;  // of the input
  char delimiter = ',';
};

// Every change is committed and synced before its call returns. Calls from any thread. Failures are cannot_write, or
// unexpected for a ledger that is not one.
class Ledger final : public api::Journal {
 public:
  // `path` must not exist yet.
  static Result<std::unique_ptr<Ledger>> create(const std::filesystem::path& path, const RunFacts& facts);
  ~Ledger() override;

  Result<void> add_source(uint32_t ordinal, const SourceInfo& source);
  Result<void> add_chunk(const ChunkRow& row);
  Result<std::optional<ChunkRow>> chunk(uint64_t chunk_index);
  // The end of a chunk's submission.
  Result<void> settle(uint64_t chunk_index, ChunkState state, std::string_view job_id, const api::JobCounts& counts,
                      std::string_view why, bool resent);
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
  class Connection;
  explicit Ledger(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

bool is_settled(ChunkState state);

}  // namespace bulkwrite::run
