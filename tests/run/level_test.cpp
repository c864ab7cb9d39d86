#include "engine/run/level.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "engine/run/archive.h"
#include "engine/zip/crc32.h"
#include "engine/zip/reader.h"

namespace bulkwrite::run {
namespace {

// Records of words from a vocabulary: with more work they become smaller, as exports do.
std::string words_text(size_t size) {
  std::mt19937_64 random(1);
  std::vector<std::string> words(3000);
  for (std::string& word : words)
    for (uint64_t letters = 3 + random() % 8; letters > 0; --letters)
      word += "aabcdeeefghiiklmnnoooprrssttuuvwy"[random() % 33];
  std::string text;
  while (text.size() < size) {
    for (uint64_t count = 3 + random() % 12; count > 0; --count) (text += words[random() % words.size()]) += ' ';
    text += "," + std::to_string(random() % 100'000) + "\n";
  }
  return text;
}

std::string member_of(const std::string& archive) {
  auto reader = zip::ArchiveReader::open_bytes(archive);
  REQUIRE(reader);
  REQUIRE(reader->next_member().value());
  std::string member, step(1 << 16, '\0');
  for (;;) {
    auto got = reader->read(step);
    REQUIRE(got);
    if (*got == 0) return member;
    member.append(step, 0, *got);
  }
}

size_t packed_bytes(const Level& level, const std::string& text) {
  auto deflater = zip::make_deflater(level.engine, level.level);
  REQUIRE(deflater);
  std::string out(text.size(), '\0');
  return (*deflater)->deflate(text, out);
}

std::string archive_of(ArchiveMaker& maker, const std::string& text, Demand demand = Demand::keeps_up) {
  const auto archive = maker.make("a.csv", text, zip::crc32(0, text), demand);
  REQUIRE(archive);
  return archive->joined();
}

}  // namespace

TEST_CASE("every step of the ladder can be made, no two are the same, and the last is smaller than the first") {
  const std::vector<Level> ladder = level_ladder();
  REQUIRE(ladder.size() >= 2);
  for (size_t i = 0; i < ladder.size(); ++i) {
    CAPTURE(i);
    CHECK(zip::make_deflater(ladder[i].engine, ladder[i].level));
    CHECK(std::count(ladder.begin(), ladder.end(), ladder[i]) == 1);
  }
  const std::string text = words_text(500'000);
  CHECK(packed_bytes(ladder.back(), text) < packed_bytes(ladder.front(), text));
}

TEST_CASE("fast is the ladder's first step, by ISA-L where it is built in; small is its last, never by ISA-L") {
  CHECK(level_of(Packing::fast) == level_ladder().front());
  CHECK(level_of(Packing::small) == level_ladder().back());
  if (zip::is_available(zip::Engine::isal)) CHECK(level_of(Packing::fast).engine == zip::Engine::isal);
  if (zip::is_available(zip::Engine::libdeflate)) CHECK(level_of(Packing::small) == Level{zip::Engine::libdeflate, 6});
  CHECK(level_of(Packing::small).engine != zip::Engine::isal);
}

TEST_CASE("auto climbs a step while archives wait, comes down a step while the network waits, and stays otherwise") {
  LevelPolicy policy(4);
  CHECK(policy.next(Demand::keeps_up) == 0);  // the cheapest comes first
  CHECK(policy.next(Demand::waits) == 0);
  for (const size_t step : {1U, 2U, 3U, 3U, 3U}) CHECK(policy.next(Demand::is_behind) == step);
  for (int i = 0; i < 3; ++i) CHECK(policy.next(Demand::keeps_up) == 3);
  for (const size_t step : {2U, 1U, 0U, 0U}) CHECK(policy.next(Demand::waits) == step);
}

TEST_CASE("auto is the same for the same demands, and never leaves its ladder") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const size_t steps = 1 + random() % 9;
  LevelPolicy one(steps), other(steps);
  size_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto demand = static_cast<Demand>(random() % 3);
    const size_t step = one.next(demand);
    REQUIRE(step == other.next(demand));
    REQUIRE(step < steps);
    REQUIRE(std::max(step, before) - std::min(step, before) <= 1);
    before = step;
  }
}

TEST_CASE("auto makes smaller archives while the network is behind, and never of another member") {
  const std::string text = words_text(500'000);
  ArchiveMaker automatic(Packing::automatic), fast(Packing::fast), small(Packing::small);
  CHECK(archive_of(automatic, text, Demand::waits) == archive_of(fast, text));
  std::string archive;
  for (size_t i = 0; i < level_ladder().size(); ++i) {
    archive = archive_of(automatic, text, Demand::is_behind);
    CHECK((member_of(archive) == text));
  }
  CHECK(archive == archive_of(small, text));
  for (size_t i = 0; i < level_ladder().size(); ++i) archive = archive_of(automatic, text, Demand::waits);
  CHECK(archive == archive_of(fast, text));
}

TEST_CASE("a fixed level takes no notice of the network") {
  const std::string text = words_text(100'000);
  const Packing packing = GENERATE(Packing::none, Packing::fast, Packing::small);
  ArchiveMaker maker(packing);
  const std::string expected = archive_of(maker, text);
  for (const Demand demand : {Demand::is_behind, Demand::waits, Demand::is_behind})
    CHECK(archive_of(maker, text, demand) == expected);
  CHECK((member_of(expected) == text));
  CHECK((expected.size() > text.size()) == (packing == Packing::none));
}

}  // namespace bulkwrite::run
