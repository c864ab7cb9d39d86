// ZIP in and out, through libzip.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bulkwrite::sandbox {

struct ZipMember {
  std::string name;
  std::string bytes;
};

// The members' names without folders and "__MACOSX/" leftovers; nothing when the bytes are no ZIP.
std::optional<std::vector<std::string>> zip_member_names(std::string_view zip);

// Up to `bytes_max` + 1 bytes of a member, decompressed and, when read whole, checked against its CRC.
// Nothing when it cannot be read.
std::optional<std::string> read_zip_member(std::string_view zip, const std::string& name, size_t bytes_max);

// A ZIP with one deflated member. Throws std::runtime_error.
std::string make_zip(const std::string& name, std::string_view bytes);

}  // namespace bulkwrite::sandbox
