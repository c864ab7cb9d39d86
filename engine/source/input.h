// The user's FILE arguments as an ordered list of sources.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/source/compressed.h"
#include "engine/source/stream.h"

namespace bulkwrite::source {

// The paths that the arguments name, in their order. An argument that is no file but a glob stands for its matches,
// sorted. "-" is stdin, once at most (usage). What is not there is no_input.
// Relative ones count from `directory`, or from the current one where that is empty.
Result<std::vector<std::string>> resolve(const std::vector<std::string>& arguments,
                                         const std::filesystem::path& directory = {});

// Opens the sources one after another, as UTF-8. What is compressed shows in its first bytes: gzip, zstd, xz, bzip2,
// and ZIP, of which every .csv, .tsv and .txt member is a source. One thread.
class Input {
 public:
  // Sees that every path can be read, before anything is done. Relative paths count from `directory`, or from the
  // current one where that is empty. `encoding` is a valid one, or empty (in_utf8). `gives_up` is asked while a pipe
  // has nothing to say.
  static Result<Input> open(std::vector<std::string> paths, std::filesystem::path directory = {},
                            std::string encoding = {}, GivesUp gives_up = {});

  // The next source, or null behind the last. The one before it must be gone.
  Result<std::unique_ptr<ByteStream>> next();
  // The files, in their order, as they were when the input was opened. A pipe has only its name as path.
  const std::vector<FileIdentity>& files() const { return files_; }
  // The bytes on disk of the files behind us, the one that is being read not among them.
  uint64_t bytes_behind() const { return bytes_behind_; }
  // The bytes of all files as they lie on disk, where all of them are regular files.
  std::optional<uint64_t> total_bytes() const { return total_bytes_; }
  // The files not opened yet that are regular and not compressed.
  std::vector<std::string> plain_files_ahead() const;

 private:
  Result<std::unique_ptr<ByteStream>> next_as_it_is();

  std::vector<std::string> paths_;
  std::filesystem::path directory_;
  std::string encoding_;
  GivesUp gives_up_;
  std::vector<FileIdentity> files_;
  size_t next_ = 0;
  std::optional<uint64_t> total_bytes_;
  uint64_t bytes_behind_ = 0;
  uint64_t bytes_open_ = 0;              // of the file that is being read
  std::unique_ptr<ZipMembers> members_;  // of the ZIP that is open
};

}  // namespace bulkwrite::source
