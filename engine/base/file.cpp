#include "engine/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>

#include "engine/base/crash_point.h"

namespace bulkwrite {
namespace {

constexpr size_t kWriteBufferBytes = 64 * 1024;
constexpr size_t kReadBytes = 64 * 1024;

Error cannot_write(const std::filesystem::path& path, int error_number) {
  return {ErrorKind::cannot_write, fmt::format("cannot write {}: {}", path.string(), errno_text(error_number))};
}

Result<void> write_all(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_write(path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// Makes durable which names a directory holds.
Result<void> sync_directory(const std::filesystem::path& path) {
  const std::filesystem::path name = path.empty() ? "." : path;
  const Descriptor directory(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a directory (EINVAL); there is nothing more that we could do.
  if (!directory.is_open() || (::fsync(directory.get()) != 0 && errno != EINVAL)) return cannot_write(path, errno);
  return {};
}

std::filesystem::path part_of(std::filesystem::path path) {
  return path += ".part";
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() {
  return std::exchange(fd_, -1);
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string errno_text(int error_number) {
  return std::generic_category().message(error_number);
}

Result<Descriptor> open_for_reading(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error{ErrorKind::no_input, fmt::format("cannot open {}: {}", path.string(), errno_text(errno))};
  return Descriptor(fd);
}

Result<size_t> read_at(const Descriptor& file, uint64_t offset, std::span<char> out,
                       const std::filesystem::path& path) {
  size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got =
        ::pread(file.get(), out.data() + filled, out.size() - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{ErrorKind::no_input,
                   fmt::format("cannot read {} at byte {}: {}", path.string(), offset + filled, errno_text(errno))};
    }
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::string bytes;
  if (auto done = read_file(path, bytes); !done) return std::move(done).error();
  return bytes;
}

Result<void> read_file(const std::filesystem::path& path, std::string& bytes) {
  auto file = open_for_reading(path);
  if (!file) return std::move(file).error();
  // What the file says of its size is a hint: those of /proc have none, and files grow.
  struct stat info {};
  const size_t expected = ::fstat(file->get(), &info) == 0 && info.st_size > 0 ? static_cast<size_t>(info.st_size) : 0;
  for (size_t had = 0;;) {
    const size_t room = std::max(had < expected ? expected - had + 1 : kReadBytes, kReadBytes);
    if (bytes.size() < had + room) bytes.resize(had + room);
    auto got = read_at(*file, had, std::span(bytes).subspan(had), path);
    if (!got) return std::move(got).error();
    had += *got;
    if (had < bytes.size()) {
      bytes.resize(had);
      return {};
    }
  }
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept = default;

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this != &other) {
    abandon();
    path_ = std::move(other.path_);
    file_ = std::move(other.file_);
    buffer_ = std::move(other.buffer_);
  }
  return *this;
}

AtomicFile::~AtomicFile() {
  abandon();
}

void AtomicFile::abandon() {
  if (!file_.is_open()) return;
  file_.reset();
  buffer_.clear();
  ::unlink(part_of(path_).c_str());
}

Result<AtomicFile> AtomicFile::create(std::filesystem::path path, Readers readers) {
  AtomicFile made;
  const mode_t mode = readers == Readers::owner ? 0600 : 0666;
  made.file_ = Descriptor(::open(part_of(path).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!made.file_.is_open()) return cannot_write(path, errno);
  // What a crash has left there keeps its mode.
  if (readers == Readers::owner && ::fchmod(made.file_.get(), mode) != 0) return cannot_write(path, errno);
  made.path_ = std::move(path);
  made.buffer_.reserve(kWriteBufferBytes);
  return made;
}

Result<void> AtomicFile::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > kWriteBufferBytes) {
    if (auto flushed = flush(); !flushed) return flushed;
    if (bytes.size() > kWriteBufferBytes) return write_through(bytes);
  }
  buffer_.append(bytes);
  return {};
}

Result<void> AtomicFile::flush() {
  auto written = write_through(buffer_);
  buffer_.clear();
  return written;
}

Result<void> AtomicFile::write_through(std::string_view bytes) {
  auto written = write_all(file_.get(), bytes, path_);
  if (!written) abandon();
  return written;
}

Result<void> AtomicFile::commit() {
  if (auto flushed = flush(); !flushed) return flushed;
  crash_point("file: written, not renamed yet");
  auto renamed = ::fsync(file_.get()) != 0 ? cannot_write(path_, errno) : rename_file(part_of(path_), path_);
  if (!renamed) abandon();
  file_.reset();
  return renamed;
}

namespace {

Result<void> write_whole(Result<AtomicFile> file, std::string_view bytes) {
  if (!file) return std::move(file).error();
  if (auto written = file->write(bytes); !written) return written;
  return file->commit();
}

}  // namespace

Result<void> write_file(const std::filesystem::path& path, std::string_view bytes) {
  return write_whole(AtomicFile::create(path), bytes);
}

Result<void> write_private_file(const std::filesystem::path& path, std::string_view bytes) {
  return write_whole(AtomicFile::create(path, AtomicFile::Readers::owner), bytes);
}

Result<void> write_file_unsynced(const std::filesystem::path& path, std::span<const std::string_view> pieces) {
  const std::filesystem::path part = part_of(path);
  Descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file.is_open()) return cannot_write(path, errno);
  Result<void> done;
  for (const std::string_view piece : pieces)
    if (done) done = write_all(file.get(), piece, path);
  // The disk begins now, so that sync_files_in finds little left to wait for. Only a hint, so its failure is none.
  if (done) ::sync_file_range(file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  file.reset();
  if (done && ::rename(part.c_str(), path.c_str()) != 0) done = cannot_write(path, errno);
  if (!done) ::unlink(part.c_str());
  return done;
}

Result<void> sync_files_in(const std::filesystem::path& directory) {
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(directory, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (!entry->is_regular_file(failure)) continue;
    const Descriptor file(::open(entry->path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open() || ::fsync(file.get()) != 0) return cannot_write(entry->path(), errno);
  }
  if (failure) return Error{ErrorKind::cannot_write, fmt::format("{}: {}", directory.string(), failure.message())};
  return sync_directory(directory);
}

Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return cannot_write(to, errno);
  crash_point(to.c_str());  // which file has its name
  return sync_directory(to.parent_path());
}

Result<void> remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return Error{ErrorKind::cannot_write, fmt::format("cannot remove {}: {}", path.string(), errno_text(errno))};
  }
  crash_point("file: removed");
  return sync_directory(path.parent_path());
}

Result<void> make_directories(const std::filesystem::path& path) {
  std::error_code failure;
  std::filesystem::create_directories(path, failure);
  if (failure)
    return Error{ErrorKind::cannot_write, fmt::format("cannot create {}: {}", path.string(), failure.message())};
  crash_point("directory: made");
  return {};
}

Result<uint64_t> free_space(const std::filesystem::path& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return cannot_write(path, errno);
  if (info.f_blocks == 0) return std::numeric_limits<uint64_t>::max();
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace bulkwrite
