// What the simulation's figures rest on.
#include <catch2/catch.hpp>
#include <set>

#include "tests/sim/world.h"

namespace sim {

TEST_CASE("a seed that runs twice tells the same events") {
  const uint64_t number = GENERATE(1U, 2U, 30U, 45U, 77U);
  INFO("seed " << number);
  Seed first(number, true), second(number, true);
  const Tally once = first.run(), twice = second.run();
  CHECK(first.trace().events().size() > 50);
  CHECK(first.trace().events() == second.trace().events());
  CHECK(once.faults == twice.faults);
  CHECK(once.jobs == twice.jobs);
}

TEST_CASE("each fault has a name of its own") {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kFaults; ++i) names.insert(fault_name(static_cast<Fault>(i)));
  CHECK(names.size() == kFaults);
  CHECK_FALSE(names.contains(""));
}

}  // namespace sim
