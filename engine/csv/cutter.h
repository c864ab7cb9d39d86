// Cuts the bytes of the input into chunks. A chunk is a function of those bytes and of CutOptions alone: not of how the
// bytes arrive, and not of what the fields mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/csv/chunk.h"
#include "engine/csv/header.h"
#include "engine/csv/kernel.h"
#include "engine/csv/scanned_block.h"

namespace bulkwrite::csv {

constexpr uint64_t kRecordsMax = 25'000;    // contract 7.1; the header does not count
constexpr uint64_t kBytesMax = 25'000'000;  // contract 2.4, read the safe way: for the CSV as well as for the archive
constexpr uint64_t kRecordBytesMax = 1 << 20;
constexpr uint64_t kBlankBytesMax = 1 << 20;

struct CutOptions {
  uint64_t records_max = kRecordsMax;
  uint64_t bytes_max = kBytesMax;  // header plus records as they will be sent
  // A chunk also ends where its blank lines take so much, since they count for nothing else: without a bound, a chunk
  // of them would have none. Where a chunk has no record yet, they are let go of instead.
  uint64_t blank_bytes_max = kBlankBytesMax;
  uint64_t quote_bytes_max = kRecordBytesMax;
  bool resync_on_unclosed_quote = false;
  uint64_t header_bytes = 0;              // what the header takes of bytes_max; see header_allowance
  size_t headroom = 0;                    // free bytes in front of each chunk's buffer
  const Kernel* kernel = &best_kernel();  // whichever it is, the chunks are the same
};

// The bytes that the header of an archive may take, whichever names it will carry: those of the source, or the longer
// of "column_N" and the name.
uint64_t header_allowance(const Header& header);

// A quoted field without an end.
struct UnclosedQuote {
  uint32_t source;
  uint64_t record_number;
  uint64_t record_offset;  // of the record, in the source
  uint64_t quote_offset;   // of the quote that opens the field, in the source
  bool at_end = false;     // the source has ended before the field could become too long
};

// Use: begin_source, then space/filled or append for its bytes with next() after each, end_source, next() again; after
// the last source end_input, and next() until nothing comes. One thread. Memory: bytes_max + blank_bytes_max +
// quote_bytes_max + two blocks.
class Cutter {
 public:
  // `first_chunk` is the chunk_index of the first chunk.
  explicit Cutter(CutOptions options, uint64_t first_chunk = 0);

  // `first_record` is the number of the first record from data_offset on.
  void begin_source(uint32_t source, uint64_t data_offset, size_t columns, char delimiter, uint64_t first_record = 1);
  // Where the next bytes of the source go; valid until the next call. At least `bytes` long.
  std::span<char> space(size_t bytes);
  void filled(size_t bytes);
  // In place of these: the next bytes of the source, scanned ahead with this source's delimiter and quote_bytes_max.
  // The chunks are the same. Their bytes are in slices, which hold the block until they are gathered.
  void append(std::shared_ptr<const ScannedBlock> block);
  void end_source();
  void end_input();

  struct Cut {
    enum class Kind {
      need_bytes,  // or, behind end_input: nothing is left
      chunk,       // `chunk` is complete
      piece,       // `piece`: bytes of a record that fits into no chunk, valid until the next call; its chunk follows
      unclosed_quote,  // the input ends here; what came before it has been handed out
    } kind = Kind::need_bytes;
    Chunk chunk;
    std::string_view piece;
    UnclosedQuote unclosed{};
  };
  Cut next();

  // Gives back a chunk whose bytes are no longer needed, so that its memory serves again.
  void recycle(Chunk chunk);

  uint64_t chunks() const { return chunks_; }            // the chunk_index of the next one
  uint64_t records() const { return records_; }          // of those
  uint64_t blank_lines() const { return blank_lines_; }  // those of chunks, and behind the last record

 private:
  // What a run of whole lines adds to a chunk.
  struct Tally {
    uint64_t records = 0, blank_lines = 0, blank_bytes = 0, sent_bytes = 0;
    bool uniform = true;  // no blank line, and each record has as many fields as there are columns
  };

  void make_room(size_t capacity);
  std::optional<Cut> advance();
  void scan_some();
  ScanOutcome scan_bytes(size_t bytes_max);
  char byte_at(size_t at) const;
  void move_rest(Chunk& from, size_t rest);
  void settle_source();
  enum class Taken { all, chunk_complete, too_long };
  Taken take_lines();
  bool take_line(size_t end);
  void take(size_t end, const Tally& more);
  Tally tally(size_t begin, size_t end) const;
  Tally tally_scanned(size_t end);
  // Lines of nothing but their end.
  struct EmptyLines {
    uint64_t lines = 0, bytes = 0;
  };
  EmptyLines empty_lines(size_t begin, size_t end) const;
  bool is_empty(size_t begin, size_t line_feed) const;
  bool fits(const Tally& more) const { return sent_bytes_ + more.sent_bytes <= options_.bytes_max; }
  bool is_full() const { return chunk_records_ == options_.records_max || blank_bytes_ >= options_.blank_bytes_max; }
  uint64_t bytes_as_sent(size_t begin, size_t end) const;
  uint64_t source_offset(size_t at) const { return part_source_begin_ + (at - part_at_); }

  void resync();
  void close_part();
  Cut cut_chunk();
  Chunk split();
  void begin_too_long();
  Cut next_piece();
  Cut cut_too_long();
  void drop_piece();
  void start_chunk(size_t rest);

  const CutOptions options_;
  std::vector<Chunk> spare_;
  size_t largest_ = 0;  // that a chunk has been
  uint64_t chunks_ = 0, records_ = 0, blank_lines_ = 0;
  bool input_ended_ = false, stopped_ = false;

  // The open source, and the part of it that belongs to the chunk that is filling.
  uint32_t source_ = 0;
  bool source_open_ = false, source_ended_ = false, source_settled_ = false;
  uint64_t next_record_ = 1;        // record_number of the part's first record
  uint64_t part_source_begin_ = 0;  // offset in the source of the byte at part_at_
  size_t part_at_ = 0;
  Tally part_;

  // The chunk that is filling: [0, taken_) are whole lines of it; [0, scanned_) is in its index; [0, filled_) is there.
  Chunk chunk_;
  LexState state_;
  size_t taken_ = 0, scanned_ = 0, filled_ = 0;
  size_t searched_ = 0;  // no line ends in [taken_, searched_)
  uint64_t chunk_records_ = 0, chunk_blank_lines_ = 0, blank_bytes_ = 0, sent_bytes_ = 0;
  bool uniform_ = true;
  bool unterminated_ = false;                  // the byte before filled_ is an LF that the source lacks
  bool unclosed_ = false;                      // the scan stands at a quote that was open for too long
  std::shared_ptr<const ScannedBlock> ahead_;  // the one that was appended last
  CountedLines counted_;                       // of the step that was scanned last
  Index scratch_;

  // A record that fits into no chunk is going by; it began at this offset of the source.
  std::optional<uint64_t> too_long_begin_;
  size_t piece_end_ = 0;         // the piece handed out last ends here
  bool too_long_ended_ = false;  // it was the last one
};

}  // namespace bulkwrite::csv
