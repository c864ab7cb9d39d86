#include "engine/run/run_directory.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <random>

#include "engine/base/file.h"

namespace bulkwrite::run {
namespace {

// Whether a run may have left it that died before it had a ledger.
bool is_of_unbegun_run(const std::filesystem::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  std::error_code failure;
  if (name == "results" || name == "spool") return std::filesystem::is_empty(entry.path(), failure);
  for (const std::string_view begin :
       {"lock", "fields.json", "layouts.json", "mapping.", "decisions.json", "repeats", "seen.db", "ledger.db.part"})
    if (name.starts_with(begin)) return true;
  return false;
}

bool is_free(const std::filesystem::path& directory) {
  std::error_code failure;
  if (!std::filesystem::exists(directory, failure)) return true;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failure))
    if (!is_of_unbegun_run(entry)) return false;
  return !failure;
}

}  // namespace

std::filesystem::path RunDirectory::result(uint64_t chunk_index) const {
  return results() / fmt::format("chunk-{:05}.zip", chunk_index);
}

std::filesystem::path RunDirectory::mapping() const {
  std::error_code failure;
  for (const char* const name : {"mapping.csv", "mapping.json"})
    if (std::filesystem::exists(path / name, failure)) return path / name;
  return {};
}

std::filesystem::path RunDirectory::mapping_like(const std::filesystem::path& file) const {
  return path / (file.extension() == ".json" ? "mapping.json" : "mapping.csv");
}

Result<RunDirectory> RunDirectory::make(const std::filesystem::path& asked, const std::filesystem::path& runs_root) {
  RunDirectory made{asked};
  if (asked.empty()) {
    const std::string id =
        fmt::format("{:%Y%m%dT%H%M%SZ}-{:06x}", fmt::gmtime(std::time(nullptr)), std::random_device{}() & 0xFFFFFF);
    made.path = runs_root / id;
  }
  if (!is_free(made.path)) {
    return Error{
        ErrorKind::cannot_write,
        made.path.string() + " is not empty: name a new directory with --run-dir, so that no run is overwritten"};
  }
  for (const auto& directory : {made.path, made.results(), made.spool()})
    if (auto ok = make_directories(directory); !ok) return std::move(ok).error();
  return made;
}

}  // namespace bulkwrite::run
