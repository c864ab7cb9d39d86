// Reads a chunk's bytes again, from its sources by range or from the copy that was kept of a stream.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "engine/base/result.h"
#include "engine/csv/chunk.h"
#include "engine/csv/cutter.h"
#include "engine/run/front.h"

namespace bulkwrite::run {

// What identifies a chunk.
struct ChunkRanges {
  uint64_t chunk_index = 0;
  std::vector<csv::Part> parts;
  uint32_t crc_source = 0;  // CRC-32 of the bytes of its parts, one after another
  bool too_long = false;
};

// The CRC-32 of a chunk's source bytes, also of those that have gone by.
uint32_t crc_of_source(const csv::Chunk& chunk);

// The same, and whether csv::is_clean_text holds for all of it: in one pass, as a chunk is larger than the near caches.
struct SourceLook {
  uint32_t crc = 0;
  bool clean_text = false;
};
SourceLook look_at_source(const csv::Chunk& chunk);

// Copies of what cannot be read twice: one file a chunk, in a folder of their own.
class Spool {
 public:
  explicit Spool(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Whether the chunk must be kept: a source of it cannot be read again.
  static bool needs(const csv::Chunk& chunk, const Front& front);
  Result<void> keep(const csv::Chunk& chunk) const;  // any thread, one at a time for a chunk
  Result<void> append(uint64_t chunk_index,
                      std::string_view bytes) const;  // pieces of a record that fits into no chunk
  bool has(uint64_t chunk_index) const;
  void remove(uint64_t chunk_index) const;
  void remove_all() const;
  std::filesystem::path path(uint64_t chunk_index) const;

 private:
  std::filesystem::path directory_;
};

// Compares a stream that is read a second time with the chunks that were cut from it the first time.
class SkipCheck final : public SkipSink {
 public:
  explicit SkipCheck(std::vector<ChunkRanges> chunks) : chunks_(std::move(chunks)) {}
  Result<void> skipped(uint32_t source, uint64_t offset, std::string_view bytes) override;

 private:
  std::vector<ChunkRanges> chunks_;
  size_t chunk_ = 0, part_ = 0;
  uint32_t crc_ = 0;
  bool whole_ = true;  // no byte of the chunk was read elsewhere
};

// Spools records that fit into no chunk where their source cannot be read again.
class SpoolPieces final : public PieceSink {
 public:
  explicit SpoolPieces(const Spool& spool) : spool_(spool) {}
  Result<void> piece(uint64_t chunk_index, const SourceInfo& source, std::string_view bytes) override {
    return source.rereadable ? Result<void>() : spool_.append(chunk_index, bytes);
  }

 private:
  const Spool& spool_;
};

// Gives the bytes of a chunk that has been sent. One thread.
class Rereader {
 public:
  Rereader(const Front& front, const Spool& spool, csv::CutOptions options);

  // The chunk as it was cut, index and all. An error (input_data) when the bytes are no longer those that were sent.
  // Precondition: not too_long.
  Result<csv::Chunk> chunk(const ChunkRanges& ranges);
  // Gives back a chunk whose bytes are no longer needed, so that its memory serves the next one.
  void recycle(csv::Chunk chunk) { spare_ = std::move(chunk); }
  // The raw bytes of a too_long record, in pieces. The same error, behind the last piece.
  Result<void> too_long(const ChunkRanges& ranges, const std::function<Result<void>(std::string_view)>& piece);

 private:
  Result<void> read(const ChunkRanges& ranges, const csv::Part& part, uint64_t offset, std::span<char> out);

  const Front& front_;
  const Spool& spool_;
  const csv::CutOptions options_;
  csv::Chunk spare_;
};

}  // namespace bulkwrite::run
