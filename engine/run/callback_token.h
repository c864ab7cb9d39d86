// The part of a callback's URL that names a chunk and that nobody can guess.
#pragma once

#include <string>
#include <string_view>

namespace bulkwrite::run {

// 128 random bits, as hexadecimal text.
std::string make_callback_token();

// SHA-256 as hexadecimal text: what the ledger keeps, so that whoever reads it cannot call.
std::string callback_token_hash(std::string_view token);

}  // namespace bulkwrite::run
