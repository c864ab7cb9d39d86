// Runs the cutter over a text as the front does: in blocks, with chunks given back.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/csv/cutter.h"
#include "engine/csv/header.h"

namespace bench {

// A text, cut as one source or as many that are alike.
class TextCutter {
 public:
  explicit TextCutter(const std::string& text)
      : text_(text),
        header_(*bulkwrite::csv::read_header(text, true, {}).value()),
        cutter_({.header_bytes = bulkwrite::csv::header_allowance(header_)}) {}

  // The records of the text, as the next source.
  template <typename TakeChunk>
  void cut_source(const TakeChunk& take) {
    constexpr size_t kBlockBytes = 256 * 1024;
    cutter_.begin_source(0, header_.data_offset, header_.names.size(), header_.delimiter);
    for (size_t at = header_.data_offset; at < text_.size();) {
      const size_t bytes = std::min(kBlockBytes, text_.size() - at);
      std::memcpy(cutter_.space(bytes).data(), text_.data() + at, bytes);
      cutter_.filled(bytes);
      at += bytes;
      drain(take);
    }
    cutter_.end_source();
    drain(take);
  }

  template <typename TakeChunk>
  void end_input(const TakeChunk& take) {
    cutter_.end_input();
    drain(take);
  }

 private:
  using Cutter = bulkwrite::csv::Cutter;

  template <typename TakeChunk>
  void drain(const TakeChunk& take) {
    for (Cutter::Cut cut = cutter_.next(); cut.kind != Cutter::Cut::Kind::need_bytes; cut = cutter_.next()) {
      take(cut.chunk);
      cutter_.recycle(std::move(cut.chunk));
    }
  }

  const std::string& text_;
  const bulkwrite::csv::Header header_;
  Cutter cutter_;
};

template <typename TakeChunk>
void cut(const std::string& text, const TakeChunk& take) {
  TextCutter cutter(text);
  cutter.cut_source(take);
  cutter.end_input(take);
}

}  // namespace bench
