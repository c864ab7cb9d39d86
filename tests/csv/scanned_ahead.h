// Cuts texts whose bytes come to the cutter in blocks, scanned ahead or not, and keeps what came out, bit for bit.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/csv/cutter.h"
#include "engine/csv/scanned_block.h"

namespace scanned_ahead {

using namespace bulkwrite::csv;

struct KeptChunk {
  uint64_t chunk_index = 0, records = 0;
  std::vector<Part> parts;
  bool too_long = false, regular = false;
  std::string bytes;
  std::vector<uint64_t> structurals, record_ends;  // the words that hold those bytes
  std::vector<FlawAt> flaws;
};

struct Given {
  std::vector<KeptChunk> chunks;
  std::string pieces;  // of all records that fit into no chunk
  size_t pieces_of_chunks = 0;
  std::optional<UnclosedQuote> unclosed;
  uint64_t records = 0, blank_lines = 0;
};

struct Input {
  std::vector<std::string> texts;
  size_t columns = 2;
  char delimiter = ',';
  CutOptions options;
};

// How bytes come to the cutter; asked for each block.
struct Feeding {
  std::function<size_t()> block_bytes;
  std::function<bool()> ahead;
  size_t step_bytes = kScanStepBytes;
};

inline std::shared_ptr<const ScannedBlock> scanned(std::string_view bytes, uint64_t offset,
                                                   const BlockOptions& options) {
  auto block = std::make_shared<ScannedBlock>(bytes.size());
  std::memcpy(block->space().data(), bytes.data(), bytes.size());
  block->scan(bytes.size(), offset, options);
  return block;
}

inline std::vector<uint64_t> first_words(std::vector<uint64_t> bits, size_t bytes) {
  bits.resize(bytes / 64 + 1);
  return bits;
}

inline KeptChunk keep(const Chunk& chunk) {
  KeptChunk kept{.chunk_index = chunk.chunk_index,
                 .records = chunk.records(),
                 .parts = chunk.parts,
                 .too_long = chunk.too_long,
                 .regular = chunk.regular,
                 .bytes = {},
                 .structurals = {},
                 .record_ends = {},
                 .flaws = {}};
  if (chunk.too_long) return kept;
  kept.bytes = chunk.bytes();
  kept.structurals = first_words(chunk.index.structurals, chunk.size);
  kept.record_ends = first_words(chunk.index.record_ends, chunk.size);
  kept.flaws = chunk.index.flaws;
  return kept;
}

// False where the input ends.
inline bool drain(Cutter& cutter, Given& given) {
  for (;;) {
    Cutter::Cut cut = cutter.next();
    switch (cut.kind) {
      case Cutter::Cut::Kind::need_bytes:
        return true;
      case Cutter::Cut::Kind::piece:
        given.pieces += cut.piece;
        break;
      case Cutter::Cut::Kind::unclosed_quote:
        given.unclosed = cut.unclosed;
        given.pieces.resize(given.pieces_of_chunks);  // how much of a record is seen before its end is no promise
        return false;
      case Cutter::Cut::Kind::chunk:
        cut.chunk.gather();
        given.pieces_of_chunks = given.pieces.size();
        given.chunks.push_back(keep(cut.chunk));
        cutter.recycle(std::move(cut.chunk));
        break;
    }
  }
}

inline bool feed(Cutter& cutter, Given& given, const Input& input, const std::string& text, const Feeding& feeding) {
  const auto source = static_cast<uint32_t>(&text - input.texts.data());
  const uint64_t first = 7 * source;  // the header's bytes, as it were
  cutter.begin_source(source, first, input.columns, input.delimiter);
  for (size_t at = 0; at < text.size();) {
    const std::string_view bytes = std::string_view(text).substr(at, std::max<size_t>(1, feeding.block_bytes()));
    if (feeding.ahead()) {
      cutter.append(scanned(
          bytes, first + at,
          {input.delimiter, input.options.quote_bytes_max, input.options.kernel, feeding.step_bytes, input.columns}));
    } else {
      std::memcpy(cutter.space(bytes.size()).data(), bytes.data(), bytes.size());
      cutter.filled(bytes.size());
    }
    at += bytes.size();
    if (!drain(cutter, given)) return false;
  }
  cutter.end_source();
  return drain(cutter, given);
}

inline Given cut(const Input& input, const Feeding& feeding) {
  Given given;
  Cutter cutter(input.options);
  bool goes_on = true;
  for (size_t i = 0; i < input.texts.size() && goes_on; ++i)
    goes_on = feed(cutter, given, input, input.texts[i], feeding);
  if (goes_on) {
    cutter.end_input();
    drain(cutter, given);
  }
  given.records = cutter.records();
  given.blank_lines = cutter.blank_lines();
  return given;
}

inline Given cut_serially(const Input& input) {
  return cut(input, {[] { return size_t{1} << 20; }, [] { return false; }});
}

// What of two chunks is not the same, or nothing.
inline const char* difference(const KeptChunk& a, const KeptChunk& b) {
  const auto same_flaw = [](const FlawAt& x, const FlawAt& y) { return x.offset == y.offset && x.flaw == y.flaw; };
  if (a.chunk_index != b.chunk_index) return "chunk_index";
  if (a.parts != b.parts) return "parts";
  if (a.too_long != b.too_long) return "too_long";
  if (a.regular != b.regular) return "regular";
  if (a.bytes != b.bytes) return "bytes";
  if (a.structurals != b.structurals) return "structurals";
  if (a.record_ends != b.record_ends) return "record ends";
  if (!std::equal(a.flaws.begin(), a.flaws.end(), b.flaws.begin(), b.flaws.end(), same_flaw)) return "flaws";
  return "";
}

inline bool same_place(const UnclosedQuote& a, const UnclosedQuote& b) {
  return a.source == b.source && a.record_number == b.record_number && a.record_offset == b.record_offset &&
         a.quote_offset == b.quote_offset;
}

// What of all that came out is not the same, or nothing.
inline std::string difference(const Given& given, const Given& expected) {
  if (given.chunks.size() != expected.chunks.size()) return "number of chunks";
  for (size_t i = 0; i < given.chunks.size(); ++i) {
    const std::string what = difference(given.chunks[i], expected.chunks[i]);
    if (!what.empty()) return what + " of chunk " + std::to_string(i);
  }
  if (given.pieces != expected.pieces) return "pieces";
  if (given.records != expected.records) return "number of records";
  if (given.blank_lines != expected.blank_lines) return "blank lines";
  if (given.unclosed.has_value() != expected.unclosed.has_value()) return "whether a quote is not closed";
  if (given.unclosed && !same_place(*given.unclosed, *expected.unclosed)) return "where a quote is not closed";
  return "";
}

}  // namespace scanned_ahead
