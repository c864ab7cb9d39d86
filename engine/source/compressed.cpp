#include "engine/source/compressed.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/utf8_locale.h"

namespace bulkwrite::source {
namespace {

constexpr size_t kInBytes = 128 * 1024;
constexpr size_t kZipEndBytesMax = 22 + 65'535;  // the end of a ZIP's directory and a comment behind it
constexpr size_t kZip64EndBytes = 56 + 20;       // and what stands before it in a large one
constexpr size_t kTailBytes = kZipEndBytesMax + kZip64EndBytes;

// A libarchive reader over one of our files.
class Reader {
 public:
  explicit Reader(std::unique_ptr<File> file) : file_(std::move(file)), in_(kInBytes), archive_(archive_read_new()) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { archive_read_free(archive_); }

  bool open() { return archive_read_open(archive_, this, nullptr, &Reader::give, nullptr) == ARCHIVE_OK; }
  archive* get() { return archive_; }
  const File& file() const { return *file_; }
  File& file() { return *file_; }

  // Reads on to the end of the file, past what libarchive wanted: its last bytes, kTailBytes at least if it has them.
  Result<std::string_view> last_bytes() {
    for (;;) {
      auto got = file_->read(in_);
      if (!got) return std::move(got).error();
      if (*got == 0) return std::string_view(tail_);
      keep_tail({in_.data(), *got});
    }
  }

  Error damaged(const std::string& name, uint64_t out_bytes) const {
    if (read_error_) return *read_error_;
    const char* const text = archive_error_string(archive_);
    return damaged(name, out_bytes, text == nullptr ? "the data is damaged or cut off" : text);
  }
  Error damaged(const std::string& name, uint64_t out_bytes, const std::string& why) const {
    return {ErrorKind::input_data,
            fmt::format("{}: damaged compressed data near byte {} of the file (byte {} of the CSV): {}", name,
                        file_->bytes_read(), out_bytes, why)};
  }

 private:
  static la_ssize_t give(archive* reader, void* self, const void** bytes) {
    Reader& me = *static_cast<Reader*>(self);
    auto got = me.file_->read(me.in_);
    if (!got) {
      me.read_error_ = std::move(got).error();
      archive_set_error(reader, EIO, "%s", "the file cannot be read");
      return ARCHIVE_FATAL;
    }
    *bytes = me.in_.data();
    me.keep_tail({me.in_.data(), *got});
    return static_cast<la_ssize_t>(*got);
  }

  void keep_tail(std::string_view block) {
    if (block.size() >= kTailBytes) tail_.clear();
    tail_.append(block.substr(block.size() - std::min(block.size(), kTailBytes)));
    if (tail_.size() > 2 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  }

  std::unique_ptr<File> file_;
  std::vector<char> in_;
  std::string tail_;
  std::optional<Error> read_error_;
  archive* const archive_;
};

class FilteredStream final : public ByteStream {
 public:
  FilteredStream(std::unique_ptr<Reader> reader, bool empty) : reader_(std::move(reader)), empty_(empty) {}
  const std::string& name() const override { return reader_->file().name(); }
  bool rereadable() const override { return false; }
  const FileIdentity& identity() const override { return reader_->file().identity(); }
  uint64_t file_bytes_read() const override { return reader_->file().bytes_read(); }

  Result<size_t> read(std::span<char> out) override {
    const la_ssize_t got = empty_ ? 0 : archive_read_data(reader_->get(), out.data(), out.size());
    if (got < 0) return reader_->damaged(name(), out_bytes_);
    out_bytes_ += static_cast<uint64_t>(got);
    if (got == 0)
      if (auto ok = check_end(); !ok) return std::move(ok).error();
    return static_cast<size_t>(got);
  }

 private:
  // libarchive takes what it does not know behind a stream for the end: every byte of the file must have been used.
  Result<void> check_end() {
    const auto used = static_cast<uint64_t>(archive_filter_bytes(reader_->get(), -1));
    std::vector<char> rest(1);
    auto more = reader_->file().read(rest);
    if (!more) return std::move(more).error();
    const uint64_t all = reader_->file().bytes_read();
    if (used == all && *more == 0) return {};
    return reader_->damaged(name(), out_bytes_,
                            fmt::format("the compressed data ends at byte {}, and other bytes follow", used));
  }

  std::unique_ptr<Reader> reader_;
  const bool empty_;
  uint64_t out_bytes_ = 0;
};

uint64_t little_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// How many files a ZIP says that it holds, by the end of its directory; nothing where that is not there.
std::optional<uint64_t> files_declared(std::string_view tail) {
  const size_t end = tail.rfind("PK\x05\x06");
  if (end == std::string_view::npos || tail.size() - end < 22) return std::nullopt;
  const uint64_t count = little_endian(tail.substr(end + 10, 2));
  const size_t large = tail.rfind("PK\x06\x06", end);
  if (count < 0xFFFF || large == std::string_view::npos || end - large < kZip64EndBytes) return count;
  return little_endian(tail.substr(large + 32, 8));
}

bool is_csv_member(const std::string& path) {
  const std::string base = path.substr(path.find_last_of('/') + 1);
  if (path.starts_with("__MACOSX/") || base.starts_with("._")) return false;
  std::string ending = base.size() < 4 ? "" : base.substr(base.size() - 4);
  for (char& c : ending) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return ending == ".csv" || ending == ".tsv" || ending == ".txt";
}

class MemberStream final : public ByteStream {
 public:
  MemberStream(Reader& reader, std::string name) : reader_(reader), name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  bool rereadable() const override { return false; }
  const FileIdentity& identity() const override { return reader_.file().identity(); }
  uint64_t file_bytes_read() const override { return reader_.file().bytes_read(); }

  Result<size_t> read(std::span<char> out) override {
    const la_ssize_t got = archive_read_data(reader_.get(), out.data(), out.size());
    if (got < 0) return reader_.damaged(name_, out_bytes_);
    out_bytes_ += static_cast<uint64_t>(got);
    return static_cast<size_t>(got);
  }

 private:
  Reader& reader_;
  const std::string name_;
  uint64_t out_bytes_ = 0;
};

class LibarchiveMembers final : public ZipMembers {
 public:
  explicit LibarchiveMembers(std::unique_ptr<Reader> reader) : reader_(std::move(reader)) {}

  Result<std::unique_ptr<ByteStream>> next() override {
    const Utf8Locale names;
    const std::string& archive_name = reader_->file().name();
    for (;;) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(reader_->get(), &entry);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return reader_->damaged(archive_name, 0);
      ++files_;
      const char* const path = archive_entry_pathname(entry);
      if (path == nullptr) return reader_->damaged(archive_name, 0, "the name of a file in it cannot be read");
      if (archive_entry_filetype(entry) == AE_IFDIR || !is_csv_member(path)) continue;
      const std::string name = archive_name + "!" + path;
      if (archive_entry_is_encrypted(entry) != 0)
        return Error{ErrorKind::input_data, name + " is encrypted: unpack it first"};
      found_ = true;
      return std::unique_ptr<ByteStream>(std::make_unique<MemberStream>(*reader_, name));
    }
    if (auto ok = check_complete(); !ok) return std::move(ok).error();
    if (found_) return std::unique_ptr<ByteStream>();
    return Error{ErrorKind::input_data, archive_name + " holds no .csv, .tsv or .txt file"};
  }

 private:
  // Read as a stream, a ZIP that lacks its end passes for a whole one, and a file whose head is damaged for none.
  Result<void> check_complete() {
    auto tail = reader_->last_bytes();
    if (!tail) return std::move(tail).error();
    const auto declared = files_declared(*tail);
    if (!declared) return reader_->damaged(reader_->file().name(), 0, "the end of its directory is missing");
    if (*declared == files_) return {};
    return reader_->damaged(reader_->file().name(), 0,
                            fmt::format("it says that it holds {} files, and {} were found", *declared, files_));
  }

  std::unique_ptr<Reader> reader_;
  uint64_t files_ = 0;
  bool found_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> filtered_stream(std::unique_ptr<File> file) {
  auto reader = std::make_unique<Reader>(std::move(file));
  archive_read_support_filter_zstd(reader->get());
  archive_read_support_filter_xz(reader->get());
  archive_read_support_filter_bzip2(reader->get());
  archive_read_support_format_raw(reader->get());
  archive_read_support_format_empty(reader->get());
  if (!reader->open()) return reader->damaged(reader->file().name(), 0);
  // Of a stream that is too short libarchive makes no stream at all, but bytes that are as they should be.
  if (archive_filter_code(reader->get(), 0) == ARCHIVE_FILTER_NONE)
    return reader->damaged(reader->file().name(), 0, "the file is cut off");
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(reader->get(), &entry);
  const bool empty = status == ARCHIVE_EOF && archive_errno(reader->get()) == 0;
  if (status != ARCHIVE_OK && !empty) return reader->damaged(reader->file().name(), 0);
  return std::unique_ptr<ByteStream>(std::make_unique<FilteredStream>(std::move(reader), empty));
}

Result<std::unique_ptr<ZipMembers>> zip_members(std::unique_ptr<File> file) {
  auto reader = std::make_unique<Reader>(std::move(file));
  archive_read_support_format_zip_streamable(reader->get());
  if (!reader->open()) return reader->damaged(reader->file().name(), 0);
  return std::unique_ptr<ZipMembers>(std::make_unique<LibarchiveMembers>(std::move(reader)));
}

}  // namespace bulkwrite::source
