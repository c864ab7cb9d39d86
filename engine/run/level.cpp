#include "engine/run/level.h"

#include <initializer_list>

#include "engine/base/check.h"

namespace bulkwrite::run {

// Left out is what another one beats in both speed and size, or nearly so.
std::vector<Level> level_ladder() {
  const bool isal = zip::is_available(zip::Engine::isal), libdeflate = zip::is_available(zip::Engine::libdeflate);
  std::vector<Level> ladder;
  const auto add = [&ladder](zip::Engine engine, std::initializer_list<int> levels) {
    for (const int level : levels) ladder.push_back({engine, level});
  };
  if (isal) add(zip::Engine::isal, {1, 2, 3});
  if (libdeflate)
    add(zip::Engine::libdeflate, {1, 4, 5, 6});
  else if (isal)
    add(zip::Engine::zlib, {4, 6});
  else
    add(zip::Engine::zlib, {1, 3, 4, 5, 6});
  return ladder;
}

Level level_of(Packing packing) {
  const std::vector<Level> ladder = level_ladder();
  BULKWRITE_CHECK(packing == Packing::fast || packing == Packing::small, "a level of its own");
  return packing == Packing::fast ? ladder.front() : ladder.back();
}

}  // namespace bulkwrite::run
