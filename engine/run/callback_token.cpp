#include "engine/run/callback_token.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include <array>
#include <span>

#include "engine/base/check.h"

namespace bulkwrite::run {
namespace {

std::string hexadecimal(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

std::string make_callback_token() {
  std::array<unsigned char, 16> bytes{};
  BULKWRITE_CHECK(getentropy(bytes.data(), bytes.size()) == 0, "the system has randomness");
  return hexadecimal(bytes);
}

std::string callback_token_hash(std::string_view token) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const int done = EVP_Digest(token.data(), token.size(), digest.data(), &size, EVP_sha256(), nullptr);
  BULKWRITE_CHECK(done == 1, "SHA-256 is built in");
  return hexadecimal(std::span(digest).first(size));
}

}  // namespace bulkwrite::run
