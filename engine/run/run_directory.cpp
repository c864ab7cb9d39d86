#include "engine/run/run_directory.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <random>

#include "engine/base/file.h"

namespace bulkwrite::run {

std::filesystem::path RunDirectory::result(uint64_t chunk_index) const {
  return results() / fmt::format("chunk-{:05}.zip", chunk_index);
}

Result<RunDirectory> RunDirectory::make(const std::filesystem::path& asked, const std::filesystem::path& runs_root) {
  RunDirectory made{asked};
  if (asked.empty()) {
    const std::string id =
        fmt::format("{:%Y%m%dT%H%M%SZ}-{:06x}", fmt::gmtime(std::time(nullptr)), std::random_device{}() & 0xFFFFFF);
    made.path = runs_root / id;
  }
  std::error_code failure;
  if (std::filesystem::exists(made.path, failure) && !std::filesystem::is_empty(made.path, failure)) {
    return Error{
        ErrorKind::cannot_write,
        made.path.string() + " is not empty: name a new directory with --run-dir, so that no run is overwritten"};
  }
  for (const auto& directory : {made.path, made.results(), made.spool()})
    if (auto ok = make_directories(directory); !ok) return std::move(ok).error();
  return made;
}

}  // namespace bulkwrite::run
