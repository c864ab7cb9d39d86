// The input of a seed: a CSV in memory, its chunks as the engine cuts them, and what is known of its records without
// the engine.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/csv/chunk.h"
#include "engine/run/reread.h"
#include "tests/sim/random.h"
#include "tests/sim/setup.h"

namespace sim {

constexpr std::array<std::string_view, 5> kColumns{"Email", "Company", "City", "Stage", "Note"};
constexpr const char* kKeyColumn = "Email";
constexpr const char* kHeader = "Email,Company,City,Stage,Note\n";

struct SourceRecord {
  std::string key, note;     // no two records have the same key
  bool is_rejected = false;  // not well-formed: never sent
  bool is_bad = false;       // the service never takes it
  bool was_there = false;    // in the table before the run
};

class Source {
 public:
  Source(const Setup& setup, Random& random);

  uint64_t chunks() const { return parts_.size(); }
  const std::vector<SourceRecord>& records_of(uint64_t chunk_index) const { return records_[chunk_index]; }
  uint64_t records() const;

  // A chunk, as the front would cut it or cut it again.
  bulkwrite::csv::Chunk chunk(uint64_t chunk_index) const;
  // The same by what the ledger knows of it, compared with that (input_data).
  bulkwrite::Result<bulkwrite::csv::Chunk> chunk(const bulkwrite::run::ChunkRanges& ranges) const;

 private:
  std::vector<std::string> texts_;
  std::vector<std::vector<bulkwrite::csv::Part>> parts_;  // of each chunk
  std::vector<std::vector<SourceRecord>> records_;        // of each chunk
};

}  // namespace sim
