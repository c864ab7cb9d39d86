#include "engine/source/gzip.h"

#include <catch2/catch.hpp>

#include "tests/source/packed.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using Catch::Matchers::Contains;
using packed::Format;

namespace {

std::string gzip(std::string_view bytes) {
  return packed::pack(Format::gzip, bytes);
}

// Reads `bytes` as a file that must be damaged; what was said of it.
std::string damage_of(const TemporaryDirectory& directory, std::string_view bytes) {
  const auto all = packed::read_all(directory, bytes);
  REQUIRE_FALSE(all);
  CHECK(all.error().kind == ErrorKind::input_data);
  CHECK_THAT(all.error().message, Contains("input: damaged gzip data near byte "));
  return all.error().message;
}

}  // namespace

TEST_CASE("zeros behind the last gzip member are padding, anything else is damage") {
  const TemporaryDirectory directory;
  const std::string member = gzip("a,b\n1,2\n");
  for (const size_t zeros : {1, 512, 200'000}) {
    CAPTURE(zeros);
    const auto all = packed::read_all(directory, member + std::string(zeros, '\0'));
    REQUIRE(all);
    CHECK(all->at(0).bytes == "a,b\n1,2\n");
  }
  damage_of(directory, member + "x");
  damage_of(directory, member + "\n");
  CHECK_THAT(damage_of(directory, member + std::string(512, '\0') + "x"), Contains("behind the padding"));
  CHECK_THAT(damage_of(directory, member + std::string(1, '\0') + member), Contains("behind the padding"));
}

TEST_CASE("a gzip member whose check sum or length lies is damage, told with the place") {
  const TemporaryDirectory directory;
  const std::string whole = gzip(zip_builder::csv_text(1'000, 1));
  for (const size_t from_end : {1, 5}) {  // the length, the CRC-32
    std::string lie = whole;
    lie[lie.size() - from_end] ^= 1;
    const size_t place = whole.size() - from_end + 1;
    CHECK_THAT(damage_of(directory, lie), Contains("near byte " + std::to_string(place) + " of the file"));
  }
}

TEST_CASE("a second gzip member is read with the same care as the first") {
  const TemporaryDirectory directory;
  const std::string first = gzip("a,b\n"), second = gzip("1,2\n");
  for (size_t at = 0; at < second.size(); ++at) {
    std::string damaged = second;
    damaged[at] ^= 0x55;
    CAPTURE(at);
    const auto all = packed::read_all(directory, first + damaged);
    // The time, the flags of the compressor and the system in its header mean nothing.
    if (at >= 4 && at <= 9)
      CHECK((!all || all->at(0).bytes == "a,b\n1,2\n"));
    else
      CHECK_FALSE(all);
  }
}
