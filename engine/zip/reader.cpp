#include "engine/zip/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "engine/base/utf8_locale.h"

namespace bulkwrite::zip {
namespace {

constexpr size_t kBlockBytes = 64 * 1024;

// By its directory only: read as a stream, an archive that lacks its end would pass for a whole one.
void read_by_directory(::archive* handle) {
  archive_read_support_format_zip_seekable(handle);
}

// libarchive knows others too; some of them take as much memory as an archive asks for.
bool is_stored_or_deflated(::archive* handle) {
  const std::string_view format = archive_format_name(handle);  // of the current member: "ZIP 2.0 (deflation)"
  return format.ends_with("(uncompressed)") || format.ends_with("(deflation)");
}

}  // namespace

void ArchiveReader::Free::operator()(::archive* handle) const {
  archive_read_free(handle);
}

Error ArchiveReader::fault() const {
  const char* const text = archive_error_string(archive_.get());
  return fault(text == nullptr ? "it cannot be read" : text);
}

Error ArchiveReader::fault(std::string_view why) const {
  return {ErrorKind::input_data, fmt::format("{} is not a sound ZIP: {}", name_, why)};
}

Result<ArchiveReader> ArchiveReader::open_file(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::exists(path, failure)) return Error{ErrorKind::no_input, path.string() + " is not there"};
  ArchiveReader reader(Handle(archive_read_new()), path.string());
  read_by_directory(reader.archive_.get());
  if (archive_read_open_filename(reader.archive_.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) return reader.fault();
  return reader;
}

Result<ArchiveReader> ArchiveReader::open_bytes(std::string_view bytes) {
  ArchiveReader reader(Handle(archive_read_new()), "the archive");
  read_by_directory(reader.archive_.get());
  if (archive_read_open_memory(reader.archive_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return reader.fault();
  return reader;
}

Result<std::optional<std::string>> ArchiveReader::next_member() {
  const Utf8Locale names;
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(archive_.get(), &entry);
  // Its directory may be damaged such that no entry of it is found.
  if (status == ARCHIVE_EOF && archive_file_count(archive_.get()) == 0) return fault();
  if (status == ARCHIVE_EOF) return std::optional<std::string>();
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return fault();
  if (!is_stored_or_deflated(archive_.get())) return fault("a method of compression that ZIPs of results do not have");
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  return std::optional<std::string>(name == nullptr ? "" : name);
}

Result<size_t> ArchiveReader::read(std::span<char> out) {
  const la_ssize_t got = archive_read_data(archive_.get(), out.data(), out.size());
  if (got < 0) return fault();
  return static_cast<size_t>(got);
}

}  // namespace bulkwrite::zip
