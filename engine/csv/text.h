// Bytes that no field may hold, whatever its type.
#pragma once

#include <optional>
#include <string_view>

#include "engine/csv/index.h"

namespace bulkwrite::csv {

// True when there is no NUL and every byte belongs to valid UTF-8; at memory speed.
bool is_clean_text(std::string_view bytes);

// Where the block of text ends that begins at `begin`: some 16 KiB on, behind a character. For those who look at bytes
// more than once, while they are near.
size_t text_block_end(std::string_view bytes, size_t begin);

// The first of nul_byte and invalid_utf8 that holds for a record's bytes. For records of a chunk that is not clean.
std::optional<Flaw> text_flaw(std::string_view record);

// Where the first byte stands that is no part of valid UTF-8; the size where there is none.
size_t first_invalid_utf8(std::string_view bytes);

// The encoding that bytes which are not UTF-8 look like, as iconv names it; empty where there is no telling.
std::string_view likely_encoding(std::string_view bytes);

}  // namespace bulkwrite::csv
