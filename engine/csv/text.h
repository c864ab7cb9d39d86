// Bytes that no field may hold, whatever its type.
#pragma once

#include <optional>
#include <string_view>

#include "engine/csv/index.h"

namespace bulkwrite::csv {

// True when there is no NUL and every byte belongs to valid UTF-8; at memory speed.
bool is_clean_text(std::string_view bytes);

// The first of nul_byte and invalid_utf8 that holds for a record's bytes. For records of a chunk that is not clean.
std::optional<Flaw> text_flaw(std::string_view record);

}  // namespace bulkwrite::csv
