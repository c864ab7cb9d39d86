// The program with each kernel that this machine can run: what it makes is the same.
#include <catch2/catch.hpp>
#include <random>

#include "engine/csv/kernel.h"
#include "tests/e2e/world.h"

using namespace e2e;
using bulkwrite::csv::available_kernels;
using bulkwrite::csv::Kernel;

namespace {

constexpr size_t kScannedAheadBytesMin = 2 << 20;  // below that no thread scans ahead
constexpr size_t kRecordBytesMax = 20'000;

size_t below(std::mt19937_64& random, size_t bound) {
  return random() % bound;
}

std::string field(std::mt19937_64& random) {
  switch (below(random, 8)) {
    case 0:
      return "";
    case 1:
      return "\"\"";
    case 2:  // looks like records
      return "\"x\n1,2,3\r\n\"\"y\"\",\n" + std::string(below(random, 300), 'q') + "\"";
    case 3:
      return "\"" + std::string(below(random, 90), ',') + "\"";
    default:
      return std::string(below(random, 70), 'a');
  }
}

// Bytes for which a record is refused, each for a reason of its own.
std::vector<std::string> mistakes(std::mt19937_64& random) {
  std::vector<std::string> all{
      "1,5\" pipe,b",     "1,\"b\"c,d",
      "1,b\rc,d",         "1,b",
      "1,b,c,d",          std::string("1,a\0b,c", 7),
      "1,\xC3(,c",        "1,\xED\xA0\x80,c",
      "\xFF,b,c",         "1,\"a\"\r\"b\",c",
      "1,\"\"\"a\"\"b,c", "1,\"" + std::string(kRecordBytesMax + below(random, 1000), 'l') + "\",c"};
  std::string fits_into_no_chunk = "1";
  while (fits_into_no_chunk.size() <= 100'000) fits_into_no_chunk += ",\"" + std::string(9'000, 'w') + "\"";
  all.push_back(std::move(fits_into_no_chunk));
  return all;
}

// Small mistakes all over, and each mistake once.
std::string nasty_export(std::mt19937_64& random, size_t bytes) {
  constexpr size_t kSmall = 11;
  const std::vector<std::string> all = mistakes(random);
  std::string text = "A,B,C\r\n";
  for (size_t once = 0; text.size() < bytes || once < all.size();) {
    if (once < all.size() && text.size() > once * bytes / all.size())
      text += all[once++];
    else
      text += below(random, 30) == 0 ? all[below(random, kSmall)]
                                     : field(random) + "," + field(random) + "," + field(random);
    text += below(random, 3) == 0 ? "\r\n" : "\n";
    if (below(random, 20) == 0) text += below(random, 2) == 0 ? "\r\n" : "\n";
  }
  if (below(random, 2) == 0) text.pop_back();
  return text;
}

void check_same_files(const std::filesystem::path& given, const std::filesystem::path& expected) {
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(expected)) {
    CAPTURE(file.path().filename());
    const bool same = slurp(file.path()) == slurp(given / file.path().filename());
    CHECK(same);
    ++files;
  }
  CHECK(static_cast<size_t>(std::distance(std::filesystem::directory_iterator(given), {})) == files);
}

}  // namespace

TEST_CASE("whichever kernel is asked for, and however many threads work, pack makes the same files") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const TemporaryDirectory directory;
  const std::filesystem::path source = directory / "nasty.csv";
  spill(source, nasty_export(random, kScannedAheadBytesMin + 200'000 + below(random, 200'000)));
  const auto pack = [&](const std::string& kernel, const std::string& workers, const std::string& scanners) {
    const std::filesystem::path out = directory / (kernel + "-" + workers + "-" + scanners);
    const Ended ended = run({bulkwrite_program(), "pack", source, "-o", out, "--records", "1777", "--bytes", "90000",
                             "--max-record-bytes", std::to_string(kRecordBytesMax), "--on-unclosed-quote", "resync",
                             "--kernel", kernel, "--workers", workers, "--scanners", scanners},
                            directory.path());
    CHECK(ended.exit_code == 2);
    const nlohmann::json summary = summary_of(ended);
    CHECK(summary["chunks"] > 10);
    CHECK(summary["rejected"] > 100);
    return out;
  };
  const std::filesystem::path expected = pack("scalar", "1", "0");
  const std::string reasons = slurp(expected / "rejected-reasons.csv");
  for (const std::string reason :
       {"stray_quote", "bare_cr", "field_count", "nul_byte", "invalid_utf8", "unclosed_quote", "too_long"}) {
    CAPTURE(reason);
    CHECK(reasons.find(reason) != std::string::npos);
  }
  for (const Kernel& kernel : available_kernels())
    for (const auto& [workers, scanners] : {std::pair("1", "0"), std::pair("3", "0"), std::pair("2", "2")}) {
      if (kernel.name == "scalar" && workers == std::string("1")) continue;
      CAPTURE(kernel.name, workers, scanners);
      check_same_files(pack(std::string(kernel.name), workers, scanners), expected);
    }
}

TEST_CASE("whichever kernel is asked for, check finds the same, and load and resume come to the same results") {
  const TemporaryDirectory directory;
  const std::string sample = data_file("leads-sample.csv"), schema = data_file("leads.schema.json");
  const auto with_kernel = [](std::vector<std::string> call, const Kernel& kernel) {
    call.insert(call.end(), {"--kernel", std::string(kernel.name)});
    return call;
  };
  nlohmann::json checked;
  std::string rejected;
  for (const Kernel& kernel : available_kernels()) {
    CAPTURE(kernel.name);
    const Ended check = run(with_kernel({bulkwrite_program(), "check", sample, "--schema", schema, "--json"}, kernel),
                            directory.path());
    nlohmann::json document = last_line_of(check);
    document["summary"].erase("seconds");
    if (checked.is_null()) checked = document;
    CHECK(document == checked);

    const std::string name(kernel.name);
    const std::filesystem::path run_dir = directory / ("run-" + name);
    const Ended load =
        run(with_kernel(load_call({sample}, directory / (name + ".db"), run_dir), kernel), directory.path());
    CHECK(load.exit_code == 2);
    CHECK(summary_of(load)["added"] == 49);
    if (rejected.empty()) rejected = slurp(run_dir / "rejected-reasons.csv");
    CHECK(slurp(run_dir / "rejected-reasons.csv") == rejected);
    CHECK(run(with_kernel({bulkwrite_program(), "resume", run_dir}, kernel), directory.path()).exit_code == 2);
  }
}

TEST_CASE("a kernel that the machine cannot run is a wrong call that says which it can") {
  const TemporaryDirectory directory;
  const std::string sample = data_file("leads-sample.csv");
  std::string names;
  for (const Kernel& kernel : available_kernels()) names += (names.empty() ? "" : ", ") + std::string(kernel.name);
  const std::vector<std::vector<std::string>> calls{{bulkwrite_program(), "pack", sample, "-o", directory / "out"},
                                                    {bulkwrite_program(), "check", sample},
                                                    load_call({sample}, directory / "crm.db", directory / "run")};
  for (std::vector<std::string> call : calls) {
    call.insert(call.end(), {"--kernel", "abacus"});
    const Ended ended = run(call, directory.path());
    CAPTURE(call, ended.err);
    CHECK(ended.exit_code == 64);
    CHECK(ended.err.find("--kernel abacus: this machine can run " + names) != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(directory / "out"));
  CHECK_FALSE(std::filesystem::exists(directory / "run"));
}
