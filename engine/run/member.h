// The CSV that goes into a chunk's archive: a header and the accepted records, byte for byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/csv/chunk.h"
#include "engine/run/judge.h"

namespace bulkwrite::run {

// Collects the accepted records of a chunk, then builds the member, in the chunk's own buffer where that can be.
// Reusable.
class MemberBuilder {
 public:
  // `kept`: the columns that go in, in the source's order; empty: all of them. One that is alone gets an empty column
  // behind it, since a record that is nothing but a blank would be a blank line.
  explicit MemberBuilder(std::vector<size_t> kept = {}) : kept_(std::move(kept)) {}

  void begin(const csv::Chunk& chunk);
  void accept(const csv::Record& record, const csv::Fields& fields);
  // Instead of one by one. Precondition: the chunk is regular.
  void accept_all();
  uint64_t records() const { return records_; }
  // Whether the records that go in are written anew, instead of travelling as they are.
  bool rewrites() const { return !kept_.empty() || chunk_->delimiter == '\t'; }

  // `header` ends in a line end. May rewrite the chunk's buffer: its index is void afterwards. The result points into
  // the chunk or into this builder, until either is used again.
  std::string_view build(csv::Chunk& chunk, std::string_view header);

 private:
  struct Range {
    size_t begin, end;
  };

  void encode(const csv::Fields& fields);

  const std::vector<size_t> kept_;
  const csv::Chunk* chunk_ = nullptr;
  uint64_t records_ = 0;
  std::vector<Range> ranges_;  // of accepted bytes that stand side by side
  bool last_unterminated_ = false;
  std::string encoded_;  // the records that are written anew
};

// The header of an archive as the dialect wants it: `names` joined by the delimiter, or by commas for a tab source.
std::string header_line(const std::vector<std::string>& names, char delimiter);

}  // namespace bulkwrite::run
