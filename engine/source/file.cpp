#include "engine/source/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bulkwrite::source {
namespace {

constexpr int kAskAgainMilliseconds = 100;

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(std::unique_ptr<File> file) : file_(std::move(file)) {}
  const std::string& name() const override { return file_->name(); }
  bool rereadable() const override { return file_->is_regular(); }
  const FileIdentity& identity() const override { return file_->identity(); }
  Result<size_t> read(std::span<char> out) override { return file_->read(out); }
  Result<size_t> read_at(uint64_t offset, std::span<char> out) override { return file_->read_at(offset, out); }
  uint64_t file_bytes_read() const override { return file_->bytes_read(); }

 private:
  std::unique_ptr<File> file_;
};

}  // namespace

Result<size_t> ByteStream::read_at(uint64_t, std::span<char>) {
  return Error{ErrorKind::unexpected, name() + " can only be read from front to back"};
}

const std::string& ByteStream::transcoded_from() const {
  static const std::string kAsItIs;
  return kAsItIs;
}

Result<std::unique_ptr<File>> File::open(const std::string& path, const std::filesystem::path& directory,
                                         GivesUp gives_up) {
  std::unique_ptr<File> file(new File);
  file->name_ = path;
  file->gives_up_ = std::move(gives_up);
  if (path == "-") {
    file->file_ = Descriptor(::dup(STDIN_FILENO));
    if (!file->file_.is_open()) return Error{ErrorKind::no_input, "stdin is closed"};
    return file;  // even where stdin is a regular file, only this process can find it again
  }
  const std::filesystem::path place = directory / path;
  auto opened = open_for_reading(place);
  if (!opened) return std::move(opened).error();
  file->file_ = *std::move(opened);
  struct stat info {};
  if (::fstat(file->file_.get(), &info) != 0)
    return Error{ErrorKind::no_input, fmt::format("{}: {}", path, errno_text(errno))};
  if (S_ISDIR(info.st_mode))
    return Error{ErrorKind::no_input, path + " is a directory: name its files, for example " + path + "/*.csv"};
  file->regular_ = S_ISREG(info.st_mode);
  if (file->regular_) {
    std::error_code no_directory;
    file->identity_ = {std::filesystem::absolute(place, no_directory).string(), static_cast<uint64_t>(info.st_size),
                       int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
    ::posix_fadvise(file->file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return file;
}

Result<size_t> File::read_some(std::span<char> out) {
  if (!regular_ && gives_up_)
    if (auto ok = wait_for_bytes(); !ok) return std::move(ok).error();
  for (;;) {
    const ssize_t got = ::read(file_.get(), out.data(), out.size());
    if (got >= 0) return static_cast<size_t>(got);
    if (errno == EINTR) continue;
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot read on from byte {}: {}", name_, bytes_read_, errno_text(errno))};
  }
}

// Until there are some, or the pipe has ended, or is broken, which reading from it tells.
Result<void> File::wait_for_bytes() const {
  pollfd waiting{.fd = file_.get(), .events = POLLIN, .revents = 0};
  for (;;) {
    const int ready = ::poll(&waiting, 1, kAskAgainMilliseconds);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return {};
    if (gives_up_())
      return Error{ErrorKind::transient,
                   fmt::format("{}: stopped while it was waited for, at byte {}", name_, bytes_read_)};
  }
}

Result<std::string_view> File::peek(size_t bytes) {
  while (peeked_.size() < bytes) {
    const size_t had = peeked_.size();
    peeked_.resize(bytes);
    auto got = read_some(std::span(peeked_).subspan(had));
    peeked_.resize(had + (got ? *got : 0));
    if (!got) return std::move(got).error();
    if (*got == 0) break;
  }
  return std::string_view(peeked_).substr(0, bytes);
}

Result<size_t> File::read(std::span<char> out) {
  if (peeked_given_ < peeked_.size()) {
    const size_t give = std::min(out.size(), peeked_.size() - peeked_given_);
    std::memcpy(out.data(), peeked_.data() + peeked_given_, give);
    peeked_given_ += give;
    bytes_read_ += give;
    return give;
  }
  auto got = read_some(out);
  if (got) bytes_read_ += *got;
  return got;
}

Result<size_t> File::read_at(uint64_t offset, std::span<char> out) const {
  return bulkwrite::read_at(file_, offset, out, name_);
}

std::unique_ptr<ByteStream> plain_stream(std::unique_ptr<File> file) {
  return std::make_unique<PlainStream>(std::move(file));
}

}  // namespace bulkwrite::source
