// Ties what became of each chunk back to its records, and writes the result files of a run.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/result.h"
#include "engine/run/judge.h"
#include "engine/run/ledger.h"
#include "engine/run/reread.h"
#include "engine/run/set_aside.h"
#include "engine/run/summary.h"
#include "engine/run/verdict.h"
#include "engine/schema/checker.h"

namespace bulkwrite::run {

struct ReconcileOptions {
  std::filesystem::path run_dir;
  std::string header_bytes;            // the input's own, for failed.csv and rejected.csv
  std::vector<std::string> names;      // of the columns
  std::vector<size_t> mapped_columns;  // in the order of the mapping; results echo the first three
  std::string present_field;           // insert with find_by: the field by which a record is there already; else empty
};

// Derives results.csv, failed.csv, failed-reasons.csv, rejected.csv and rejected-reasons.csv from the ledger's rows,
// the kept result archives and the sources. Nothing of it is kept in memory beyond one chunk. The files appear on
// commit(). One thread.
class Reconciler {
 public:
  static Result<Reconciler> create(ReconcileOptions options, Rereader rereader, const Front& front,
                                   const schema::RecordChecker* checker);

  // The next chunk, in chunk order, settled. `result` is its result archive where its state is `finished`.
  // Errors: the source is no longer what was read (input_data), or a file cannot be written.
  Result<void> add(const ChunkRow& row, const std::filesystem::path& result);
  Result<void> commit();

  const Summary& counts() const { return counts_; }  // of the chunks added so far

 private:
  enum class Fate {
    rejected,
    added,
    updated,
    present,
    skipped,
    unprocessed,
    failed,
    in_flight,
    uncertain,
    unattributed,
    not_sent
  };

  // Verdicts that are tied to the records of a chunk.
  struct Joined {
    Verdicts verdicts;
    std::vector<uint32_t> order;  // the verdict of each record that was sent; empty: they stand in the same order
    const Verdict& of(uint64_t sent) const { return verdicts.rows()[order.empty() ? sent : order[sent]]; }
  };

  Reconciler(ReconcileOptions options, Rereader rereader, const Front& front, const schema::RecordChecker* checker);
  Result<void> add_too_long(const ChunkRow& row);
  Result<void> add_records(const ChunkRow& row, const csv::Chunk& chunk, const Joined* joined,
                           std::string_view why);
  Result<Joined> join(const ChunkRow& row, const csv::Chunk& chunk, const std::filesystem::path& result);
  bool is_in_order(const Verdicts& verdicts, const csv::Chunk& chunk);
  bool join_by_key(Joined& joined, const csv::Chunk& chunk);
  std::string key_of(const std::vector<std::string_view>& fields, size_t columns);
  size_t columns_echoed(const Verdicts& verdicts) const;
  bool echoes(const Verdict& verdict, const std::vector<std::string_view>& fields);
  Fate fate_of(const Verdict& verdict);
  static Fate fate_of(ChunkState state);
  Result<void> write_result(std::string_view source, uint64_t record_number, Fate fate, std::string_view record_id,
                            std::string_view errors);
  Result<void> add_reject(const csv::Chunk& chunk, const Judge& judge, const std::string& source);
  Result<void> write_failed(const csv::Chunk& chunk, const Judge& judge, const std::string& source,
                            const std::vector<VerdictError>& errors);
  static bool is_not_taken(Fate fate);
  void count(Fate fate, uint64_t records = 1);

  ReconcileOptions options_;
  Rereader rereader_;
  const Front* front_;
  const schema::RecordChecker* checker_;
  AtomicFile results_;
  SetAside failed_, rejected_;
  Summary counts_;
  std::string row_, scratch_, other_scratch_;
};

}  // namespace bulkwrite::run
