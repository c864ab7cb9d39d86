// One source as a stream of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/base/result.h"

namespace bulkwrite::source {

// The file behind a source, so that a later run can see whether it is still the same. All empty for a pipe.
struct FileIdentity {
  std::string path;  // absolute
  uint64_t size = 0;
  int64_t mtime_ns = 0;
};

// One thread, but for read_at.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // What people call it: the path, "-" for stdin, "exports.zip!leads.csv" for a member.
  virtual const std::string& name() const = 0;
  // A plain regular file as it is: what was read can be read again by range at name().
  virtual bool rereadable() const = 0;
  virtual const FileIdentity& identity() const = 0;
  // Waits for at least one byte; 0 only at the true end. no_input where reading fails, input_data where a compressed
  // stream is damaged or cut off: the message names the offset reached.
  virtual Result<size_t> read(std::span<char> out) = 0;
  // Reads from `offset` on, whatever was read before; fewer bytes than asked for only at the end. From any thread; only
  // where rereadable().
  virtual Result<size_t> read_at(uint64_t offset, std::span<char> out);
  // How far into the file on disk; for progress.
  virtual uint64_t file_bytes_read() const = 0;
  // The encoding of which these bytes are the UTF-8; empty where they are those of the source.
  virtual const std::string& transcoded_from() const;
};

}  // namespace bulkwrite::source
