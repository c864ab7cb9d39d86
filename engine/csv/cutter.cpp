#include "engine/csv/cutter.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace bulkwrite::csv {
namespace {

constexpr size_t kFirstCapacity = 1 << 18;

// A field of a tab-separated record that holds a comma gains two quotes when it is sent with commas.
constexpr uint64_t kTabGrowthPerField = 2;

// Whether the lexer may need to look at bytes behind it again, and from where.
size_t needed_from(const LexState& state, size_t scanned) {
  switch (state.position) {
    case Position::quoted:
    case Position::quote_in_quoted:
    case Position::closing_cr:
      return state.quote_begin;
    case Position::unquoted_cr:
      return scanned - 1;
    default:
      return scanned;
  }
}

}  // namespace

uint64_t Chunk::records() const {
  uint64_t sum = 0;
  for (const Part& part : parts) sum += part.records;
  return sum;
}

uint64_t Chunk::blank_lines() const {
  uint64_t sum = 0;
  for (const Part& part : parts) sum += part.blank_lines;
  return sum;
}

void ChunkBuffer::reserve(size_t capacity, size_t used) {
  if (capacity <= capacity_) return;
  const size_t grown = std::max({capacity, capacity_ * 2, kFirstCapacity});
  auto storage = std::make_unique_for_overwrite<char[]>(headroom_ + grown + kReadableBehind);
  if (used > 0) std::memcpy(storage.get() + headroom_, data(), used);
  storage_ = std::move(storage);
  capacity_ = grown;
}

void Chunk::gather() {
  if (slices.empty()) return;
  buffer.reserve(slices.back().at + slices.back().bytes.size() + 1, slices.front().at);
  for (const Slice& slice : slices) std::memcpy(buffer.data() + slice.at, slice.bytes.data(), slice.bytes.size());
  slices.clear();
}

uint64_t header_allowance(const Header& header) {
  uint64_t ours = 2;  // CRLF at most
  for (size_t i = 0; i < header.names.size(); ++i)
    ours += 1 + std::max(header.names[i].size(), fmt::formatted_size("column_{}", i + 1));
  const uint64_t growth = header.delimiter == '\t' ? kTabGrowthPerField * header.names.size() : 0;
  return std::max<uint64_t>(ours, header.bytes.size() + growth);
}

Cutter::Cutter(CutOptions options, uint64_t first_chunk) : options_(options), chunks_(first_chunk) {
  BULKWRITE_CHECK(options_.records_max > 0, "a chunk holds at least one record");
  chunk_.buffer = ChunkBuffer(options_.headroom);
  chunk_.kernel = options_.kernel;
  sent_bytes_ = options_.header_bytes;
}

void Cutter::begin_source(uint32_t source, uint64_t data_offset, size_t columns, char delimiter,
                          uint64_t first_record) {
  BULKWRITE_CHECK(!source_open_ && taken_ == filled_, "the source before this one has ended");
  source_ = source;
  source_open_ = true;
  source_ended_ = source_settled_ = false;
  next_record_ = first_record;
  part_source_begin_ = data_offset;
  part_at_ = filled_;
  part_ = {};
  chunk_.columns = columns;
  chunk_.delimiter = delimiter;
  state_ = {};
  unterminated_ = false;
  ahead_.reset();
}

std::span<char> Cutter::space(size_t bytes) {
  chunk_.gather();
  make_room(filled_ + bytes + 1);
  return {chunk_.buffer.data() + filled_, chunk_.buffer.capacity() - filled_ - 1};
}

// A chunk that outgrows its buffer moves into one that was given back meanwhile, if there is one that is large enough:
// so there are no more large buffers than chunks at work, this one included.
void Cutter::make_room(size_t capacity) {
  if (capacity <= chunk_.buffer.capacity()) return;
  const auto larger = std::max_element(spare_.begin(), spare_.end(), [](const Chunk& one, const Chunk& other) {
    return one.buffer.capacity() < other.buffer.capacity();
  });
  if (larger == spare_.end() || larger->buffer.capacity() < capacity) {
    chunk_.buffer.reserve(std::max(capacity, largest_ + largest_ / 8), filled_);  // chunks differ a little
    return;
  }
  std::swap(larger->buffer, chunk_.buffer);
  if (filled_ > 0) {
    std::memcpy(chunk_.buffer.data(), larger->buffer.data(), filled_);
  } else {
    std::swap(larger->index, chunk_.index);
    chunk_.index.clear();
  }
}

void Cutter::filled(size_t bytes) {
  filled_ += bytes;
}

void Cutter::append(std::shared_ptr<const ScannedBlock> block) {
  BULKWRITE_CHECK(block->offset() == source_offset(filled_), "a block follows on the bytes before it");
  chunk_.slices.push_back({filled_, block->bytes(), block});
  filled_ += block->bytes().size();
  ahead_ = std::move(block);
  if (too_long_begin_) chunk_.gather();
}

void Cutter::end_source() {
  source_ended_ = true;
}

void Cutter::end_input() {
  BULKWRITE_CHECK(!source_open_ || stopped_, "every source has ended");
  input_ended_ = true;
}

void Cutter::recycle(Chunk chunk) {
  if (chunk.buffer.capacity() > 0) spare_.push_back(std::move(chunk));
}

Cutter::Cut Cutter::next() {
  for (;;) {
    if (stopped_) return {};
    if (auto cut = advance()) return *std::move(cut);
  }
}

// One step; nothing when another one may follow.
std::optional<Cutter::Cut> Cutter::advance() {
  if (too_long_begin_) return next_piece();
  const Taken taken = take_lines();
  if (taken == Taken::chunk_complete && chunk_records_ > 0) return cut_chunk();
  if (taken == Taken::chunk_complete) {  // of blank lines
    recycle(split());
    return std::nullopt;
  }
  if (taken == Taken::too_long) {
    begin_too_long();
    return std::nullopt;
  }
  if (unclosed_) {
    if (options_.resync_on_unclosed_quote) {
      resync();
      return std::nullopt;
    }
    if (chunk_records_ > 0) return cut_chunk();
    stopped_ = true;
    blank_lines_ += chunk_blank_lines_;
    return Cut{.kind = Cut::Kind::unclosed_quote,
               .unclosed = {source_, next_record_ + part_.records, source_offset(taken_),
                            source_offset(state_.quote_begin), source_ended_ && scanned_ == filled_}};
  }
  // What stands behind an open quote may yet turn out to belong to other records.
  if (sent_bytes_ + bytes_as_sent(taken_, needed_from(state_, scanned_)) > options_.bytes_max) {
    if (chunk_records_ > 0) return cut_chunk();
    begin_too_long();
    return std::nullopt;
  }
  if (scanned_ < filled_) {
    scan_some();
    return std::nullopt;
  }
  if (source_ended_ && !source_settled_) {
    settle_source();
    return std::nullopt;
  }
  if (source_ended_ && source_open_) {
    close_part();
    source_open_ = false;
  }
  if (input_ended_ && chunk_records_ > 0) return cut_chunk();
  if (input_ended_) {
    blank_lines_ += chunk_blank_lines_;
    stopped_ = true;
  }
  return Cut{};
}

void Cutter::scan_some() {
  const uint64_t here = source_offset(scanned_);
  ScanOutcome outcome{};
  counted_ = {};
  if (ahead_ && ahead_->covers(here)) {
    outcome =
        ahead_->go_on(static_cast<size_t>(here - ahead_->offset()), scanned_, state_, chunk_.index, counted_, scratch_);
    if (ahead_->columns() != chunk_.columns) counted_ = {};
  } else {
    // What a cut has left of a block before the one that was scanned ahead is scanned here once more.
    const bool before = ahead_ && here < ahead_->offset();
    outcome = scan_bytes(before ? static_cast<size_t>(ahead_->offset() - here) : filled_ - scanned_);
  }
  scanned_ = outcome.scanned;
  unclosed_ = outcome.unclosed_quote;
}

ScanOutcome Cutter::scan_bytes(size_t bytes_max) {
  chunk_.gather();
  // Kernels like to begin at whole words.
  const size_t end = std::min(scanned_ + bytes_max, (scanned_ / kScanStepBytes + 1) * kScanStepBytes);
  chunk_.index.cover(end + 1);
  return scan(*options_.kernel, {chunk_.buffer.data(), scanned_, end, chunk_.delimiter, options_.quote_bytes_max},
              state_, chunk_.index);
}

char Cutter::byte_at(size_t at) const {
  for (auto slice = chunk_.slices.rbegin(); slice != chunk_.slices.rend(); ++slice)
    if (at >= slice->at) return slice->bytes[at - slice->at];
  return chunk_.buffer.data()[at];
}

// The source has no more bytes: what is open ends here.
void Cutter::settle_source() {
  if (state_.position == Position::quoted) {
    unclosed_ = true;
    return;
  }
  source_settled_ = true;
  chunk_.index.cover(filled_ + 1);
  if (!settle_at_end(state_, filled_, chunk_.index)) return;
  chunk_.gather();
  chunk_.buffer.data()[filled_] = '\n';
  chunk_.index.mark_end(filled_);
  state_ = {};
  scanned_ = ++filled_;
  unterminated_ = true;
}

// A CR before the LF that we put there is no part of a line's end.
bool Cutter::is_empty(size_t begin, size_t line_feed) const {
  if (unterminated_ && line_feed + 1 == filled_) return false;
  return line_feed == begin || (line_feed == begin + 1 && byte_at(begin) == '\r');
}

// The least that a record takes which begins with these bytes. None at all may yet become a blank line.
uint64_t Cutter::bytes_as_sent(size_t begin, size_t end) const {
  if (begin == end) return 0;
  const uint64_t bytes = end - begin;
  if (chunk_.delimiter != '\t') return bytes;
  return bytes + kTabGrowthPerField * (1 + count_bits(chunk_.index.structurals, begin, end));
}

// Whole lines [begin, end), as a loop over them would count them; in words of 64 bytes.
Cutter::Tally Cutter::tally(size_t begin, size_t end) const {
  const RecordCount lines = count_records(*options_.kernel, chunk_.index, begin, end, chunk_.columns);
  Tally sum{.records = lines.records, .sent_bytes = end - begin, .uniform = lines.uniform};
  if (!lines.uniform || chunk_.columns == 1) {
    const EmptyLines empty = empty_lines(begin, end);
    if (empty.lines > 0) sum.uniform = false;
    if (chunk_.columns > 1) {
      sum.records -= empty.lines;
      sum.blank_lines = empty.lines;
      sum.blank_bytes = empty.bytes;
      sum.sent_bytes -= empty.bytes;
    }
  }
  if (chunk_.delimiter == '\t')
    sum.sent_bytes += kTabGrowthPerField * (count_bits(chunk_.index.structurals, begin, end) - sum.blank_lines);
  return sum;
}

// The same, from taken_ on. Where each line has as many fields as there are several columns, none is blank, and to have
// counted them is enough.
Cutter::Tally Cutter::tally_scanned(size_t end) {
  const CountedLines counted = std::exchange(counted_, {});
  const bool is_enough = counted.begin > taken_ && counted.begin < counted.end && counted.end == end &&
                         counted.count.uniform && chunk_.columns > 1;
  if (!is_enough) return tally(taken_, end);
  Tally sum = tally(taken_, counted.begin);
  sum.records += counted.count.records;
  sum.sent_bytes += end - counted.begin;
  if (chunk_.delimiter == '\t') sum.sent_bytes += kTabGrowthPerField * counted.count.records * chunk_.columns;
  return sum;
}

Cutter::EmptyLines Cutter::empty_lines(size_t begin, size_t end) const {
  const std::vector<uint64_t>& ends = chunk_.index.record_ends;
  EmptyLines empty;
  for (size_t word = begin / 64; word <= (end - 1) / 64; ++word) {
    const uint64_t before = word == 0 ? uint64_t{1} << 63 : ends[word - 1];  // a line begins at offset 0
    const uint64_t one_back = ends[word] << 1 | before >> 63;
    const uint64_t two_back = ends[word] << 2 | before >> 62;
    for (uint64_t short_lines = ends[word] & (one_back | two_back); short_lines != 0; short_lines &= short_lines - 1) {
      const size_t at = word * 64 + static_cast<size_t>(std::countr_zero(short_lines));
      if (at < begin || at >= end) continue;
      const size_t line = (one_back >> (at % 64) & 1) != 0 ? at : at - 1;
      if (!is_empty(line, at)) continue;
      ++empty.lines;
      empty.bytes += at + 1 - line;
    }
  }
  return empty;
}

void Cutter::take(size_t end, const Tally& more) {
  taken_ = end;
  chunk_records_ += more.records;
  chunk_blank_lines_ += more.blank_lines;
  blank_bytes_ += more.blank_bytes;
  sent_bytes_ += more.sent_bytes;
  uniform_ = uniform_ && more.uniform;
  part_.records += more.records;
  part_.blank_lines += more.blank_lines;
}

// Takes the whole lines that were scanned. A chunk that is complete ends at taken_; a line that is too long begins
// there.
Cutter::Taken Cutter::take_lines() {
  const size_t last = find_last_bit(chunk_.index.record_ends, std::max(taken_, searched_), scanned_);
  searched_ = scanned_;
  if (last == scanned_) return Taken::all;
  const Tally lines = tally_scanned(last + 1);
  if (fits(lines) && chunk_records_ + lines.records < options_.records_max &&
      blank_bytes_ + lines.blank_bytes < options_.blank_bytes_max) {
    take(last + 1, lines);
    return Taken::all;
  }
  while (taken_ <= last) {
    const size_t end = find_bit(chunk_.index.record_ends, taken_, scanned_) + 1;
    if (!take_line(end)) return chunk_records_ > 0 ? Taken::chunk_complete : Taken::too_long;
    if (is_full()) return Taken::chunk_complete;
  }
  return Taken::all;
}

// False when the line does not fit.
bool Cutter::take_line(size_t end) {
  const Tally line = tally(taken_, end);
  if (!fits(line)) return false;
  take(end, line);
  return true;
}

// Gives up the open quote: its record ends at the first LF behind it, and scanning goes on from there.
void Cutter::resync() {
  unclosed_ = false;
  searched_ = std::min(searched_, state_.quote_begin);
  if (!state_.blamed) chunk_.index.flaws.push_back({state_.quote_begin, Flaw::unclosed_quote});
  chunk_.gather();
  const char* const data = chunk_.buffer.data();
  const void* found = std::memchr(data + state_.quote_begin, '\n', filled_ - state_.quote_begin);
  if (found == nullptr) {
    chunk_.index.cover(filled_ + 1);
    state_.position = Position::flawed;
    state_.blamed = true;
    scanned_ = filled_;
    return;
  }
  const size_t line_feed = static_cast<size_t>(static_cast<const char*>(found) - data);
  chunk_.index.cover(line_feed + 1);
  chunk_.index.mark_end(line_feed);
  scanned_ = line_feed + 1;
  state_ = {};
}

// Puts what was taken of the open source since part_at_ into the chunk as a part.
void Cutter::close_part() {
  if (taken_ == part_at_) return;
  const bool unterminated = unterminated_ && taken_ == filled_;
  const size_t end = taken_ - (unterminated ? 1 : 0);
  chunk_.parts.push_back({.source = source_,
                          .begin = source_offset(part_at_),
                          .end = source_offset(end),
                          .first_record = next_record_,
                          .records = part_.records,
                          .blank_lines = part_.blank_lines,
                          .at = part_at_,
                          .unterminated = unterminated});
  next_record_ += part_.records;
  part_source_begin_ = source_offset(end);
  part_at_ = taken_;
  part_ = {};
}

Cutter::Cut Cutter::cut_chunk() {
  Cut cut{.kind = Cut::Kind::chunk, .chunk = split()};
  cut.chunk.chunk_index = chunks_++;
  return cut;
}

// The whole lines that were taken; what is behind them begins the next chunk.
Chunk Cutter::split() {
  if (source_open_) close_part();
  largest_ = std::max(largest_, filled_);
  records_ += chunk_records_;
  blank_lines_ += chunk_blank_lines_;
  Chunk chunk = std::move(chunk_);
  chunk.size = taken_;
  chunk.index.truncate(taken_);
  chunk.regular = uniform_ && chunk.index.flaws.empty();
  const size_t held = chunk.slices.empty() ? filled_ : chunk.slices.front().at;
  start_chunk(taken_);
  move_rest(chunk, held);
  return chunk;
}

// The bytes behind the chunk that was cut, to the next one. `held` of both are in the buffer, the others in slices.
void Cutter::move_rest(Chunk& cut, size_t held) {
  if (held > cut.size)
    std::memcpy(chunk_.buffer.data(), cut.buffer.data() + cut.size, std::min(held - cut.size, filled_));
  const auto behind = std::find_if(cut.slices.begin(), cut.slices.end(),
                                   [&](const Slice& slice) { return slice.at + slice.bytes.size() > cut.size; });
  for (auto slice = behind; slice != cut.slices.end(); ++slice) {
    const size_t ours = slice->at < cut.size ? cut.size - slice->at : 0;
    chunk_.slices.push_back({slice->at + ours - cut.size, slice->bytes.substr(ours), slice->owner});
    slice->bytes = slice->bytes.substr(0, ours);
  }
  std::erase_if(cut.slices, [](const Slice& slice) { return slice.bytes.empty(); });
}

// A new chunk to fill; filled_ then counts the bytes behind `rest` of the old one, which the caller moves.
void Cutter::start_chunk(size_t rest) {
  const size_t columns = chunk_.columns;
  const char delimiter = chunk_.delimiter;
  const bool reuse = !spare_.empty();
  Chunk fresh = reuse ? std::move(spare_.back()) : Chunk{};
  if (reuse)
    spare_.pop_back();
  else
    fresh.buffer = ChunkBuffer(options_.headroom);
  fresh.parts.clear();
  fresh.slices.clear();
  fresh.index.clear();
  fresh.kernel = options_.kernel;
  fresh.columns = columns;
  fresh.delimiter = delimiter;
  fresh.regular = fresh.too_long = false;
  fresh.size = 0;
  chunk_ = std::move(fresh);

  // An LF that we put behind the source is put there again when the rest has been scanned.
  const bool drop_line_feed = unterminated_ && rest < filled_;
  if (rest < filled_) source_settled_ = false;
  filled_ -= rest + (drop_line_feed ? 1 : 0);
  unterminated_ = false;
  unclosed_ = false;
  state_ = {};
  taken_ = scanned_ = searched_ = part_at_ = 0;
  uniform_ = true;
  chunk_records_ = chunk_blank_lines_ = blank_bytes_ = 0;
  sent_bytes_ = options_.header_bytes;
  chunk_.buffer.reserve(filled_ + 1, 0);
}

// From here on the record at taken_ goes by in pieces, scanned once more from its first byte. Blank lines before it
// belong to no chunk.
void Cutter::begin_too_long() {
  chunk_.gather();
  blank_lines_ += chunk_blank_lines_;
  chunk_blank_lines_ = blank_bytes_ = 0;
  chunk_.parts.clear();
  part_ = {};
  too_long_begin_ = source_offset(taken_);
  too_long_ended_ = false;
  if (unterminated_) --filled_;
  unterminated_ = unclosed_ = source_settled_ = false;
  state_ = {};
  scanned_ = piece_end_ = taken_;
  drop_piece();
}

Cutter::Cut Cutter::next_piece() {
  if (too_long_ended_) return cut_too_long();
  drop_piece();
  size_t searched = 0;
  for (;;) {
    const size_t line_feed = find_bit(chunk_.index.record_ends, searched, scanned_);
    if (line_feed < scanned_) {
      too_long_ended_ = true;
      piece_end_ = line_feed + 1;
      const bool ours = unterminated_ && piece_end_ == filled_;
      return {.kind = Cut::Kind::piece, .piece = {chunk_.buffer.data(), piece_end_ - (ours ? 1 : 0)}};
    }
    searched = scanned_;
    if (unclosed_ && !options_.resync_on_unclosed_quote) {
      stopped_ = true;
      return {.kind = Cut::Kind::unclosed_quote,
              .unclosed = {source_, next_record_, *too_long_begin_, source_offset(state_.quote_begin),
                           source_ended_ && scanned_ == filled_}};
    }
    if (unclosed_) {
      searched = state_.quote_begin;
      resync();
    } else if (scanned_ < filled_) {
      scan_some();
    } else if (source_ended_ && !source_settled_) {
      settle_source();
    } else {
      break;
    }
  }
  piece_end_ = needed_from(state_, scanned_);
  if (piece_end_ == 0) return {};
  return {.kind = Cut::Kind::piece, .piece = {chunk_.buffer.data(), piece_end_}};
}

// Moves what stands behind the last piece to the front. Nothing is marked there: the record goes on.
void Cutter::drop_piece() {
  if (piece_end_ == 0) return;
  char* const data = chunk_.buffer.data();
  std::memmove(data, data + piece_end_, filled_ - piece_end_);
  part_source_begin_ = source_offset(piece_end_);
  part_at_ = taken_ = 0;
  filled_ -= piece_end_;
  scanned_ -= piece_end_;
  state_.quote_begin -= std::min(state_.quote_begin, piece_end_);
  chunk_.index.clear();
  chunk_.index.cover(filled_ + 1);
  piece_end_ = 0;
}

Cutter::Cut Cutter::cut_too_long() {
  const bool unterminated = unterminated_ && piece_end_ == filled_;
  const size_t end = piece_end_ - (unterminated ? 1 : 0);
  Cut cut{.kind = Cut::Kind::chunk};
  cut.chunk.chunk_index = chunks_++;
  cut.chunk.columns = chunk_.columns;
  cut.chunk.delimiter = chunk_.delimiter;
  cut.chunk.too_long = true;
  cut.chunk.parts.push_back({.source = source_,
                             .begin = *too_long_begin_,
                             .end = source_offset(end),
                             .first_record = next_record_,
                             .records = 1,
                             .unterminated = unterminated});
  ++records_;
  ++next_record_;
  part_source_begin_ = source_offset(end);
  const size_t rest = piece_end_;
  Chunk passed = std::move(chunk_);
  chunk_.columns = passed.columns;
  chunk_.delimiter = passed.delimiter;
  start_chunk(rest);
  if (filled_ > 0) std::memcpy(chunk_.buffer.data(), passed.buffer.data() + rest, filled_);
  recycle(std::move(passed));
  too_long_begin_.reset();
  return cut;
}

}  // namespace bulkwrite::csv
