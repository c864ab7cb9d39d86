// Digests of values, and which record has shown each first.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/run/database.h"
#include "engine/run/occurrence.h"
#include "engine/run/repeats.h"

namespace bulkwrite::run {

// Exact, and in bounded memory: two tables of a database hold it. A digest can be anywhere in the one, so that each
// that is put there costs a page; until there are many, they are appended to the other, which is in memory too. One
// thread. Failures are those of the database, whose transactions are the caller's.
class SeenTable {
 public:
  // `recent_max`: how many are in memory, some 80 bytes each.
  SeenTable(Database& database, size_t recent_max) : database_(database), recent_max_(recent_max) {}

  // Makes the tables, or takes up what they hold of the chunks before this one.
  Result<void> take_up(uint64_t first_chunk);
  // The values of one record, in the order of its columns: which of them a record before it has, that is to be sent. If
  // none, this one is to be sent, and has its values now.
  Result<void> pass(std::span<const Occurrence> of_record, std::vector<Repeat>& repeats);

 private:
  struct Place {
    uint32_t source = 0;
    uint64_t record_number = 0;
  };
  Result<std::optional<Place>> first_of(const Digest& digest);
  Result<void> add(const Occurrence& occurrence);
  Result<void> spread_recent();

  Database& database_;
  const size_t recent_max_;
  std::unordered_map<Digest, Place, DigestHash> recent_;
};

}  // namespace bulkwrite::run
