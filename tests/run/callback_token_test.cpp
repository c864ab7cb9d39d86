#include "engine/run/callback_token.h"

#include <catch2/catch.hpp>
#include <set>

namespace bulkwrite::run {

TEST_CASE("a token is 128 bits that go into a URL as they are, and no two are the same") {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = make_callback_token();
    REQUIRE(token.size() == 32);
    CHECK(token.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(tokens.insert(token).second);
  }
}

TEST_CASE("every bit of a token is random") {
  std::string seen_once(128, '0'), seen_nought(128, '0');
  for (int i = 0; i < 200; ++i) {
    const std::string token = make_callback_token();
    for (size_t bit = 0; bit < 128; ++bit) {
      const int digit = std::stoi(token.substr(bit / 4, 1), nullptr, 16);
      (((digit >> (bit % 4)) & 1) != 0 ? seen_once : seen_nought)[bit] = '1';
    }
  }
  CHECK(seen_once == std::string(128, '1'));
  CHECK(seen_nought == std::string(128, '1'));
}

TEST_CASE("what is kept of a token is its SHA-256") {
  CHECK(callback_token_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(callback_token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string token = make_callback_token();
  CHECK(callback_token_hash(token) == callback_token_hash(token));
  CHECK(callback_token_hash(token).find(token) == std::string::npos);
}

}  // namespace bulkwrite::run
