#include "engine/run/known_rejects.h"

#include <catch2/catch.hpp>

using bulkwrite::run::KnownRejects;

TEST_CASE("what was rejected of a chunk is known once") {
  KnownRejects known;
  known.note(3, {1, 5});
  known.note(4, {});
  CHECK_FALSE(known.take(2));
  CHECK(known.take(3) == std::vector<uint32_t>{1, 5});
  CHECK_FALSE(known.take(3));
  CHECK(known.take(4) == std::vector<uint32_t>{});
}

TEST_CASE("behind a chunk that nobody asks for no more than so many rejects are kept, and then there is room again") {
  KnownRejects known;
  const std::vector<uint32_t> half(KnownRejects::kRecordsMax / 2);
  known.note(0, half);
  known.note(1, half);
  known.note(2, {7});
  CHECK_FALSE(known.take(2));
  CHECK(known.take(1) == half);
  known.note(3, {7});
  CHECK(known.take(3) == std::vector<uint32_t>{7});
}
