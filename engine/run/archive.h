// How archives are named, and what makes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/run/options.h"
#include "engine/zip/archive.h"

namespace bulkwrite::run {

// The name that archives take from the first source: its file name without endings, in letters that every file system
// and every ZIP reader knows.
std::string archive_name_of(std::string_view source_name);

// "<name>-00042"
std::string archive_base_name(std::string_view name, uint64_t chunk_index);

zip::ArchiveWriter make_archive_writer(Packing packing);

}  // namespace bulkwrite::run
