// Which values of a stream have been seen that only one record may have, and which of its records repeat one. What can
// be read only once cannot be looked through before: a chunk is looked at when it is judged for the first time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/run/database.h"
#include "engine/run/judge.h"
#include "engine/run/occurrence.h"
#include "engine/run/repeats.h"
#include "engine/run/seen_table.h"
#include "engine/run/turns.h"

namespace bulkwrite::run {

// Exact, and in bounded memory: what is seen lies in a SQLite file (docs/run-directory.md), with which a later session
// goes on. Any thread. Failures are cannot_write, and input_data where the
// file is damaged.
class SeenValues {
 public:
  struct Options {
    std::filesystem::path file;
    std::vector<UniqueColumn> columns;
    OnRepeat on_repeat = OnRepeat::reject;  // or first
    uint64_t first_chunk = 0;               // the next that is looked at; what was seen from it on is forgotten
    std::function<std::vector<std::string>()> source_names;  // of the sources so far
    size_t recent_max = 400'000;                             // values in memory (SeenTable)
  };
  static Result<std::unique_ptr<SeenValues>> open(Options options);

  // The repeats in a chunk that nobody has looked at before: every chunk, one by one, and each waits for those before
  // it. Transient once closed.
  Result<Repeats> look_at(const csv::Chunk& chunk, const schema::RecordChecker* checker);
  // Those in a chunk that somebody has looked at.
  Result<Repeats> of_chunk(uint64_t chunk_index);
  // How many records were repeats so far.
  Result<uint64_t> records();
  // Nobody waits any more: a chunk will not come.
  void close() { turns_.close(); }
  // Once no session will ask any more.
  static Result<void> remove(const std::filesystem::path& file);

 private:
  SeenValues(Options options, std::unique_ptr<Database> database);
  Result<void> take_up();
  Result<std::vector<Repeat>> note(uint64_t chunk_index, const std::vector<Occurrence>& occurrences);
  Repeats with_names(std::vector<Repeat> repeats) const;

  const Options options_;
  const std::unique_ptr<Database> database_;
  SeenTable table_;
  Turns turns_;
};

// What the records of one chunk are judged by.
class ChunkRules {
 public:
  // Of a chunk that nobody has judged before (SeenValues::look_at), and of one that somebody has.
  static Result<ChunkRules> of_new(const Rules& rules, const csv::Chunk& chunk);
  static Result<ChunkRules> of_known(const Rules& rules, uint64_t chunk_index);

  // Valid while this lives.
  const Rules& rules() const { return rules_; }

 private:
  ChunkRules(const Rules& rules) : rules_(rules) {}
  static Result<ChunkRules> make(const Rules& rules, Result<Repeats> repeats);

  Rules rules_;
  std::unique_ptr<const Repeats> repeats_;
};

}  // namespace bulkwrite::run
