// Reads ZIP archives that others made, member by member and with bounded memory.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"

struct archive;  // libarchive's

namespace bulkwrite::zip {

// One thread. Whatever is not a whole and sound ZIP with at least one member, each stored or deflated, is input_data.
class ArchiveReader {
 public:
  static Result<ArchiveReader> open_file(const std::filesystem::path& path);
  static Result<ArchiveReader> open_bytes(std::string_view bytes);  // which must outlive the reader

  // Its name as it is in the archive, in UTF-8: no path to write to. Nothing behind the last.
  Result<std::optional<std::string>> next_member();
  // Of the current member: fewer bytes than asked may come, 0 only at its end, once its CRC has been compared.
  Result<size_t> read(std::span<char> out);

 private:
  struct Free {
    void operator()(::archive* handle) const;
  };
  using Handle = std::unique_ptr<::archive, Free>;

  ArchiveReader(Handle handle, std::string name) : archive_(std::move(handle)), name_(std::move(name)) {}
  Error fault() const;
  Error fault(std::string_view why) const;

  Handle archive_;
  std::string name_;  // for messages
};

}  // namespace bulkwrite::zip
