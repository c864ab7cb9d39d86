// The bytes of a file, pipe or stdin as they lie there, with a look at the first ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/file.h"
#include "engine/base/result.h"
#include "engine/source/stream.h"

namespace bulkwrite::source {

// Whether who waits for bytes should not wait any more.
using GivesUp = std::function<bool()>;

class File {
 public:
  // "-" is stdin. A relative path counts from `directory`, or from the current one where that is empty. Where there is
  // a `gives_up`, it is asked several times a second while a pipe has nothing to say; read() is transient then.
  static Result<std::unique_ptr<File>> open(const std::string& path, const std::filesystem::path& directory = {},
                                            GivesUp gives_up = {});

  const std::string& name() const { return name_; }
  const FileIdentity& identity() const { return identity_; }
  bool is_regular() const { return regular_; }
  // The first bytes, at most `bytes`; they are read again by read().
  Result<std::string_view> peek(size_t bytes);
  Result<size_t> read(std::span<char> out);
  // As ByteStream::read_at; of a regular file.
  Result<size_t> read_at(uint64_t offset, std::span<char> out) const;
  uint64_t bytes_read() const { return bytes_read_; }

 private:
  File() = default;
  Result<size_t> read_some(std::span<char> out);
  Result<void> wait_for_bytes() const;

  std::string name_;
  Descriptor file_;
  bool regular_ = false;
  GivesUp gives_up_;
  FileIdentity identity_;
  std::string peeked_;
  size_t peeked_given_ = 0;
  uint64_t bytes_read_ = 0;
};

std::unique_ptr<ByteStream> plain_stream(std::unique_ptr<File> file);

}  // namespace bulkwrite::source
