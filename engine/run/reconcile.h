// Ties what became of each chunk back to its records, and writes the result files of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/result.h"
#include "engine/run/fate.h"
#include "engine/run/join.h"
#include "engine/run/judge.h"
#include "engine/run/ledger.h"
#include "engine/run/reread.h"
#include "engine/run/set_aside.h"
#include "engine/run/summary.h"

namespace bulkwrite::run {

struct ReconcileOptions {
  std::filesystem::path run_dir;
  std::string header_bytes;             // the input's own, for failed.csv and rejected.csv
  std::vector<std::string> names;       // of the columns
  std::vector<std::string> sent_names;  // by which the service calls them
  std::vector<size_t> mapped_columns;   // in the order of the mapping; results echo the first three
  std::string present_field;            // insert with find_by: the field by which a record is there already; else empty
};

// Derives results.csv, failed.csv, failed-reasons.csv, rejected.csv and rejected-reasons.csv from the ledger's rows,
// the kept result archives and the sources. Nothing of it is kept in memory beyond one chunk. The files appear on
// commit(). One thread.
class Reconciler {
 public:
  static Result<Reconciler> create(ReconcileOptions options, Rereader rereader, const Front& front, Rules rules);

  // The next chunk, in chunk order, settled. `result` is its result archive where its state is `finished`. `rejected`:
  // which of its records may not be sent, by rejected_records, where that is known; else it is found out once more.
  // Errors: the source is no longer what was read (input_data), or a file cannot be written.
  Result<void> add(const ChunkRow& row, const std::filesystem::path& result,
                   std::optional<std::vector<uint32_t>> rejected = {});
  Result<void> commit();

  const Summary& counts() const { return counts_; }  // of the chunks added so far

 private:
  Reconciler(ReconcileOptions options, Rereader rereader, const Front& front, Rules rules);
  // A chunk that has been read again.
  struct Sent {
    const csv::Chunk& chunk;
    std::vector<uint32_t> rejected;
    Rules rules;
  };
  struct SourceName {
    std::string text, field;  // as it is, and as a field of a CSV
  };
  Result<void> add_chunk(const ChunkRow& row, const std::filesystem::path& result,
                         std::optional<std::vector<uint32_t>> rejected);
  Result<void> add_too_long(const ChunkRow& row);
  Result<void> add_verdicts(const ChunkRow& row, const Sent& sent, const std::filesystem::path& result);
  Result<Joined> join(const ChunkRow& row, const Sent& sent, const std::filesystem::path& result);
  Result<void> add_records(const ChunkRow& row, const Sent& sent, const Joined* joined, std::string_view why);
  // Where a record stands.
  struct Place {
    const SourceName& source;
    uint64_t record_number;
    uint64_t ordinal;  // in the chunk
  };
  class Walk;
  Result<void> add_sent(const ChunkRow& row, const Place& place, Walk& walk, const Verdict* verdict,
                        std::string_view why);
  SourceName source_name(uint32_t ordinal) const;
  Result<void> write_result(const SourceName& source, uint64_t record_number, Fate fate, std::string_view record_id,
                            std::string_view errors, bool resent = false);
  Result<void> add_reject(const csv::Chunk& chunk, const Judge& judge, const SourceName& source);
  std::optional<size_t> column_named(std::string_view name) const;
  Result<void> write_failed(const csv::Chunk& chunk, const Judge& judge, const std::string& source,
                            const std::vector<VerdictError>& errors);

  ReconcileOptions options_;
  Rereader rereader_;
  const Front* front_;
  Rules rules_;
  AtomicFile results_;
  SetAside failed_, rejected_;
  Verdicts spare_;  // whose memory serves again
  Summary counts_;
  std::string row_, scratch_, other_scratch_;
};

}  // namespace bulkwrite::run
