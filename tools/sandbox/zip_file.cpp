#include "tools/sandbox/zip_file.h"

#include <zip.h>

#include <memory>
#include <stdexcept>

namespace bulkwrite::sandbox {
namespace {

constexpr size_t kReadStepBytes = 256 * 1024;
constexpr zip_uint32_t kCompressionLevel = 1;

struct ArchiveCloser {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct MemberCloser {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};
struct SourceFreer {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, ArchiveCloser>;
using Member = std::unique_ptr<zip_file_t, MemberCloser>;
using Source = std::unique_ptr<zip_source_t, SourceFreer>;

Archive open_archive(std::string_view zip) {
  zip_error_t error;
  zip_error_init(&error);
  Source source(zip_source_buffer_create(zip.data(), zip.size(), 0, &error));
  Archive archive;
  if (source) archive.reset(zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, &error));
  if (archive) static_cast<void>(source.release());  // now the archive's
  zip_error_fini(&error);
  return archive;
}

bool is_content(const std::string& name) {
  return !name.empty() && name.back() != '/' && !name.starts_with("__MACOSX/");
}

std::string written_bytes(zip_source_t* source) {
  if (zip_source_open(source) != 0) throw std::runtime_error("cannot read back a ZIP");
  zip_source_seek(source, 0, SEEK_END);
  std::string bytes(static_cast<size_t>(zip_source_tell(source)), '\0');
  zip_source_seek(source, 0, SEEK_SET);
  const zip_int64_t count = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (count != static_cast<zip_int64_t>(bytes.size())) throw std::runtime_error("cannot read back a ZIP");
  return bytes;
}

}  // namespace

std::optional<std::vector<std::string>> zip_member_names(std::string_view zip) {
  const Archive archive = open_archive(zip);
  if (!archive) return std::nullopt;
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const char* name = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
    if (name != nullptr && is_content(name)) names.emplace_back(name);
  }
  return names;
}

std::optional<std::string> read_zip_member(std::string_view zip, const std::string& name, size_t bytes_max) {
  const Archive archive = open_archive(zip);
  if (!archive) return std::nullopt;
  const Member member(zip_fopen(archive.get(), name.c_str(), 0));
  if (!member) return std::nullopt;
  std::string bytes;
  while (bytes.size() <= bytes_max) {
    const size_t old_size = bytes.size();
    const size_t step = std::min(kReadStepBytes, bytes_max + 1 - old_size);
    bytes.resize(old_size + step);
    const zip_int64_t count = zip_fread(member.get(), bytes.data() + old_size, step);
    if (count < 0) return std::nullopt;
    bytes.resize(old_size + static_cast<size_t>(count));
    if (count == 0) break;
  }
  return bytes;
}

std::string make_zip(const std::string& name, std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  const Source target(zip_source_buffer_create(nullptr, 0, 0, &error));
  if (!target) throw std::runtime_error("cannot make a ZIP");
  Archive archive(zip_open_from_source(target.get(), ZIP_CREATE | ZIP_TRUNCATE, &error));
  if (!archive) throw std::runtime_error("cannot make a ZIP");
  zip_source_keep(target.get());  // one count is ours, one the archive's
  zip_source_t* content = zip_source_buffer(archive.get(), bytes.data(), bytes.size(), 0);
  const zip_int64_t index = zip_file_add(archive.get(), name.c_str(), content, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(content);
    throw std::runtime_error("cannot add to a ZIP");
  }
  zip_set_file_compression(archive.get(), static_cast<zip_uint64_t>(index), ZIP_CM_DEFLATE, kCompressionLevel);
  if (zip_close(archive.get()) != 0) throw std::runtime_error("cannot finish a ZIP");
  static_cast<void>(archive.release());
  return written_bytes(target.get());
}

}  // namespace bulkwrite::sandbox
