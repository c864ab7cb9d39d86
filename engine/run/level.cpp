#include "engine/run/level.h"

#include "engine/base/check.h"

namespace bulkwrite::run {

std::vector<Level> level_ladder() {
  const bool isal = zip::is_available(zip::Engine::isal), libdeflate = zip::is_available(zip::Engine::libdeflate);
  std::vector<Level> ladder;
  if (isal)
    for (const int level : {1, 2, 3}) ladder.push_back({zip::Engine::isal, level});
  // Beside ISA-L, zlib's lower levels are slower and their archives larger.
  if (isal && !libdeflate) ladder.push_back({zip::Engine::zlib, 6});
  if (isal && !libdeflate) return ladder;
  for (const int level : {1, 2, 3, 4, 5, 6})
    ladder.push_back({libdeflate ? zip::Engine::libdeflate : zip::Engine::zlib, level});
  return ladder;
}

Level level_of(Packing packing) {
  const std::vector<Level> ladder = level_ladder();
  BULKWRITE_CHECK(packing == Packing::fast || packing == Packing::small, "a level of its own");
  return packing == Packing::fast ? ladder.front() : ladder.back();
}

}  // namespace bulkwrite::run
