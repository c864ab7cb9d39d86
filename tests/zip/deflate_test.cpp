#include "engine/zip/deflate.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using namespace bulkwrite::zip;

namespace {

std::unique_ptr<Deflater> deflater(Engine engine, int level = 1) {
  auto made = make_deflater(engine, level);
  if (!made) FAIL(made.error().message);
  return *std::move(made);
}

std::string packed(Deflater& deflater, std::string_view bytes) {
  std::string out(bytes.size() + bytes.size() / 100 + 1000, '\0');
  const size_t size = deflater.deflate(bytes, out);
  REQUIRE(size > 0);
  REQUIRE(size <= out.size());
  out.resize(size);
  return out;
}

int levels_of(Engine engine) {
  if (engine == Engine::isal) return 3;
  return engine == Engine::zlib ? 9 : 12;
}

bool round_trips(Deflater& deflater, std::string_view bytes) {
  const auto back = zip_builder::inflate(packed(deflater, bytes), bytes.size());
  return back && *back == bytes;
}

}  // namespace

TEST_CASE("zlib is always there, and each engine is named once") {
  const auto engines = available_engines();
  CHECK(std::count(engines.begin(), engines.end(), Engine::zlib) == 1);
  for (const Engine engine : {Engine::libdeflate, Engine::isal}) {
    CHECK(std::count(engines.begin(), engines.end(), engine) <= 1);
    CHECK(std::count(engines.begin(), engines.end(), engine) == (is_available(engine) ? 1 : 0));
  }
}

TEST_CASE("an engine that this build lacks is a configuration error that names it") {
  for (const Engine engine : {Engine::libdeflate, Engine::isal}) {
    if (is_available(engine)) continue;
    const auto made = make_deflater(engine, 1);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::configuration);
    CHECK(made.error().message.find(engine_name(engine)) != std::string::npos);
  }
}

TEST_CASE("what is deflated inflates to the same bytes, by every engine at every level") {
  for (const Engine engine : available_engines()) {
    const int levels = levels_of(engine);
    for (int level = 1; level <= levels; ++level) {
      CAPTURE(static_cast<int>(engine), level);
      const auto made = deflater(engine, level);
      CHECK(round_trips(*made, ""));
      CHECK(round_trips(*made, std::string_view()));
      CHECK(round_trips(*made, "a"));
      CHECK(round_trips(*made, std::string(100000, 'a')));
      CHECK(round_trips(*made, zip_builder::random_bytes(100000, 1)));
      CHECK(round_trips(*made, zip_builder::csv_text(300000, 2)));
    }
  }
}

TEST_CASE("25 MB go through in one call") {
  constexpr size_t kBytes = 25000000;
  const std::string csv = zip_builder::csv_text(kBytes, 1), random = zip_builder::random_bytes(kBytes, 2);
  for (const Engine engine : available_engines()) {
    CAPTURE(static_cast<int>(engine));
    const auto made = deflater(engine);
    CHECK(round_trips(*made, csv));
    CHECK(round_trips(*made, random));
  }
}

TEST_CASE("what does not fit gives 0 and touches nothing beyond the space") {
  const std::string bytes = zip_builder::csv_text(100000, 1);
  for (const Engine engine : available_engines()) {
    CAPTURE(static_cast<int>(engine));
    const auto made = deflater(engine);
    const size_t needed = packed(*made, bytes).size();
    REQUIRE(needed < bytes.size());
    std::string space(bytes.size(), '#');
    for (const size_t room : {size_t{0}, size_t{1}, size_t{100}, needed / 2}) {
      CAPTURE(room);
      CHECK(made->deflate(bytes, {space.data(), room}) == 0);
      CHECK(std::count(space.begin() + static_cast<ptrdiff_t>(room), space.end(), '#') ==
            static_cast<ptrdiff_t>(space.size() - room));
    }
    CHECK(made->deflate(bytes, std::span<char>()) == 0);
  }
}

TEST_CASE("a call leaves no trace in the next, also after one that did not fit") {
  const std::string first = zip_builder::csv_text(50000, 1), second = zip_builder::csv_text(70000, 2);
  for (const Engine engine : available_engines()) {
    CAPTURE(static_cast<int>(engine));
    const std::string expected = packed(*deflater(engine), second);
    const auto made = deflater(engine);
    packed(*made, first);
    CHECK((packed(*made, second) == expected));
    std::string small(10, '\0');
    CHECK(made->deflate(first, small) == 0);
    CHECK((packed(*made, second) == expected));
  }
}

TEST_CASE("a level that an engine lacks is a configuration error that names the levels") {
  for (const Engine engine : available_engines()) {
    const int levels = levels_of(engine);
    for (const int level : {-1, 0, levels + 1}) {
      CAPTURE(static_cast<int>(engine), level);
      const auto made = make_deflater(engine, level);
      REQUIRE_FALSE(made);
      CHECK(made.error().kind == ErrorKind::configuration);
      CHECK(made.error().message.find("1 to " + std::to_string(levels)) != std::string::npos);
    }
  }
}
