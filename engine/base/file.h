// Files by descriptor, with errors that name the path. Nothing here throws.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace bulkwrite {

// Owns a descriptor and closes it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

// no_input when the file is missing or may not be read.
Result<Descriptor> open_for_reading(const std::filesystem::path& path);

// Reads up to out.size() bytes; fewer only at the end of the file. `path` is for the message.
Result<size_t> read_at(const Descriptor& file, uint64_t offset, std::span<char> out, const std::filesystem::path& path);
Result<std::string> read_file(const std::filesystem::path& path);
// The same, into `bytes`, whose memory serves again; after an error it holds anything.
Result<void> read_file(const std::filesystem::path& path, std::string& bytes);

// A file that appears under its name only when it is complete: bytes go to "<name>.part" beside it, and commit()
// flushes, syncs and renames. Without commit() the part file is removed. Every failure is cannot_write and removes it
// too: what has failed once cannot be committed, since a hole may be in it. One thread.
class AtomicFile {
 public:
  AtomicFile() = default;
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();

  enum class Readers { as_umask_says, owner };
  static Result<AtomicFile> create(std::filesystem::path path, Readers readers = Readers::as_umask_says);
  Result<void> write(std::string_view bytes);  // buffered
  Result<void> commit();

 private:
  Result<void> flush();
  Result<void> write_through(std::string_view bytes);
  void abandon();

  std::filesystem::path path_;
  Descriptor file_;
  std::string buffer_;
};

Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);  // by AtomicFile
// The same, for the owner alone (0600), however others may read what had that name before.
Result<void> write_private_file(const std::filesystem::path& path, std::string_view bytes);
// For many files that count only once all are there: the pieces, one behind another, appear under the name `path` only
// when all are written, but last only from sync_files_in on. Nobody waits for the disk here.
Result<void> write_file_unsynced(const std::filesystem::path& path, std::span<const std::string_view> pieces);
// Makes durable every file in the directory (those in its folders not), and that they are there.
Result<void> sync_files_in(const std::filesystem::path& directory);
// Durably; what had the name `to` is gone.
Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
// Durably. A file that is not there is gone already.
Result<void> remove_file(const std::filesystem::path& path);
Result<void> make_directories(const std::filesystem::path& path);
// Bytes that an ordinary user may still write; all that there are where the file system does not know its own size.
Result<uint64_t> free_space(const std::filesystem::path& path);

// "No space left on device" and the like, for messages.
std::string errno_text(int error_number);

}  // namespace bulkwrite
