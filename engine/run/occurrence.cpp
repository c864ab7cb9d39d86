#include "engine/run/occurrence.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/csv/field.h"

namespace bulkwrite::run {

struct ValueDigest::State {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
  }
};

ValueDigest::ValueDigest() : state_(std::make_unique<State>()) {
  BULKWRITE_CHECK(state_->algorithm != nullptr && state_->context != nullptr, "SHA-256 is there");
}
ValueDigest::~ValueDigest() = default;

Digest ValueDigest::of(uint32_t column, std::string_view value, bool case_matters) {
  bytes_.resize(sizeof column + value.size());
  std::memcpy(bytes_.data(), &column, sizeof column);
  const auto to_lower = [&](char c) { return !case_matters && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  std::transform(value.begin(), value.end(), bytes_.begin() + sizeof column, to_lower);
  std::array<unsigned char, EVP_MAX_MD_SIZE> all{};
  const bool done = EVP_DigestInit_ex2(state_->context, state_->algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(state_->context, bytes_.data(), bytes_.size()) == 1 &&
                    EVP_DigestFinal_ex(state_->context, all.data(), nullptr) == 1;
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
