#include "engine/run/front.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

class KeptPieces final : public PieceSink {
 public:
  Result<void> piece(uint64_t, const SourceInfo&, std::string_view bytes) override {
    kept += bytes;
    return {};
  }
  std::string kept;
};

struct Cut {
  std::vector<csv::Chunk> chunks;
  std::string pieces;
  std::optional<Error> error;
  uint64_t blank_lines = 0, bytes_read = 0;
};

// All that the front gives, while nothing is given back.
Cut run(Front& front, const Progress& progress) {
  Cut cut;
  BoundedQueue<csv::Chunk> out(1), used(1);
  KeptPieces pieces;
  std::jthread thread([&] {
    if (auto done = front.run({}, out, used, pieces); !done) cut.error = std::move(done).error();
    out.close();
  });
  while (auto chunk = out.pop()) {
    chunk->gather();
    cut.chunks.push_back(*std::move(chunk));
  }
  thread.join();
  cut.pieces = pieces.kept;
  cut.blank_lines = front.blank_lines();
  cut.bytes_read = progress.bytes_read;
  return cut;
}

Cut cut(InputOptions options, unsigned scanners) {
  options.scanners = scanners;
  Progress progress;
  auto front = Front::open(options, progress);
  return run(**front, progress);
}

bool same(const csv::Chunk& a, const csv::Chunk& b) {
  if (a.chunk_index != b.chunk_index || a.parts != b.parts || a.too_long != b.too_long || a.passed_crc != b.passed_crc)
    return false;
  return a.too_long ||
         (a.bytes() == b.bytes() && a.regular == b.regular && a.index.flaws.size() == b.index.flaws.size());
}

void check_same(const Cut& given, const Cut& expected) {
  REQUIRE(given.chunks.size() == expected.chunks.size());
  for (size_t i = 0; i < given.chunks.size(); ++i) {
    INFO("chunk " << i);
    REQUIRE(same(given.chunks[i], expected.chunks[i]));
  }
  CHECK(given.pieces == expected.pieces);
  CHECK(given.blank_lines == expected.blank_lines);
  REQUIRE(given.error.has_value() == expected.error.has_value());
  if (given.error)
    CHECK(given.error->message == expected.error->message);
  else
    CHECK(given.bytes_read == expected.bytes_read);
}

std::string overlong_record() {
  const std::string field = "\"" + std::string(150'000, 'l') + "\n\"";
  return "1," + field + "," + field + "\n";
}

// An export of some blocks: quoted line ends, blank lines, and now and then a mistake, or a record that fits into no
// chunk.
std::string export_text(std::mt19937_64& random, size_t bytes) {
  std::string text = "A,B,C\n";
  while (text.size() < bytes) {
    text += std::to_string(random() % 100'000) + ",";
    if (random() % 5 == 0)
      text += "\"x\n1,2,3\ny \"\"z\"\", " + std::string(random() % 3000, 'q') + "\"";
    else
      text += std::string(random() % 300, 'a');
    text += random() % 1000 == 0 ? ",5\" pipe" : ",c";
    text += random() % 3 == 0 ? "\r\n" : "\n";
    if (random() % 50 == 0) text += "\r\n";
    if (random() % 4000 == 0) text += overlong_record();
  }
  if (random() % 2 == 0) text.pop_back();
  return text;
}

class Files {
 public:
  InputOptions options() const {
    return {.files = names_, .records_max = 5000, .bytes_max = 700'000, .record_bytes_max = 500'000};
  }
  void add(const std::string& text) {
    names_.push_back((directory_ / (std::to_string(names_.size()) + ".csv")).string());
    e2e::spill(names_.back(), text);
  }
  const std::string& last() const { return names_.back(); }

 private:
  const e2e::TemporaryDirectory directory_;
  std::vector<std::string> names_;
};

}  // namespace

TEST_CASE("however many threads scan ahead, the chunks are those of the front alone") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Files files;
  files.add(export_text(random, 5'000'000 + random() % 1'000'000) + "\n" + overlong_record());
  files.add(export_text(random, 1000));
  files.add(export_text(random, 3'000'000));
  InputOptions options = files.options();
  options.bytes_max = 250'000;
  const Cut expected = cut(options, 0);
  REQUIRE_FALSE(expected.error);
  CHECK_FALSE(expected.pieces.empty());
  for (const unsigned scanners : {1, 2, 5}) {
    CAPTURE(scanners);
    check_same(cut(options, scanners), expected);
  }
}

TEST_CASE("the kernel that was asked for scans, and every chunk is walked by it") {
  std::mt19937_64 random(1);
  Files files;
  files.add(export_text(random, 3'000'000));
  InputOptions options = files.options();
  const Cut expected = cut(options, 0);
  for (const csv::Kernel& kernel : csv::available_kernels()) {
    options.kernel = kernel.name;
    for (const unsigned scanners : {0, 2}) {
      CAPTURE(kernel.name, scanners);
      const Cut given = cut(options, scanners);
      check_same(given, expected);
      for (const csv::Chunk& chunk : given.chunks)
        if (!chunk.too_long) CHECK(chunk.kernel == &kernel);
    }
  }
}

TEST_CASE("a quote without an end is told of alike, however many threads scan ahead") {
  std::mt19937_64 random(1);
  Files files;
  files.add(export_text(random, 3'000'000) + "\n1,\"2,3\n" + std::string(2'000'000, 'x') + "\n" +
            export_text(random, 100'000));
  const Cut expected = cut(files.options(), 0);
  REQUIRE(expected.error);
  check_same(cut(files.options(), 2), expected);
  InputOptions resync = files.options();
  resync.resync_on_unclosed_quote = true;
  check_same(cut(resync, 2), cut(resync, 0));
}

TEST_CASE("an input that goes on where an earlier run left it goes on alike") {
  std::mt19937_64 random(2);
  Files files;
  files.add(export_text(random, 5'000'000));
  InputOptions options = files.options();
  const Cut whole = cut(options, 0);
  const csv::Part& last = whole.chunks[1].parts.back();
  options.scanners = 3;
  Progress progress;
  KnownInput known;
  known.header = Front::open(options, progress).value()->header();
  known.sources = {{files.last(), true, {}}};
  known.position = {2, 0, last.end, last.first_record + last.records};
  Progress second;
  auto front = Front::reopen(options, std::move(known), second);
  REQUIRE(front);
  const Cut rest = run(**front, second);
  REQUIRE(rest.chunks.size() + 2 == whole.chunks.size());
  for (size_t i = 0; i < rest.chunks.size(); ++i) CHECK(same(rest.chunks[i], whole.chunks[i + 2]));
}

TEST_CASE("a front that is asked to stop lets the scanners go, and so does one whose chunks nobody takes") {
  std::mt19937_64 random(3);
  Files files;
  files.add(export_text(random, 6'000'000));
  InputOptions options = files.options();
  options.scanners = 4;
  for (const bool close : {false, true}) {
    Progress progress;
    auto front = Front::open(options, progress);
    BoundedQueue<csv::Chunk> out(1), used(1);
    KeptPieces pieces;
    std::stop_source stop;
    std::jthread thread([&] {
      CHECK((*front)->run(stop.get_token(), out, used, pieces));
      out.close();
    });
    REQUIRE(out.pop());
    if (close) {
      out.close();
    } else {
      stop.request_stop();
      while (out.pop()) {
      }
    }
    thread.join();
    CHECK_FALSE(progress.input_ended);
  }
}

TEST_CASE("a file that shrinks while it is read ends where it now ends") {
  std::mt19937_64 random(4);
  Files files;
  const std::string text = export_text(random, 8'000'000);
  files.add(text);
  InputOptions options = files.options();
  options.scanners = 2;
  options.resync_on_unclosed_quote = true;
  Progress progress;
  auto front = Front::open(options, progress);
  std::filesystem::resize_file(files.last(), 4'000'000);
  const Cut cut = run(**front, progress);
  CHECK_FALSE(cut.error);
  REQUIRE_FALSE(cut.chunks.empty());
  CHECK(cut.chunks.back().parts.back().end == 4'000'000);
}

}  // namespace bulkwrite::run
