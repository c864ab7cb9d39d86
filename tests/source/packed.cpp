#include "tests/source/packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "engine/source/input.h"

namespace packed {
namespace {

class Packer {
 public:
  explicit Packer(Format format) : archive_(archive_write_new()), entry_(archive_entry_new()) {
    archive_write_set_format_raw(archive_);
    if (format == Format::gzip) archive_write_add_filter_gzip(archive_);
    if (format == Format::zstd) archive_write_add_filter_zstd(archive_);
    if (format == Format::xz) archive_write_add_filter_xz(archive_);
    if (format == Format::bzip2) archive_write_add_filter_bzip2(archive_);
    archive_write_set_bytes_in_last_block(archive_, 1);  // no padding
    archive_entry_set_filetype(entry_, AE_IFREG);
    archive_entry_set_pathname(entry_, "data");
    if (archive_write_open(archive_, &made_, nullptr, &Packer::take, nullptr) != ARCHIVE_OK ||
        archive_write_header(archive_, entry_) != ARCHIVE_OK)
      throw std::runtime_error("libarchive cannot pack");
  }
  ~Packer() {
    archive_entry_free(entry_);
    archive_write_free(archive_);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  void add(std::string_view bytes) {
    if (archive_write_data(archive_, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size()))
      throw std::runtime_error("libarchive cannot pack");
  }
  std::string finish() {
    archive_write_close(archive_);
    return std::move(made_);
  }

 private:
  static la_ssize_t take(archive* /*archive*/, void* made, const void* bytes, size_t size) {
    static_cast<std::string*>(made)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
  }

  std::string made_;
  archive* const archive_;
  archive_entry* const entry_;
};

}  // namespace

std::string pack(Format format, std::string_view bytes) {
  Packer packer(format);
  if (!bytes.empty()) packer.add(bytes);
  return packer.finish();
}

std::string pack_noughts(Format format, uint64_t bytes) {
  const std::string noughts(1 << 20, '\0');
  Packer packer(format);
  for (; bytes > 0; bytes -= std::min<uint64_t>(bytes, noughts.size()))
    packer.add(std::string_view(noughts).substr(0, bytes));
  return packer.finish();
}

bulkwrite::Result<std::string> read_rest(bulkwrite::source::ByteStream& stream, size_t step) {
  std::string bytes, part(step, '\0');
  for (;;) {
    auto got = stream.read(part);
    if (!got) return std::move(got).error();
    if (*got > part.size()) throw std::runtime_error("more bytes than there was room for");
    if (*got == 0) return bytes;
    bytes.append(part, 0, *got);
  }
}

bulkwrite::Result<std::vector<Source>> read_all(const std::vector<std::string>& paths, size_t step) {
  auto input = bulkwrite::source::Input::open(paths);
  if (!input) return std::move(input).error();
  std::vector<Source> sources;
  for (;;) {
    auto stream = input->next();
    if (!stream) return std::move(stream).error();
    if (*stream == nullptr) return sources;
    auto bytes = read_rest(**stream, step);
    if (!bytes) return std::move(bytes).error();
    sources.push_back({(*stream)->name(), *std::move(bytes), (*stream)->rereadable()});
  }
}

bulkwrite::Result<std::vector<Source>> read_all(const TemporaryDirectory& directory, std::string_view bytes,
                                                size_t step) {
  const auto path = directory / "input";
  std::ofstream file(path, std::ios::binary);  // not write_file(): thousands of these need not be durable
  file << bytes;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
  return read_all(std::vector<std::string>{path.string()}, step);
}

long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace packed
