// The runs under a folder, and how each stands.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/run/ledger.h"
#include "engine/run/summary.h"

namespace bulkwrite::run {

// How far a run is. `finished` means that nothing is left to do for us; uncertain chunks may be left to the user.
struct RunStatus {
  std::filesystem::path path;
  RunFacts facts;
  bool input_ended = false;
  bool finished = false;
  std::map<ChunkState, uint64_t> chunks, records;  // by state
  std::vector<ChunkRow> uncertain;
  std::vector<SourceInfo> sources;
  std::optional<Summary> summary;  // of its last session, where that came to an end
};

// Looks only, also while the run goes on. Errors: no_input where there is no run, or as of Ledger::look_at.
Result<RunStatus> status_of(const std::filesystem::path& run_dir);

// The profile that a run was begun with; empty where it had none, or there is no run that can be read.
std::string profile_of_run(const std::filesystem::path& run_dir);

// One line of JSON, as docs/status.schema.json describes it.
std::string to_json(const RunStatus& status);

// The folders below `runs_root` that hold a ledger, by name.
std::vector<std::filesystem::path> runs_under(const std::filesystem::path& runs_root);

// The newest run that is bound to the same input, target, operation and mapping. What can be read of none, and a run of
// the same files that is not finished while these have changed, is told.
std::optional<RunStatus> find_run(const std::filesystem::path& runs_root, const RunFacts& facts,
                                  const std::function<void(const std::string&)>& tell);

// Whether an operation may be sent twice without harm (contract 10.2).
bool is_safe_to_resend(const RunFacts& facts);

// What the user knows of an uncertain chunk.
struct Resolution {
  enum class Kind {
    job,       // it exists, and this is its id: the next resume tracks it
    resubmit,  // it does not exist: the next resume sends the chunk again
    abandon,   // whatever it is, leave it: its records count as not sent, and no run sends them
  } kind = Kind::abandon;
  std::string job_id;
};
// For people: what the resolution will do. Errors: usage where the chunk is not uncertain.
Result<std::string> explain(const std::filesystem::path& run_dir, uint64_t chunk_index, const Resolution& resolution);
Result<void> resolve(const std::filesystem::path& run_dir, uint64_t chunk_index, const Resolution& resolution);
// The same, in a ledger that is at hand.
Result<void> resolve(Ledger& ledger, uint64_t chunk_index, const Resolution& resolution);

}  // namespace bulkwrite::run
