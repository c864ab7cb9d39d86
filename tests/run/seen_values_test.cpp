#include "engine/run/seen_values.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <thread>

#include "tests/base/temporary_directory.h"
#include "tests/e2e/process.h"
#include "tests/run/cut_text.h"

using namespace bulkwrite;
using namespace bulkwrite::run;
using Catch::Matchers::Contains;

namespace {

constexpr size_t kColumns = 3;

std::unique_ptr<SeenValues> seen_in(const TemporaryDirectory& directory, uint64_t first_chunk = 0,
                                    OnRepeat on_repeat = OnRepeat::reject) {
  auto seen = SeenValues::open({.file = directory / "seen.db",
                                .columns = {{0, false}, {2, true}},
                                .on_repeat = on_repeat,
                                .first_chunk = first_chunk,
                                .source_names =
                                    [] {
                                      return std::vector<std::string>{"a.csv", "b.csv"};
                                    },
                                .recent_max = 20});
  if (!seen) FAIL(seen.error().message);
  return *std::move(seen);
}

// "source/record@column as source/record", of each repeat.
std::vector<std::string> told(const Repeats& repeats) {
  std::vector<std::string> all;
  for (const Repeat& one : repeats.rows())
    all.push_back(std::to_string(one.source) + "/" + std::to_string(one.record_number) + "@" +
                  std::to_string(one.column) + " as " + std::to_string(one.kept_source) + "/" +
                  std::to_string(one.kept_record_number));
  return all;
}

std::vector<std::string> look_at(SeenValues& seen, const csv::Chunk& chunk) {
  auto repeats = seen.look_at(chunk, nullptr);
  if (!repeats) FAIL(repeats.error().message);
  return told(*repeats);
}

std::vector<std::string> of_chunk(SeenValues& seen, uint64_t chunk_index) {
  auto repeats = seen.of_chunk(chunk_index);
  if (!repeats) FAIL(repeats.error().message);
  return told(*repeats);
}

using Told = std::vector<std::string>;

// Few values, so that many repeat; some blank, some differ by case only.
std::vector<std::string> random_texts(std::mt19937& random, size_t records) {
  std::vector<std::string> texts(2);
  const auto value = [&] {
    const std::string letters = random() % 2 == 0 ? "v" : "V";
    return random() % 8 == 0 ? std::string() : letters + std::to_string(random() % records);
  };
  for (std::string& text : texts)
    for (size_t i = 0; i < records; ++i) text += value() + ",x," + value() + "\n";
  return texts;
}

// The same by a map, one record after the other: one is sent unless one that is sent has one of its values.
std::map<uint64_t, Told> expected(const std::vector<csv::Chunk>& chunks) {
  std::map<std::string, std::string> sent;
  std::map<uint64_t, Told> all;
  for (const csv::Chunk& chunk : chunks) {
    Told& repeats = all[chunk.chunk_index];
    for (Judge judge(chunk, nullptr); judge.next();) {
      const std::string place =
          std::to_string(chunk.parts[judge.record().part].source) + "/" + std::to_string(judge.record().record_number);
      std::vector<std::string> values;
      const size_t repeats_before = repeats.size();
      for (const size_t column : {0, 2}) {
        std::string value(judge.fields()[column]);
        if (value.empty()) continue;
        if (column == 0) value[0] = 'v';
        values.push_back(std::to_string(column) + value);
        if (const auto found = sent.find(values.back()); found != sent.end())
          repeats.push_back(place + "@" + std::to_string(column) + " as " + found->second);
      }
      for (size_t i = 0; i < values.size() && repeats.size() == repeats_before; ++i) sent[values[i]] = place;
    }
  }
  return all;
}

}  // namespace

TEST_CASE("a record repeats the first that had its value, in its chunk or in an earlier one") {
  const TemporaryDirectory directory;
  const auto chunks = cut_texts({"a,x,1\nb,x,2\nA,x,3\n", "c,x,1\nB,x,\n"}, kColumns, ',', {.records_max = 3});
  REQUIRE(chunks.size() == 2);
  const auto seen = seen_in(directory);
  CHECK(look_at(*seen, chunks[0]) == Told{"0/3@0 as 0/1"});
  CHECK(look_at(*seen, chunks[1]) == Told{"1/1@2 as 0/1", "1/2@0 as 0/2"});
  CHECK(*seen->records() == 3);
  CHECK(of_chunk(*seen, 0) == Told{"0/3@0 as 0/1"});
  const auto repeats = seen->of_chunk(1);
  REQUIRE(repeats);
  CHECK(repeats->text(repeats->rows().front()) == "as record 1 of a.csv");
  CHECK_FALSE(repeats->are_left_out());
}

TEST_CASE("a record that is not to be sent has no value that another could repeat") {
  const TemporaryDirectory directory;
  const auto chunk = cut_text("a,x\na,x,1\n\xff,x,1\nb,x,1\n", kColumns);
  CHECK(look_at(*seen_in(directory), chunk) == Told{"0/4@2 as 0/2"});
}

TEST_CASE("many threads find what one after the other would, in any order of their coming") {
  const auto seed = GENERATE(take(4, random(0u, 0xFFFFFFFFu)));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TemporaryDirectory directory;
  const auto chunks = cut_texts(random_texts(random, 200), kColumns, ',', {.records_max = 7});
  const auto seen = seen_in(directory);
  std::map<uint64_t, Told> found;
  std::mutex mutex;
  {
    std::atomic<size_t> next{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (size_t at = next++; at < chunks.size(); at = next++) {
          auto repeats = look_at(*seen, chunks[at]);
          const std::scoped_lock lock(mutex);
          found[chunks[at].chunk_index] = std::move(repeats);
        }
      });
    }
  }
  CHECK(found == expected(chunks));
  std::map<uint64_t, Told> known;
  for (const auto& chunk : chunks) known[chunk.chunk_index] = of_chunk(*seen, chunk.chunk_index);
  CHECK(known == found);
}

TEST_CASE("who goes on forgets the chunks that come once more, and knows those before them") {
  const auto seed = GENERATE(take(4, random(0u, 0xFFFFFFFFu)));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const TemporaryDirectory directory;
  const auto chunks = cut_texts(random_texts(random, 50), kColumns, ',', {.records_max = 7});
  const auto all = expected(chunks);
  const size_t looked_at = random() % (chunks.size() + 1), gone_on = random() % (looked_at + 1);
  {
    const auto seen = seen_in(directory);
    for (size_t i = 0; i < looked_at; ++i) CHECK(look_at(*seen, chunks[i]) == all.at(i));
  }
  const auto seen = seen_in(directory, gone_on);
  for (size_t i = 0; i < gone_on; ++i) CHECK(of_chunk(*seen, i) == all.at(i));
  for (size_t i = gone_on; i < chunks.size(); ++i) CHECK(look_at(*seen, chunks[i]) == all.at(i));
}

TEST_CASE("nobody waits for a chunk that will not come") {
  const TemporaryDirectory directory;
  const auto chunks = cut_texts({"a,x,1\nb,x,2\n"}, kColumns, ',', {.records_max = 1});
  const auto seen = seen_in(directory);
  std::jthread closing([&] { seen->close(); });
  const auto repeats = seen->look_at(chunks[1], nullptr);
  REQUIRE_FALSE(repeats);
  CHECK(repeats.error().kind == ErrorKind::transient);
}

TEST_CASE("a damaged file of what was seen is an error that names it") {
  const TemporaryDirectory directory;
  e2e::spill(directory / "seen.db", std::string(5000, 'x'));
  const auto seen = SeenValues::open({.file = directory / "seen.db", .columns = {}, .source_names = {}});
  REQUIRE_FALSE(seen);
  CHECK(seen.error().kind == ErrorKind::input_data);
  CHECK_THAT(seen.error().message, Contains("seen.db"));
}

TEST_CASE("who goes on without the file of what was seen is told so") {
  const TemporaryDirectory directory;
  const auto seen =
      SeenValues::open({.file = directory / "seen.db", .columns = {}, .first_chunk = 1, .source_names = {}});
  REQUIRE_FALSE(seen);
  CHECK(seen.error().kind == ErrorKind::input_data);
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("what was seen can be removed, and need not be there") {
  const TemporaryDirectory directory;
  (void)seen_in(directory);
  CHECK(SeenValues::remove(directory / "seen.db"));
  CHECK(SeenValues::remove(directory / "seen.db"));
  CHECK(std::filesystem::is_empty(directory.path()));
}
