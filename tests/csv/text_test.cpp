#include "engine/csv/text.h"

#include <simdjson.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace {

using namespace bulkwrite::csv;

constexpr size_t kLength = 70'000;  // several of the blocks in which text is looked at

std::string long_text(std::mt19937_64& random) {
  const std::string characters[] = {"a", "z", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
  std::string text;
  while (text.size() < kLength) text += characters[random() % 5];
  return text;
}

// On the whole text at once.
bool obviously_clean(const std::string& text) {
  return text.find('\0') == std::string::npos && simdjson::validate_utf8(text);
}

}  // namespace

TEST_CASE("the first byte that is no UTF-8 is found, whatever is wrong with it") {
  const std::string good = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  CHECK(first_invalid_utf8(good) == good.size());
  CHECK(first_invalid_utf8("") == 0);
  for (const std::string wrong :
       {"\xFF", "\x80", "\xC3", "\xC3z", "\xE2\x82", "\xED\xA0\x80", "\xC0\x80", "\xF8\x80"}) {
    CHECK(first_invalid_utf8(good + wrong) == good.size());
    CHECK(first_invalid_utf8(good + wrong + good) == good.size());
  }
}

TEST_CASE("bytes that are no UTF-8 are told by where they stand") {
  CHECK(likely_encoding("Garcon,Fran\xE7ois,M\xFCller,\x80 5") == "windows-1252");
  CHECK(likely_encoding("\x82\xA0\x82\xA2\x83\x41") == "Shift_JIS");    // kana
  CHECK(likely_encoding("\xD0\xE0\xEC\xFF,\xC8\xE2\xE0\xED").empty());  // Cyrillic
  CHECK(likely_encoding("a\xED\xA0\x80z").empty());                     // a surrogate as UTF-8
  CHECK(likely_encoding("plain").empty());
}

TEST_CASE("long text is clean wherever its characters stand") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50; ++i) {
    const bool clean = is_clean_text(long_text(random));
    CHECK(clean);
  }
}

TEST_CASE("one bad byte anywhere spoils a long text") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) {
    std::string text = random() % 2 == 0 ? long_text(random) : std::string(kLength, 'a');
    // Around multiples of 16 KiB, or anywhere.
    const size_t at = random() % 2 == 0 ? random() % kLength : (1 + random() % 4) * 16'384 - 6 + random() % 12;
    text[at] = static_cast<char>(random());
    if (random() % 4 == 0) text.resize(at + 1);
    const bool agrees = is_clean_text(text) == obviously_clean(text);
    CAPTURE(i, at, text.size());
    CHECK(agrees);
  }
}

TEST_CASE("continuation bytes alone are no text, however many") {
  for (const size_t length : {1, 3, 5, 16'384, 16'390, 40'000}) CHECK_FALSE(is_clean_text(std::string(length, '\x80')));
  CHECK_FALSE(is_clean_text(std::string(16'382, 'a') + std::string(8, '\x80') + std::string(16'384, 'a')));
  CHECK(is_clean_text(""));
}
