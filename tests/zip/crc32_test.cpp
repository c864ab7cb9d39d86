#include "engine/zip/crc32.h"

#include <zlib.h>

#include <catch2/catch.hpp>

#include "tests/zip/zip_builder.h"

using bulkwrite::zip::crc32;
using bulkwrite::zip::crc32_of_joined;

namespace {

uint32_t by_zlib(std::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

TEST_CASE("CRC-32 is the one that ZIP means") {
  CHECK(crc32(0, "") == 0);
  CHECK(crc32(0, "a") == 0xE8B7BE43);
  CHECK(crc32(0, "123456789") == 0xCBF43926);
  CHECK(crc32(0, "The quick brown fox jumps over the lazy dog") == 0x414FA339);
  CHECK(crc32(0, std::string(32, '\0')) == 0x190A55AD);
  CHECK(crc32(0, std::string(32, '\xFF')) == 0xFF6CAB0B);
}

TEST_CASE("nothing more leaves a CRC as it is") {
  CHECK(crc32(0, std::string_view()) == 0);
  CHECK(crc32(0xCBF43926, "") == 0xCBF43926);
  CHECK(crc32(0xCBF43926, std::string_view()) == 0xCBF43926);
  CHECK(crc32(0xCBF43926, std::string_view("x", 0)) == 0xCBF43926);
}

TEST_CASE("CRC-32 agrees with zlib's at every length and alignment") {
  const std::string bytes = zip_builder::random_bytes(1200, 1);
  size_t different = 0;
  for (size_t from = 0; from < 64; ++from) {
    for (size_t size = 0; size <= 1100; ++size) {
      const auto part = std::string_view(bytes).substr(from, size);
      if (crc32(0, part) != by_zlib(part)) ++different;
    }
  }
  CHECK(different == 0);
  const std::string large = zip_builder::random_bytes(5000000, 2);
  CHECK(crc32(0, large) == by_zlib(large));
}

TEST_CASE("a CRC goes on over pieces, wherever they are cut") {
  const std::string bytes = zip_builder::random_bytes(700, 3);
  const uint32_t whole = crc32(0, bytes);
  size_t different = 0;
  for (size_t cut = 0; cut <= bytes.size(); ++cut)
    if (crc32(crc32(0, bytes.substr(0, cut)), bytes.substr(cut)) != whole) ++different;
  CHECK(different == 0);
}

TEST_CASE("the CRC of joined bytes follows from those of its parts") {
  const std::string bytes = zip_builder::random_bytes(700, 4), large = zip_builder::random_bytes(30000000, 5);
  const uint32_t whole = crc32(0, bytes);
  size_t different = 0;
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view first = std::string_view(bytes).substr(0, cut), second = std::string_view(bytes).substr(cut);
    if (crc32_of_joined(crc32(0, first), crc32(0, second), second.size()) != whole) ++different;
  }
  CHECK(different == 0);
  CHECK(crc32_of_joined(whole, crc32(0, large), large.size()) == crc32(0, bytes + large));
}
