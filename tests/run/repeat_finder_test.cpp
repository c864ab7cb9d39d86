#include "engine/run/repeat_finder.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <tuple>

#include "tests/base/temporary_directory.h"

using namespace bulkwrite;
using namespace bulkwrite::run;

namespace {

struct Placed {
  uint32_t source, column;
  uint64_t record_number;
  std::string value;
};

std::vector<Repeat> found_in(const std::vector<Placed>& values, OnRepeat on_repeat, uint32_t records_a_chunk = 10) {
  const TemporaryDirectory directory;
  RepeatFinder finder(directory.path(), on_repeat);
  ValueDigest digest;
  std::vector<Occurrence> occurrences;
  for (const Placed& one : values) {
    const auto chunk = static_cast<uint32_t>(one.source * 1000 + one.record_number / records_a_chunk);
    occurrences.push_back({digest.of(one.column, one.value, false), one.record_number, one.source, chunk, one.column});
    if (occurrences.size() < 7) continue;
    REQUIRE(finder.add(occurrences));
    occurrences.clear();
  }
  REQUIRE(finder.add(occurrences));
  REQUIRE(finder.write(directory / "repeats"));
  const auto repeats = Repeats::open(directory / "repeats", on_repeat, {"a.csv", "b.csv"});
  REQUIRE(repeats);
  return {repeats->rows().begin(), repeats->rows().end()};
}

// By looking at each record in turn: it is sent unless one that is sent has one of its values.
std::vector<Repeat> found_dully(std::vector<Placed> values, OnRepeat on_repeat) {
  const auto place_of = [](const auto& one) { return std::tuple(one.source, one.record_number, one.column); };
  const auto is_before = [&](const auto& a, const auto& b) { return place_of(a) < place_of(b); };
  std::sort(values.begin(), values.end(), is_before);
  if (on_repeat == OnRepeat::last) std::reverse(values.begin(), values.end());
  std::map<std::pair<uint32_t, std::string>, Placed> sent;
  std::vector<Repeat> repeats;
  for (size_t i = 0, end = 0; i < values.size(); i = end) {
    const size_t repeats_before = repeats.size();
    while (end < values.size() && values[end].source == values[i].source &&
           values[end].record_number == values[i].record_number)
      ++end;
    for (size_t at = i; at < end; ++at)
      if (const auto found = sent.find({values[at].column, values[at].value}); found != sent.end())
        repeats.push_back({values[at].record_number, found->second.record_number, values[at].source,
                           found->second.source, values[at].column, 0});
    for (size_t at = i; at < end && repeats.size() == repeats_before; ++at)
      sent[{values[at].column, values[at].value}] = values[at];
  }
  std::sort(repeats.begin(), repeats.end(), is_before);
  return repeats;
}

}  // namespace

TEST_CASE("of values that occur more than once all but the first repeat it, or all but the last") {
  const std::vector<Placed> values = {{0, 4, 1, "x"}, {0, 4, 2, "y"}, {0, 4, 3, "x"}, {1, 4, 1, "x"}};
  CHECK(found_in(values, OnRepeat::reject) == std::vector<Repeat>{{3, 1, 0, 0, 4, 0}, {1, 1, 1, 0, 4, 0}});
  CHECK(found_in(values, OnRepeat::last) == std::vector<Repeat>{{1, 1, 0, 1, 4, 0}, {3, 1, 0, 1, 4, 0}});
}

TEST_CASE("a record that is not sent for one value keeps none out for another") {
  // Of the second the e-mail address is the first's; the third has the second's number, which nobody sends.
  const std::vector<Placed> values = {{0, 1, 1, "a@x.org"}, {0, 2, 1, "1"},       {0, 1, 2, "a@x.org"},
                                      {0, 2, 2, "2"},       {0, 1, 3, "b@x.org"}, {0, 2, 3, "2"}};
  CHECK(found_in(values, OnRepeat::first) == std::vector<Repeat>{{2, 1, 0, 0, 1, 0}});
  // Seen from the end the third is sent, the second is not, and so the first is.
  CHECK(found_in(values, OnRepeat::last) == std::vector<Repeat>{{2, 3, 0, 0, 2, 0}});
}

TEST_CASE("values meet in their own column only, and in any letter case unless case matters") {
  CHECK(found_in({{0, 1, 1, "x"}, {0, 2, 1, "x"}, {0, 2, 2, "X"}}, OnRepeat::reject) ==
        std::vector<Repeat>{{2, 1, 0, 0, 2, 0}});
  ValueDigest digest;
  CHECK(digest.of(1, "Ann@B.example", false) == digest.of(1, "ann@b.EXAMPLE", false));
  CHECK(digest.of(1, "Ann", true) != digest.of(1, "ann", true));
  CHECK(digest.of(1, "\xC3\x84", false) != digest.of(1, "\xC3\xA4", false));
  CHECK(digest.of(1, "@", false) != digest.of(1, "`", false));
}

TEST_CASE("many values spill, and are found as by looking at each in turn") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const OnRepeat on_repeat = GENERATE(OnRepeat::reject, OnRepeat::first, OnRepeat::last);
  const uint64_t different = GENERATE(1, 50, 100'000);
  std::vector<Placed> values;
  for (uint64_t record = 1; record <= 60'000; ++record) {
    const uint32_t source = record > 40'000 ? 1 : 0;
    values.push_back({source, 3, record, std::to_string(random() % different)});
    if (random() % 10 == 0) values.push_back({source, 5, record, std::to_string(random() % different)});
  }
  CHECK(found_in(values, on_repeat) == found_dully(values, on_repeat));
}

TEST_CASE("a file of repeats that is damaged is refused, and its rows are found by their record") {
  const TemporaryDirectory directory;
  RepeatFinder finder(directory.path(), OnRepeat::reject);
  ValueDigest digest;
  std::vector<Occurrence> occurrences;
  for (uint64_t record = 1; record <= 9; ++record)
    occurrences.push_back({digest.of(0, record % 3 == 0 ? "same" : std::to_string(record), false), record, 0, 0, 0});
  REQUIRE(finder.add(occurrences));
  REQUIRE(finder.write(directory / "repeats"));
  const auto repeats = Repeats::open(directory / "repeats", OnRepeat::reject, {"a.csv"});
  REQUIRE(repeats);
  CHECK(repeats->rows().size() == 2);
  CHECK(repeats->from(0, 1).front().record_number == 6);
  CHECK(repeats->from(0, 6).front().record_number == 6);
  CHECK(repeats->from(0, 7).front().record_number == 9);
  CHECK(repeats->from(0, 10).empty());
  CHECK(repeats->from(1, 1).empty());
  CHECK(repeats->text(repeats->rows().front()) == "as record 3");

  auto bytes = read_file(directory / "repeats");
  REQUIRE(bytes);
  for (const std::string& damaged :
       {bytes->substr(0, bytes->size() - 1), std::string("x") + bytes->substr(1), std::string()}) {
    REQUIRE(write_file(directory / "damaged", damaged));
    const auto refused = Repeats::open(directory / "damaged", OnRepeat::reject, {});
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::input_data);
  }
}
