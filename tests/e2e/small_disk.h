// A file system of its own size, which only the programs started in it see, so that writing can come to its end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/process.h"

namespace e2e {

struct DiskLimits {
  uint64_t bytes = 64 << 20;  // in pages
  uint64_t files = 10'000;    // and directories, the disk's own root among them
};

class SmallDisk {
 public:
  // Why this machine does not let us make one; empty where it does.
  static std::string why_not(const TemporaryDirectory& directory);

  // At the directory `at`, which is made. Programs of the test leave their output in `directory`.
  SmallDisk(const TemporaryDirectory& directory, const std::filesystem::path& at, DiskLimits limits);

  // The call that runs `arguments`, absolute paths all, where the disk is.
  std::vector<std::string> inside(const std::vector<std::string>& arguments) const;
  // Where this process finds what lies on the disk.
  std::filesystem::path seen(const std::filesystem::path& path) const;
  void change(DiskLimits limits, bool read_only = false) const;

 private:
  const std::filesystem::path directory_, at_;
  std::unique_ptr<Process> keeper_;  // of the mount namespace
};

// The call that runs `arguments` so that no file may grow beyond `bytes`.
std::vector<std::string> with_files_of_at_most(uint64_t bytes, const std::vector<std::string>& arguments);

}  // namespace e2e
