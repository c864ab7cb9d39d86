#include "engine/run/scratch_directory.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>

#include "engine/base/file.h"

namespace bulkwrite::run {

Result<ScratchDirectory> ScratchDirectory::make() {
  std::error_code failure;
  std::string name = (std::filesystem::temp_directory_path(failure) / "bulkwrite-XXXXXX").string();
  if (failure || ::mkdtemp(name.data()) == nullptr)
    return Error{ErrorKind::cannot_write, fmt::format("cannot make {}: {}", name, errno_text(errno))};
  return ScratchDirectory(name);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace bulkwrite::run
