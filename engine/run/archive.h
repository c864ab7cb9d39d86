// How archives are named, and what makes them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/csv/chunk.h"
#include "engine/run/level.h"
#include "engine/run/options.h"
#include "engine/zip/archive.h"

namespace bulkwrite::run {

// The name that archives take from the first source: its file name without endings, in letters that every file system
// and every ZIP reader knows.
std::string archive_name_of(std::string_view source_name);

// "<name>-00042"
std::string archive_base_name(std::string_view name, uint64_t chunk_index);

// Of a member that was built from `chunk`, whose source bytes have the CRC `crc_source`. Bytes that are the source's
// own are not looked at again; `rewritten`: none are. Precondition: the member begins with `header`.
uint32_t crc_of_member(const csv::Chunk& chunk, std::string_view member, std::string_view header, uint32_t crc_source,
                       bool rewritten);

// Makes one worker's archives. What it needs for a level is made when the level is first used, and kept.
class ArchiveMaker {
 public:
  explicit ArchiveMaker(Packing packing);

  // As of zip::ArchiveWriter::pack. `demand` matters for Packing::automatic only.
  Result<zip::Archive> make(std::string_view member_name, std::string_view member, uint32_t member_crc,
                            Demand demand = Demand::keeps_up);

 private:
  zip::Deflater* deflater_for(Demand demand);

  const std::vector<Level> ladder_;  // of which the policy chooses; empty: what is packed is stored
  LevelPolicy policy_;
  std::vector<std::unique_ptr<zip::Deflater>> deflaters_;  // by step of the ladder; null until used
  zip::ArchiveWriter writer_;
};

}  // namespace bulkwrite::run
