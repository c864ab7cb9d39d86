#include "engine/run/occurrence.h"

// OpenSSL calls these functions deprecated; those that it puts in their place allocate a context for each digest, and a
// value has only some bytes.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/csv/field.h"

namespace bulkwrite::run {

Digest ValueDigest::of(uint32_t column, std::string_view value, bool case_matters) {
  bytes_.resize(sizeof column + value.size());
  std::memcpy(bytes_.data(), &column, sizeof column);
  const auto to_lower = [&](char c) { return !case_matters && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::transform(value.begin(), value.end(), bytes_.begin() + sizeof column, to_lower);
  SHA256_CTX context;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> all{};
  const bool done = SHA256_Init(&context) == 1 && SHA256_Update(&context, bytes_.data(), bytes_.size()) == 1 &&
                    SHA256_Final(all.data(), &context) == 1;
  BULKWRITE_CHECK(done, "a value has a digest");
  Digest digest{};
  std::memcpy(digest.data(), all.data(), sizeof digest);
  return digest;
}

void Occurrences::find(const Judge& judge, const csv::Chunk& chunk, std::vector<Occurrence>& to) {
  if (!judge.problems().empty()) return;
  const csv::Record& record = judge.record();
  for (const UniqueColumn& unique : columns_) {
    const std::string_view value = csv::value_of(judge.fields()[unique.column], scratch_);
    if (value.empty()) continue;
    const auto column = static_cast<uint32_t>(unique.column);
    to.push_back({.digest = digest_.of(column, value, unique.case_matters),
                  .record_number = record.record_number,
                  .source = chunk.parts[record.part].source,
                  .chunk = static_cast<uint32_t>(chunk.chunk_index),
                  .column = column});
  }
}

}  // namespace bulkwrite::run
