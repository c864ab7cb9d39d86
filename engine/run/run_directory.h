// The directory of one run and the names of what lies in it (docs/run-directory.md).
#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/base/result.h"

namespace bulkwrite::run {

struct RunDirectory {
  std::filesystem::path path;

  std::filesystem::path ledger() const { return path / "ledger.db"; }
  std::filesystem::path results() const { return path / "results"; }
  std::filesystem::path result(uint64_t chunk_index) const;  // the result archive of a chunk's job
  std::filesystem::path spool() const { return path / "spool"; }
  std::filesystem::path summary() const { return path / "summary.json"; }
  // What the service said of the module when the run began; a run that goes on checks by the same rules.
  std::filesystem::path fields() const { return path / "fields.json"; }
  std::filesystem::path layouts() const { return path / "layouts.json"; }
  // What was settled about the whole input before the first upload; a run that goes on goes by it.
  std::filesystem::path decisions() const { return path / "decisions.json"; }
  std::filesystem::path repeats() const { return path / "repeats"; }
  // Of a stream, whose repeats are found as they come.
  std::filesystem::path seen() const { return path / "seen.db"; }

  // The mapping file that the run began with, as it was; empty where there was none.
  std::filesystem::path mapping() const;
  // Where the copy of a mapping file of this name goes: its ending says what it is.
  std::filesystem::path mapping_like(const std::filesystem::path& file) const;

  // Makes `asked`, or a new directory named by the time under `runs_root`. `asked` may be there if it is empty, or
  // holds no more than a run leaves that died before it had a ledger; else the error is cannot_write.
  static Result<RunDirectory> make(const std::filesystem::path& asked, const std::filesystem::path& runs_root);
};

}  // namespace bulkwrite::run
