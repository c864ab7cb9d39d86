#include "engine/run/archive.h"

#include <fmt/format.h>

#include <array>

#include "engine/base/check.h"
#include "engine/zip/crc32.h"

namespace bulkwrite::run {
namespace {

constexpr size_t kNameBytesMax = 80;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// Whether `bytes` bytes of records of the chunk, none of them written anew, can only be all bytes of its parts, in
// order: records are left out, and the only bytes that are not the source's are the LFs behind parts that lack one.
bool is_as_in_source(const csv::Chunk& chunk, size_t bytes) {
  size_t sum = 0;
  for (const csv::Part& part : chunk.parts) {
    if (part.unterminated && &part != &chunk.parts.back()) return false;
    sum += part.bytes();
  }
  return bytes == sum;
}

std::vector<Level> ladder_for(Packing packing) {
  if (packing == Packing::none) return {};
  if (packing == Packing::automatic) return level_ladder();
  return {level_of(packing)};
}

}  // namespace

std::string archive_name_of(std::string_view source_name) {
  if (source_name == "-") return "stdin";
  source_name.remove_prefix(source_name.find_last_of("/!") + 1);
  for (const std::string_view ending :
       std::array<std::string_view, 9>{".gz", ".zst", ".xz", ".bz2", ".zip", ".csv", ".CSV", ".tsv", ".txt"})
    if (source_name.size() > ending.size() && source_name.ends_with(ending)) source_name.remove_suffix(ending.size());
  std::string name(source_name.substr(0, kNameBytesMax));
  for (char& c : name)
    if (!is_plain(c)) c = '_';
  return name.empty() ? "chunk" : name;
}

std::string archive_base_name(std::string_view name, uint64_t chunk_index) {
  return fmt::format("{}-{:05}", name, chunk_index);
}

uint32_t crc_of_member(const csv::Chunk& chunk, std::string_view member, std::string_view header, uint32_t crc_source,
                       bool rewritten) {
  const std::string_view records = member.substr(header.size());
  const uint32_t crc_header = zip::crc32(0, header);
  if (!rewritten && is_as_in_source(chunk, records.size()))
    return zip::crc32_of_joined(crc_header, crc_source, records.size());
  return zip::crc32(crc_header, records);
}

ArchiveMaker::ArchiveMaker(Packing packing)
    : ladder_(ladder_for(packing)), policy_(ladder_.size()), deflaters_(ladder_.size()) {}

zip::Deflater* ArchiveMaker::deflater_for(Demand demand) {
  if (ladder_.empty()) return nullptr;
  const size_t step = policy_.next(demand);
  if (deflaters_[step] == nullptr) {
    auto made = zip::make_deflater(ladder_[step].engine, ladder_[step].level);
    BULKWRITE_CHECK(made.has_value(), "the ladder holds levels of this build only");
    deflaters_[step] = *std::move(made);
  }
  return deflaters_[step].get();
}

Result<zip::Archive> ArchiveMaker::make(std::string_view member_name, std::string_view member, uint32_t member_crc,
                                        Demand demand) {
  return writer_.pack(member_name, member, member_crc, deflater_for(demand));
}

}  // namespace bulkwrite::run
