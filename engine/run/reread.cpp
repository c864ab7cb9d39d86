#include "engine/run/reread.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "engine/base/crash_point.h"
#include "engine/base/deliberate_bug.h"
#include "engine/csv/text.h"
#include "engine/zip/crc32.h"

namespace bulkwrite::run {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

Error cannot_spool(const std::filesystem::path& path) {
  return {ErrorKind::cannot_write, fmt::format("cannot write {}: {}", path.string(), errno_text(errno))};
}

Error changed(const std::string& name, const ChunkRanges& ranges) {
  return {
      ErrorKind::input_data,
      fmt::format(
          "{} has changed since it was read: the bytes of chunk {} (from byte {}) are not those that were sent, so its "
          "results cannot be tied to records; put the file back as it was",
          name, ranges.chunk_index, ranges.parts.front().begin)};
}

// Cuts that can end a chunk only where its source bytes end.
csv::CutOptions without_limits(csv::CutOptions options) {
  options.records_max = std::numeric_limits<uint64_t>::max();
  options.bytes_max = std::numeric_limits<uint64_t>::max() / 2;
  options.blank_bytes_max = std::numeric_limits<uint64_t>::max();
  options.header_bytes = 0;
  return options;
}

}  // namespace

uint32_t crc_of_source(const csv::Chunk& chunk) {
  if (chunk.too_long) return chunk.passed_crc;
  uint32_t crc = 0;
  for (const csv::Part& part : chunk.parts) crc = zip::crc32(crc, chunk.bytes_of(part));
  return crc;
}

SourceLook look_at_source(const csv::Chunk& chunk) {
  if (chunk.too_long) return {.crc = chunk.passed_crc};
  SourceLook look{.clean_text = true};
  for (const csv::Part& part : chunk.parts) {
    const std::string_view bytes = chunk.bytes_of(part);
    for (size_t begin = 0, end = 0; begin < bytes.size(); begin = end) {
      end = csv::text_block_end(bytes, begin);
      const std::string_view block = bytes.substr(begin, end - begin);
      look.crc = zip::crc32(look.crc, block);
      look.clean_text = look.clean_text && csv::is_clean_text(block);
    }
  }
  return look;
}

bool Spool::needs(const csv::Chunk& chunk, const Front& front) {
  for (const csv::Part& part : chunk.parts)
    if (!front.source(part.source).rereadable) return true;
  return false;
}

std::filesystem::path Spool::path(uint64_t chunk_index) const {
  return directory_ / fmt::format("chunk-{:05}.csv", chunk_index);
}

bool Spool::has(uint64_t chunk_index) const {
  std::error_code ignored;
  return std::filesystem::exists(path(chunk_index), ignored);
}

void Spool::remove(uint64_t chunk_index) const {
  std::error_code ignored;
  std::filesystem::remove(path(chunk_index), ignored);
  crash_point("spool: a chunk has been removed");
}

void Spool::remove_all() const {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
  crash_point("spool: removed");
}

Result<void> Spool::keep(const csv::Chunk& chunk) const {
  auto file = AtomicFile::create(path(chunk.chunk_index));
  if (!file) return std::move(file).error();
  for (const csv::Part& part : chunk.parts)
    if (auto ok = file->write(chunk.bytes_of(part)); !ok) return ok;
  return file->commit();
}

Result<void> Spool::append(uint64_t chunk_index, std::string_view bytes) const {
  const std::filesystem::path file = path(chunk_index);
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!out.is_open()) return cannot_spool(file);
  while (!bytes.empty()) {
    const ssize_t written = ::write(out.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_spool(file);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  crash_point("spool: a piece has been kept");
  return {};
}

Result<void> SkipCheck::skipped(uint32_t source, uint64_t offset, std::string_view bytes) {
  const uint64_t end = offset + bytes.size();
  while (chunk_ < chunks_.size()) {
    const ChunkRanges& ranges = chunks_[chunk_];
    const csv::Part& part = ranges.parts[part_];
    if (part.source > source || (part.source == source && part.begin >= end)) return {};
    if (part.source < source) {
      whole_ = false;
    } else {
      const uint64_t from = std::max(part.begin, offset), to = std::min(part.end, end);
      crc_ = zip::crc32(crc_, bytes.substr(from - offset, to - from));
      if (part.end > end) return {};
    }
    if (++part_ < ranges.parts.size()) continue;
    if (whole_ && !ranges.too_long && crc_ != ranges.crc_source) return changed("the input", ranges);
    ++chunk_;
    part_ = 0;
    crc_ = 0;
    whole_ = true;
  }
  return {};
}

Rereader::Rereader(const Front& front, const Spool& spool, csv::CutOptions options)
    : front_(front), spool_(spool), options_(without_limits(options)) {}

// Bytes [offset, offset + out.size()) of a part: from the spool, where the parts stand one after another, or from the
// source.
Result<void> Rereader::read(const ChunkRanges& ranges, const csv::Part& part, uint64_t offset, std::span<char> out) {
  std::filesystem::path path = front_.source(part.source).identity.path;
  uint64_t from = part.begin + offset;
  if (spool_.has(ranges.chunk_index)) {
    path = spool_.path(ranges.chunk_index);
    from = offset;
    for (const csv::Part& before : ranges.parts) {
      if (before == part) break;
      from += before.bytes();
    }
  }
  auto file = open_for_reading(path);
  if (!file) return std::move(file).error();
  auto got = read_at(*file, from, out, path);
  if (!got) return std::move(got).error();
  if (*got != out.size()) return changed(path.string(), ranges);
  return {};
}

Result<csv::Chunk> Rereader::chunk(const ChunkRanges& ranges) {
  csv::Cutter cutter(options_);
  cutter.recycle(std::exchange(spare_, {}));
  uint32_t crc = 0;
  for (const csv::Part& part : ranges.parts) {
    cutter.begin_source(part.source, part.begin, front_.header().names.size(), front_.header().delimiter,
                        part.first_record);
    const std::span<char> bytes = cutter.space(part.bytes()).first(part.bytes());
    if (auto ok = read(ranges, part, 0, bytes); !ok) return std::move(ok).error();
    crc = zip::crc32(crc, {bytes.data(), bytes.size()});
    cutter.filled(bytes.size());
    cutter.end_source();
    if (cutter.next().kind != csv::Cutter::Cut::Kind::need_bytes)
      return changed(front_.source(part.source).name, ranges);
  }
  if (crc != ranges.crc_source && !deliberate_bug(DeliberateBug::crc_not_compared))
    return changed(front_.source(ranges.parts.front().source).name, ranges);
  cutter.end_input();
  csv::Cutter::Cut cut = cutter.next();
  if (cut.kind != csv::Cutter::Cut::Kind::chunk || cut.chunk.parts != ranges.parts)
    return Error{ErrorKind::unexpected,
                 fmt::format("chunk {} was cut differently the second time", ranges.chunk_index)};
  cut.chunk.chunk_index = ranges.chunk_index;
  return std::move(cut.chunk);
}

Result<void> Rereader::too_long(const ChunkRanges& ranges, const std::function<Result<void>(std::string_view)>& piece) {
  const csv::Part& part = ranges.parts.front();
  std::string buffer(kPieceBytes, '\0');
  uint32_t crc = 0;
  for (uint64_t at = 0; at < part.bytes(); at += buffer.size()) {
    buffer.resize(std::min<uint64_t>(kPieceBytes, part.bytes() - at));
    if (auto ok = read(ranges, part, at, buffer); !ok) return ok;
    crc = zip::crc32(crc, buffer);
    if (auto ok = piece(buffer); !ok) return ok;
  }
  if (crc != ranges.crc_source) return changed(front_.source(part.source).name, ranges);
  return {};
}

}  // namespace bulkwrite::run
