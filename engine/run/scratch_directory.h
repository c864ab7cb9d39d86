// A directory of our own under the system's place for temporary files, which goes with this object.
#pragma once

#include <filesystem>
#include <utility>

#include "engine/base/result.h"

namespace bulkwrite::run {

class ScratchDirectory {
 public:
  static Result<ScratchDirectory> make();  // cannot_write
  ScratchDirectory(ScratchDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace bulkwrite::run
