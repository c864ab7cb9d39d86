#include "engine/run/archive.h"

#include <catch2/catch.hpp>
#include <random>

#include "engine/run/member.h"
#include "engine/run/reread.h"
#include "engine/zip/crc32.h"
#include "tests/run/cut_text.h"

namespace bulkwrite::run {
namespace {

// Whether crc_of_member tells the truth of a chunk's accepted records.
bool is_right(csv::Chunk& chunk, const std::string& header, std::vector<size_t> kept) {
  const uint32_t crc_source = crc_of_source(chunk);
  MemberBuilder builder(std::move(kept));
  builder.begin(chunk);
  for (Judge judge(chunk, nullptr); judge.next();)
    if (judge.problems().empty()) builder.accept(judge.record(), judge.fields());
  const std::string_view member = builder.build(chunk, header);
  return crc_of_member(chunk, member, header, crc_source, builder.rewrites()) == zip::crc32(0, member);
}

}  // namespace

TEST_CASE("a member's CRC is that of its bytes, whatever of the source is in it") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> lines{"a,b\n", "1,2\r\n",    "\"c\nd\",e\n", "\n",
                                       "\r\n",  "only one\n", "a\tb\n",       "1,x\ty\n"};
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> texts(1 + random() % 3);
    // Often sound throughout: then no byte is left out.
    const size_t kinds = random() % 2 == 0 ? 3 : lines.size();
    for (std::string& text : texts) {
      for (uint64_t count = random() % 4; count > 0; --count) text += lines[random() % kinds];
      if (random() % 2 == 0) text += "p,q";
    }
    const char delimiter = random() % 4 == 0 ? '\t' : ',';
    CAPTURE(round, texts, delimiter);
    for (csv::Chunk& chunk : cut_texts(texts, 2, delimiter, {.records_max = 1 + random() % 5}))
      REQUIRE(is_right(chunk, random() % 2 == 0 ? "A,B\n" : "Last,First\r\n",
                       random() % 3 == 0 ? std::vector<size_t>{random() % 2} : std::vector<size_t>{}));
  }
}

TEST_CASE("a line end that stands where a byte was left out does not pass for it") {
  // As many bytes as in the sources, but not those.
  auto chunks = cut_texts({"a,b", "c,d\n\ne,f\n"}, 2, ',', {});
  REQUIRE(chunks.size() == 1);
  CHECK(is_right(chunks.front(), "A,B\n", {}));
}

TEST_CASE("columns left out may leave as many bytes as there were, and do not pass for them") {
  auto chunks = cut_texts({",a\n,b\n"}, 2, ',', {});
  REQUIRE(chunks.size() == 1);
  CHECK(is_right(chunks.front(), "B,column_1\n", {1}));
}

TEST_CASE("an archive is named after its source and its chunk") {
  CHECK(archive_base_name("leads", 42) == "leads-00042");
  CHECK(archive_name_of("exports/leads 2026.csv.gz") == "leads_2026");
  CHECK(archive_name_of("all.zip!deep/leads.csv") == "leads");
  CHECK(archive_name_of("-") == "stdin");
  CHECK(archive_name_of("/") == "chunk");
}

}  // namespace bulkwrite::run
