#include "engine/run/archive_memory.h"

#include <catch2/catch.hpp>

namespace bulkwrite::run {

TEST_CASE("memory that was given back is taken again, empty, and new where there is none") {
  ArchiveMemory memory(1);
  CHECK(memory.take().empty());
  std::string archive(100'000, 'x');
  const char* const where = archive.data();
  memory.give_back(std::move(archive));
  const std::string taken = memory.take();
  CHECK(taken.empty());
  CHECK(taken.capacity() >= 100'000);
  CHECK(static_cast<const void*>(taken.data()) == static_cast<const void*>(where));
  CHECK(memory.take().capacity() < 100'000);
}

TEST_CASE("no more pieces of memory are kept than may be") {
  ArchiveMemory memory(2);
  for (int i = 0; i < 3; ++i) memory.give_back(std::string(1'000, 'x'));
  int kept = 0;
  while (memory.take().capacity() >= 1'000) ++kept;
  CHECK(kept == 2);
}

}  // namespace bulkwrite::run
