// Texts as chunks, without files.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/csv/cutter.h"

namespace bulkwrite::run {

// The chunks of sources that have no header and are numbered from 0. Throws where a quote is not closed, or a record
// fits into no chunk.
inline std::vector<csv::Chunk> cut_texts(const std::vector<std::string>& texts, size_t columns, char delimiter,
                                         csv::CutOptions options) {
  options.headroom = 4096;
  csv::Cutter cutter(options);
  std::vector<csv::Chunk> chunks;
  const auto drain = [&] {
    for (;;) {
      csv::Cutter::Cut cut = cutter.next();
      if (cut.kind == csv::Cutter::Cut::Kind::need_bytes) return;
      if (cut.kind != csv::Cutter::Cut::Kind::chunk) throw std::runtime_error("the text cannot be cut");
      chunks.push_back(std::move(cut.chunk));
    }
  };
  for (uint32_t source = 0; source < texts.size(); ++source) {
    cutter.begin_source(source, 0, columns, delimiter);
    if (!texts[source].empty())
      std::memcpy(cutter.space(texts[source].size()).data(), texts[source].data(), texts[source].size());
    cutter.filled(texts[source].size());
    drain();
    cutter.end_source();
    drain();
  }
  cutter.end_input();
  drain();
  return chunks;
}

inline csv::Chunk cut_text(const std::string& text, size_t columns, char delimiter = ',', bool resync = false) {
  auto chunks = cut_texts({text}, columns, delimiter, {.resync_on_unclosed_quote = resync});
  if (chunks.size() != 1) throw std::runtime_error("the text is not one chunk");
  return std::move(chunks.front());
}

}  // namespace bulkwrite::run
