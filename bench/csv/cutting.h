// Runs the cutter over a text as the front does: in blocks, with chunks given back.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/csv/cutter.h"
#include "engine/csv/header.h"

namespace bench {

template <typename TakeChunk>
void cut(const std::string& text, const TakeChunk& take) {
  using bulkwrite::csv::Cutter;
  constexpr size_t kBlockBytes = 256 * 1024;
  const auto header = *bulkwrite::csv::read_header(text, true, {}).value();
  Cutter cutter({.header_bytes = bulkwrite::csv::header_allowance(header)});
  const auto drain = [&] {
    for (Cutter::Cut piece = cutter.next(); piece.kind != Cutter::Cut::Kind::need_bytes; piece = cutter.next()) {
      take(piece.chunk);
      cutter.recycle(std::move(piece.chunk));
    }
  };
  cutter.begin_source(0, header.data_offset, header.names.size(), header.delimiter);
  for (size_t at = header.data_offset; at < text.size();) {
    const size_t bytes = std::min(kBlockBytes, text.size() - at);
    std::memcpy(cutter.space(bytes).data(), text.data() + at, bytes);
    cutter.filled(bytes);
    at += bytes;
    drain();
  }
  cutter.end_source();
  drain();
  cutter.end_input();
  drain();
}

}  // namespace bench
