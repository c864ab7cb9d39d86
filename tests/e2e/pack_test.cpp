#include <catch2/catch.hpp>

#include "engine/zip/reader.h"
#include "tests/e2e/world.h"

using namespace e2e;

namespace {

std::string member_of(const std::filesystem::path& archive) {
  auto reader = bulkwrite::zip::ArchiveReader::open_file(archive);
  REQUIRE(reader);
  REQUIRE(reader->next_member().value());
  std::string text, block(1 << 16, '\0');
  for (;;) {
    auto got = reader->read(block);
    REQUIRE(got);
    if (*got == 0) return text;
    text.append(block, 0, *got);
  }
}

}  // namespace

TEST_CASE("members in order, without the headers that were repeated, are the source byte for byte") {
  const TemporaryDirectory directory;
  const std::filesystem::path source = directory / "leads.csv";
  CHECK(run({gen_program(), "--records", "30000", "--newlines", "20", "--crlf", "-o", source}, directory.path())
            .exit_code == 0);
  const std::string text = slurp(source);
  const std::string header = text.substr(0, text.find('\n') + 1);

  const Ended ended =
      run({bulkwrite_program(), "pack", source, "-o", directory / "out", "--records", "777"}, directory.path());
  CHECK(ended.exit_code == 0);
  std::string joined = header;
  for (size_t chunk = 0; chunk < summary_of(ended)["chunks"].get<size_t>(); ++chunk) {
    char name[40];
    std::snprintf(name, sizeof name, "leads-%05zu.zip", chunk);
    const std::string member = member_of(directory / "out" / name);
    REQUIRE(member.starts_with(header));
    joined += member.substr(header.size());
  }
  CHECK(joined == text);
}

TEST_CASE("however many threads scan ahead, pack makes the same files") {
  const TemporaryDirectory directory;
  const std::filesystem::path source = directory / "leads.csv";
  CHECK(run({gen_program(), "--records", "30000", "--newlines", "20", "-o", source}, directory.path()).exit_code == 0);
  for (const std::string scanners : {"0", "1", "4"}) {
    const Ended ended = run({bulkwrite_program(), "pack", source, "-o", directory / scanners, "--records", "1777",
                             "--level", "fast", "--scanners", scanners, "--workers", "8"},
                            directory.path());
    CHECK(ended.exit_code == 0);
    size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory / scanners)) {
      CAPTURE(scanners, file.path().filename());
      CHECK(slurp(file.path()) == slurp(directory / "0" / file.path().filename()));
      ++files;
    }
    CHECK(files >= 17);
  }
}

TEST_CASE("a level changes the archives, and nothing else that the manifest tells") {
  const TemporaryDirectory directory;
  const std::filesystem::path source = directory / "leads.csv";
  CHECK(run({gen_program(), "--records", "3000", "--bad", "1", "-o", source}, directory.path()).exit_code == 0);
  struct Packed {
    nlohmann::json manifest;
    std::vector<std::string> members;
    uint64_t zip_bytes = 0;
  };
  const auto pack = [&](const std::string& level) {
    const std::filesystem::path out = directory / ("out-" + level);
    std::vector<std::string> call{bulkwrite_program(), "pack", source, "-o", out, "--records", "1000"};
    if (!level.empty()) call.insert(call.end(), {"--level", level});
    CHECK(run(call, directory.path()).exit_code == 2);  // some are bad
    Packed packed{.manifest = nlohmann::json::parse(slurp(out / "manifest.json"))};
    for (nlohmann::json& chunk : packed.manifest["chunks"]) {
      packed.members.push_back(member_of(out / chunk["archive"].get<std::string>()));
      packed.zip_bytes += chunk["zip_bytes"].get<uint64_t>();
      chunk.erase("zip_bytes");
    }
    return packed;
  };
  const Packed by_default = pack(""), none = pack("none"), fast = pack("fast"), small = pack("small");
  REQUIRE(fast.members.size() == 3);
  for (const Packed* other : {&by_default, &none, &small}) {
    CHECK(other->manifest == fast.manifest);
    CHECK((other->members == fast.members));
  }
  CHECK(by_default.zip_bytes == fast.zip_bytes);
  CHECK(small.zip_bytes < fast.zip_bytes);
  CHECK(fast.zip_bytes < none.zip_bytes / 2);
}

// A sanitizer takes memory of its own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("pack takes no more memory than it says, also where every chunk is as large as it may be") {
  const TemporaryDirectory directory;
  const auto [records, level] =
      GENERATE(table<std::string, std::string>({{"sound", "none"}, {"sound", "fast"}, {"bad", "fast"}}));
  CAPTURE(records, level);
  // 25,000 of them are a chunk of nearly 25 MB.
  const std::string record = (records == "bad" ? "" : "a,") + std::string(990, 'x') + ",b\n";
  std::string text = "A,B,C\n";
  while (text.size() < 200'000'000) text += record;
  spill(directory / "wide.csv", text);
  Process pack({bulkwrite_program(), "pack", directory / "wide.csv", "-o", directory / "out", "--workers", "2",
                "--level", level},
               directory.path());
  const Ended ended = pack.wait();
  CHECK(ended.exit_code == (records == "bad" ? 2 : 0));
  const size_t at = ended.err.find("memory: at most ");
  REQUIRE(at != std::string::npos);
  long few = 0, all = 0;
  REQUIRE(std::sscanf(ended.err.c_str() + at, "memory: at most %ld MB, %ld MB", &few, &all) == 2);
  const long peak = pack.peak_kilobytes() * 1024 / 1'000'000;
  CAPTURE(peak, few, all);
  CHECK(peak < (records == "bad" ? all : few));
  CHECK(peak > few / 8);  // the bound says something
}

TEST_CASE("pack takes as much memory for four chunks as for twenty") {
  const TemporaryDirectory directory;
  const auto peak_of = [&](const std::string& records) {
    const std::filesystem::path file = directory / (records + ".csv");
    CHECK(run({gen_program(), "--records", records, "-o", file}, directory.path()).exit_code == 0);
    Process pack({bulkwrite_program(), "pack", file, "-o", directory / records, "--workers", "2"}, directory.path());
    CHECK(pack.wait().exit_code == 0);
    return static_cast<double>(pack.peak_kilobytes());
  };
  const double few = peak_of("100000"), many = peak_of("500000");
  CHECK(many / few < 1.1);
  CHECK(few / many < 1.1);
}
#endif

TEST_CASE("pack refuses a directory that is not empty, and leaves it alone") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(1));
  std::filesystem::create_directory(directory / "out");
  spill(directory / "out" / "mine.txt", "mine");
  CHECK(run({bulkwrite_program(), "pack", directory / "leads.csv", "-o", directory / "out"}, directory.path())
            .exit_code == 73);
  CHECK(std::distance(std::filesystem::directory_iterator(directory / "out"), {}) == 1);
}

TEST_CASE("pack reads stdin") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(10));
  const Ended ended =
      run({bulkwrite_program(), "pack", "-", "-o", directory / "out"}, directory.path(), directory / "leads.csv");
  CHECK(ended.exit_code == 0);
  CHECK(member_of(directory / "out" / "stdin-00000.zip") == leads(10));
}
