// Sources in other encodings than UTF-8, read as the UTF-8 of them; through iconv.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/source/stream.h"

namespace bulkwrite::source {

// A byte order mark at the beginning of a source.
struct ByteOrderMark {
  std::string_view encoding;  // empty: there is none
  size_t bytes = 0;
};
constexpr size_t kByteOrderMarkBytes = 4;  // that are enough to know one
ByteOrderMark byte_order_mark(std::string_view first);

// Whether it is a name of UTF-8, in which nothing is transcoded.
bool is_utf8_name(std::string_view encoding);

// usage where iconv does not know it.
Result<void> validate_encoding(const std::string& encoding);

// The stream itself where it is UTF-8, else the UTF-8 of its characters: a byte order mark says what it is, before
// `encoding`, which may be empty (UTF-8). A mark of UTF-16 or UTF-32 is no part of the UTF-8. Memory is bounded, and
// the steps in which either side is read change nothing. read() fails (input_data) where bytes are no character of the
// encoding, or where the source ends within one, behind all that comes before: nothing is dropped or replaced. The
// message names the byte, in the stream as it was. What is transcoded is not rereadable.
Result<std::unique_ptr<ByteStream>> in_utf8(std::unique_ptr<ByteStream> stream, const std::string& encoding);

}  // namespace bulkwrite::source
