// Feeds texts to the Cutter in pieces and writes down what came out.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/csv/cutter.h"
#include "engine/csv/records.h"

namespace harness {

using namespace bulkwrite::csv;

struct SeenRecord {
  uint32_t source;
  uint64_t record_number;
  uint64_t source_offset;
  std::string bytes;
  std::string flaw;
  std::vector<std::string> fields;
  bool operator==(const SeenRecord&) const = default;
};

struct SeenChunk {
  bool too_long = false;
  std::vector<Part> parts;
  std::vector<std::string> part_bytes;
  std::vector<SeenRecord> records;
  bool operator==(const SeenChunk&) const = default;
};

struct Seen {
  std::vector<SeenChunk> chunks;
  std::optional<UnclosedQuote> unclosed;
  uint64_t records = 0, blank_lines = 0;
};

// Whoever looks for records finds those that whoever walks them does, and their first fields.
inline void check_found(const Record& record, const Fields& fields, size_t columns, RecordFinder& finder) {
  if (finder.begin() != record.begin) throw std::runtime_error("a record is found elsewhere than it is read");
  for (size_t count = 0; !record.flaw && count <= columns + 1; ++count) {
    const Fields found = finder.fields(count);
    bool same = found.size() == std::min(count, fields.size());
    for (size_t i = 0; same && i < found.size(); ++i) same = found[i] == fields[i];
    if (!same) throw std::runtime_error("a record is found with other fields than it is read with");
  }
}

inline SeenChunk describe(const Chunk& chunk, const std::string& pieces) {
  SeenChunk seen{.too_long = chunk.too_long, .parts = chunk.parts};
  if (chunk.too_long) {
    seen.part_bytes.push_back(pieces);
    return seen;
  }
  for (const Part& part : chunk.parts) seen.part_bytes.emplace_back(chunk.bytes_of(part));
  RecordReader reader(chunk);
  RecordFinder finder(chunk);
  for (Record record; reader.next(record);) {
    if (!finder.next()) throw std::runtime_error("a record is read that is not found");
    check_found(record, reader.fields(), chunk.columns, finder);
    const Part& part = chunk.parts[record.part];
    SeenRecord out{part.source,
                   record.record_number,
                   part.begin + (record.begin - part.at),
                   std::string(chunk.bytes().substr(record.begin, record.end - record.begin)),
                   record.flaw ? std::string(flaw_name(record.flaw->flaw)) : "",
                   {}};
    if (!record.flaw)
      for (size_t i = 0; i < reader.fields().size(); ++i) out.fields.emplace_back(reader.fields()[i]);
    seen.records.push_back(std::move(out));
  }
  if (finder.next()) throw std::runtime_error("a record is found that is not read");
  return seen;
}

// `block` says how many bytes come next; it is asked again and again.
inline Seen cut(const std::vector<std::string>& texts, size_t columns, char delimiter, const CutOptions& options,
                const std::function<size_t()>& block) {
  Seen seen;
  Cutter cutter(options);
  std::string pieces;
  bool stopped = false;
  const auto drain = [&] {
    for (;;) {
      Cutter::Cut cut = cutter.next();
      if (cut.kind == Cutter::Cut::Kind::need_bytes) return;
      if (cut.kind == Cutter::Cut::Kind::piece) pieces += cut.piece;
      if (cut.kind == Cutter::Cut::Kind::unclosed_quote) {
        seen.unclosed = cut.unclosed;
        stopped = true;
        return;
      }
      if (cut.kind == Cutter::Cut::Kind::chunk) {
        if (cut.chunk.chunk_index != seen.chunks.size()) throw std::runtime_error("chunk_index out of order");
        seen.chunks.push_back(describe(cut.chunk, pieces));
        pieces.clear();
        cutter.recycle(std::move(cut.chunk));
      }
    }
  };
  for (uint32_t i = 0; i < texts.size() && !stopped; ++i) {
    cutter.begin_source(i, 0, columns, delimiter);
    for (size_t at = 0; at < texts[i].size() && !stopped;) {
      const size_t bytes = std::min(texts[i].size() - at, std::max<size_t>(1, block()));
      std::memcpy(cutter.space(bytes).data(), texts[i].data() + at, bytes);
      cutter.filled(bytes);
      at += bytes;
      drain();
    }
    if (stopped) break;
    cutter.end_source();
    drain();
  }
  if (!stopped) {
    cutter.end_input();
    drain();
  }
  seen.records = cutter.records();
  seen.blank_lines = cutter.blank_lines();
  return seen;
}

}  // namespace harness
