#include "engine/run/reread.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <random>

#include "engine/csv/text.h"
#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

using e2e::slurp;
using e2e::spill;

struct CutChunk {
  ChunkRanges ranges;
  std::string bytes;  // empty where it is too long
  csv::Index index;
  bool spooled = false;
};

void spill_gzip(const std::filesystem::path& path, const std::string& bytes) {
  gzFile out = gzopen(path.c_str(), "wb");
  REQUIRE(out != nullptr);
  REQUIRE(gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(out) == Z_OK);
}

// An input that has been cut once, its spool, and what can read it again.
class World {
 public:
  explicit World(InputOptions options) : spool_(directory_ / "spool"), options_(std::move(options)) {
    std::filesystem::create_directory(directory_ / "spool");
  }
  std::filesystem::path file(const std::string& name) const { return directory_ / name; }
  void add(const std::string& name, const std::string& bytes) {
    spill(file(name), bytes);
    options_.files.push_back(file(name));
  }
  void add_gzip(const std::string& name, const std::string& bytes) {
    spill_gzip(file(name), bytes);
    options_.files.push_back(file(name));
  }

  std::vector<CutChunk> cut() {
    auto front = Front::open(options_, progress_);
    REQUIRE(front);
    front_ = *std::move(front);
    BoundedQueue<csv::Chunk> out(1000), used(1);
    SpoolPieces pieces(spool_);
    REQUIRE(front_->run({}, out, used, pieces));
    out.close();
    std::vector<CutChunk> chunks;
    while (auto chunk = out.pop()) {
      CutChunk cut{.ranges = {chunk->chunk_index, chunk->parts, crc_of_source(*chunk), chunk->too_long},
                   .bytes = std::string(chunk->bytes()),
                   .index = chunk->index};
      const SourceLook look = look_at_source(*chunk);
      CHECK(look.crc == cut.ranges.crc_source);
      CHECK(look.clean_text == (!chunk->too_long && csv::is_clean_text(chunk->bytes())));
      cut.spooled = Spool::needs(*chunk, *front_);
      if (cut.spooled && !chunk->too_long) REQUIRE(spool_.keep(*chunk));
      chunks.push_back(std::move(cut));
    }
    return chunks;
  }
  Rereader rereader() const { return {*front_, spool_, front_->cut_options()}; }
  const Spool& spool() const { return spool_; }

 private:
  const e2e::TemporaryDirectory directory_;
  const Spool spool_;
  InputOptions options_;
  Progress progress_;
  std::unique_ptr<Front> front_;
};

InputOptions small(uint64_t records, uint64_t bytes = csv::kBytesMax, bool resync = false) {
  InputOptions options;
  options.records_max = records;
  options.bytes_max = bytes;
  options.resync_on_unclosed_quote = resync;
  return options;
}

std::string random_body(std::mt19937_64& random) {
  const char* const fields[] = {"a",        "",    "\"q\"",    "\"a\nb\"",        "\"\r\n\"", "x\"y",
                                "\"\"\"\"", "\rz", "\xC3\xA9", "long long field", "\"open"};
  std::string body;
  for (uint64_t records = random() % 40; records > 0; --records) {
    for (uint64_t columns = 1 + random() % 3; columns > 0; --columns)
      body += std::string(fields[random() % std::size(fields)]) + (columns > 1 ? "," : "");
    if (records > 1 || random() % 2 == 0) body += random() % 3 == 0 ? "\r\n" : random() % 8 == 0 ? "\n\n" : "\n";
  }
  return body;
}

void same(const csv::Chunk& again, const CutChunk& first) {
  CHECK(again.chunk_index == first.ranges.chunk_index);
  CHECK(again.parts == first.ranges.parts);
  CHECK(again.bytes() == first.bytes);
  csv::Index index = again.index, other = first.index;
  index.truncate(again.size);
  for (size_t word = 0; word * 64 < again.size; ++word) {
    CHECK(index.structurals.at(word) == other.structurals.at(word));
    CHECK(index.record_ends.at(word) == other.record_ends.at(word));
  }
  REQUIRE(index.flaws.size() == other.flaws.size());
  for (size_t i = 0; i < index.flaws.size(); ++i) {
    CHECK(index.flaws[i].offset == other.flaws[i].offset);
    CHECK(index.flaws[i].flaw == other.flaws[i].flaw);
  }
}

std::string read_too_long(Rereader rereader, const ChunkRanges& ranges) {
  std::string bytes;
  const auto done = rereader.too_long(ranges, [&](std::string_view piece) {
    bytes += piece;
    return Result<void>();
  });
  REQUIRE(done);
  return bytes;
}

void is_refused(World& world, const CutChunk& chunk, ErrorKind kind = ErrorKind::input_data) {
  const auto again = world.rereader().chunk(chunk.ranges);
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == kind);
  CHECK_THAT(again.error().message, Catch::Contains("leads.csv"));
}

}  // namespace

TEST_CASE("a chunk that is read again is the chunk that was cut, from files and from the spool") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    World world(small(1 + random() % 9, random() % 2 == 0 ? csv::kBytesMax : 40 + random() % 80, true));
    for (uint64_t source = 0; source < 3; ++source) {
      const std::string bytes = "A,B\n" + random_body(random);
      if (random() % 3 == 0)
        world.add_gzip(std::to_string(source) + ".csv.gz", bytes);
      else
        world.add(std::to_string(source) + ".csv", bytes);
    }
    for (const CutChunk& chunk : world.cut()) {
      CAPTURE(chunk.ranges.chunk_index);
      if (chunk.ranges.too_long) continue;
      const auto again = world.rereader().chunk(chunk.ranges);
      REQUIRE(again);
      same(*again, chunk);
    }
  }
}

TEST_CASE("one look at a chunk's source finds what two find, wherever a character or a flaw stands") {
  std::string body;
  while (body.size() < 80'000) body += "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80,x\n";
  const size_t flaw_at = GENERATE(size_t{0}, 16382, 16383, 16384, 16385, 32768, 79'000, SIZE_MAX);
  const char flaw = GENERATE('\0', '\xFF', '\xC3');
  CAPTURE(flaw_at, static_cast<int>(flaw));
  if (flaw_at < body.size()) body[flaw_at] = flaw;
  World world(small(25'000));
  world.add("a.csv", "A,B\n" + body);
  const auto chunks = world.cut();  // which looks both ways
  REQUIRE(chunks.size() == 1);
  CHECK(chunks.front().bytes.size() == body.size());
}

TEST_CASE("a source whose bytes changed is an error for the chunks that they are in, and for no other") {
  World world(small(2));
  world.add("leads.csv", "A,B\n1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n");
  const auto chunks = world.cut();
  REQUIRE(chunks.size() == 3);
  std::string bytes = slurp(world.file("leads.csv"));
  bytes[bytes.find("3,c")] = '8';
  spill(world.file("leads.csv"), bytes);
  const auto first = world.rereader().chunk(chunks[0].ranges);
  REQUIRE(first);
  same(*first, chunks[0]);
  is_refused(world, chunks[1]);
  CHECK(world.rereader().chunk(chunks[2].ranges));
}

TEST_CASE("no change to a chunk's bytes gives a wrong record") {
  const std::string text = "A,B\n1,a\n2,\"b\nb\"\n3,c\n4,d\n";
  for (size_t at = 4; at < text.size(); ++at) {
    for (const char byte : {'"', '\n', ',', '\r', '7', '\0'}) {
      if (text[at] == byte) continue;
      CAPTURE(at, byte);
      World world(small(10));
      world.add("leads.csv", text);
      const auto chunks = world.cut();
      REQUIRE(chunks.size() == 1);
      std::string changed = text;
      changed[at] = byte;
      spill(world.file("leads.csv"), changed);
      is_refused(world, chunks[0]);
    }
  }
}

TEST_CASE("a source that was shortened, moved along or removed is an error") {
  World world(small(2));
  const std::string text = "A,B\n1,a\n2,b\n3,c\n4,d\n";
  world.add("leads.csv", text);
  const auto chunks = world.cut();
  REQUIRE(chunks.size() == 2);
  spill(world.file("leads.csv"), text.substr(0, text.size() - 1));
  is_refused(world, chunks[1]);
  spill(world.file("leads.csv"), "A,B\n0,z\n" + text.substr(4));
  is_refused(world, chunks[0]);
  is_refused(world, chunks[1]);
  spill(world.file("leads.csv"), "");
  is_refused(world, chunks[0]);
  std::filesystem::remove(world.file("leads.csv"));
  is_refused(world, chunks[0], ErrorKind::no_input);
  spill(world.file("leads.csv"), text);
  CHECK(world.rereader().chunk(chunks[0].ranges));
}

TEST_CASE("a source that only grew behind its chunks is read as it was") {
  World world(small(2));
  world.add("leads.csv", "A,B\n1,a\n2,b");
  const auto chunks = world.cut();
  REQUIRE(chunks.size() == 1);
  spill(world.file("leads.csv"), slurp(world.file("leads.csv")) + "\n3,c\n");
  const auto again = world.rereader().chunk(chunks[0].ranges);
  REQUIRE(again);
  same(*again, chunks[0]);
}

TEST_CASE("a record that fits into no chunk is read again as it stands in its source") {
  const std::string record = "1," + std::string(3'000'000, 'x') + "\r\n";
  World world(small(10, 1000));
  const bool spooled = GENERATE(false, true);
  const std::string text = "A,B\n0,a\n" + record + "2,b\n";
  if (spooled)
    world.add_gzip("leads.csv.gz", text);
  else
    world.add("leads.csv", text);
  const auto chunks = world.cut();
  REQUIRE(chunks.size() == 3);
  REQUIRE(chunks[1].ranges.too_long);
  CHECK(chunks[1].spooled == spooled);
  CHECK(world.spool().has(1) == spooled);
  CHECK((read_too_long(world.rereader(), chunks[1].ranges) == record));
}

TEST_CASE("a too long record whose source has changed is an error, never another record") {
  World world(small(10, 100));
  const std::string record = "1," + std::string(200, 'x') + "\n";
  world.add("leads.csv", "A,B\n0,a\n" + record + "2,b\n");
  const auto chunks = world.cut();
  REQUIRE(chunks.size() == 3);
  REQUIRE(chunks[1].ranges.too_long);
  CHECK(read_too_long(world.rereader(), chunks[1].ranges) == record);
  std::string bytes = slurp(world.file("leads.csv"));
  bytes[100] = 'y';
  spill(world.file("leads.csv"), bytes);
  const auto done = world.rereader().too_long(chunks[1].ranges, [](std::string_view) { return Result<void>(); });
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == ErrorKind::input_data);
}

TEST_CASE("only what cannot be read twice is spooled, and it goes away when it is no longer needed") {
  World world(small(2));
  world.add("1.csv", "A,B\n1,a\n2,b\n3,c\n");
  world.add_gzip("2.csv.gz", "A,B\n4,d\n5,e\n6,f");
  world.add("3.csv", "A,B\n7,g\n8,h\n9,i\n");
  const auto chunks = world.cut();
  REQUIRE(chunks.size() == 5);
  std::vector<bool> spooled;
  for (const CutChunk& chunk : chunks) spooled.push_back(chunk.spooled);
  CHECK(spooled == std::vector<bool>{false, true, true, false, false});
  CHECK(slurp(world.spool().path(1)) == "3,c\n4,d\n");
  CHECK(slurp(world.spool().path(2)) == "5,e\n6,f");
  std::filesystem::remove(world.file("2.csv.gz"));
  for (const CutChunk& chunk : chunks) {
    CAPTURE(chunk.ranges.chunk_index);
    const auto again = world.rereader().chunk(chunk.ranges);
    REQUIRE(again);
    same(*again, chunk);
  }
  world.spool().remove(1);
  CHECK_FALSE(world.spool().has(1));
  CHECK(world.spool().has(2));
  world.spool().remove_all();
  CHECK_FALSE(std::filesystem::exists(world.file("spool")));
}

TEST_CASE("a spooled copy that was damaged is an error") {
  World world(small(2));
  world.add_gzip("leads.csv.gz", "A,B\n1,a\n2,b\n");
  const auto chunks = world.cut();
  REQUIRE(chunks.size() == 1);
  spill(world.spool().path(0), "1,a\n2,c\n");
  is_refused(world, chunks[0]);
}

}  // namespace bulkwrite::run
