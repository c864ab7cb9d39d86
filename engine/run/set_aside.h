// Records that were not taken: their raw bytes in one file, ready to be loaded again, and the reasons in another.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/file.h"

namespace bulkwrite::run {

// One reason; a row of "<name>-reasons.csv".
struct Reason {
  std::string_view source;
  uint64_t record_number = 0;
  uint64_t byte_offset = 0;  // of the record, in its source
  uint64_t lines = 1;        // that the record spans
  std::string_view column;   // the user's name for it; empty for the whole record
  std::string_view rule;
  std::string_view excerpt;  // raw; shortened and made printable when it is written
};

// Writes "<name>.csv" (the header and raw records) and "<name>-reasons.csv", both in the order of the calls. The files
// appear on commit(). Failures are cannot_write. One thread.
class SetAside {
 public:
  static Result<SetAside> create(const std::filesystem::path& directory, const std::string& name,
                                 std::string_view header);

  // The raw bytes of a record, or a piece of them.
  Result<void> bytes(std::string_view raw) { return records_.write(raw); }
  // A record with its terminator; one is added where the source ends without.
  Result<void> record(std::string_view raw);
  Result<void> reason(const Reason& reason);
  Result<void> commit();

 private:
  AtomicFile records_, reasons_;
  std::string row_;
};

// At most 60 characters of `raw` with control characters and broken UTF-8 replaced.
std::string printable_excerpt(std::string_view raw);

// How many lines `raw`, without its terminator, spans.
uint64_t line_count(std::string_view raw);

}  // namespace bulkwrite::run
