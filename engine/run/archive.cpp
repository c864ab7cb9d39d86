#include "engine/run/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/check.h"

namespace bulkwrite::run {
namespace {

constexpr size_t kNameBytesMax = 80;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
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

zip::ArchiveWriter make_archive_writer(Packing packing) {
  const std::vector<zip::Engine> engines = zip::available_engines();
  const bool has_libdeflate = std::find(engines.begin(), engines.end(), zip::Engine::libdeflate) != engines.end();
  const zip::Engine engine = has_libdeflate ? zip::Engine::libdeflate : zip::Engine::zlib;
  auto deflater = zip::make_deflater(engine, packing == Packing::fast ? 1 : 6);
  BULKWRITE_CHECK(deflater.has_value(), "every engine has levels 1 and 6");
  return zip::ArchiveWriter(*std::move(deflater));
}

}  // namespace bulkwrite::run
