// The program itself: its options, its report, its exit codes.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/gen/dull_csv.h"
#include "tests/gen/dull_rules.h"

namespace bulkwrite::gen {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "bulkwrite-gen-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct Outcome {
  int exit_code;
  std::string out, err;
};

Outcome run(const std::string& arguments) {
  const TemporaryDirectory directory;
  const std::string out = directory.file("out"), err = directory.file("err");
  // The limit, in blocks of 512 bytes, ends a run that writes what it should have refused.
  const std::string command = "ulimit -f 20000; '" BULKWRITE_GEN "' " + arguments + " >'" + out + "' 2>'" + err + "'";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_whole_file(out), read_whole_file(err)};
}

}  // namespace

TEST_CASE("the program's report agrees with the bytes that it wrote") {
  const Outcome outcome = run("--records 3000 --seed 11 --bad 5 --duplicates 2 --bom");
  REQUIRE(outcome.exit_code == 0);
  const auto report = nlohmann::json::parse(outcome.err);
  const DullFile file = read_dully(outcome.out);
  CHECK(file.bom);
  CHECK(report.at("module") == "Leads");
  CHECK(report.at("seed") == 11);
  CHECK(report.at("records") == 3000);
  CHECK(report.at("records") == file.records.size());
  CHECK(report.at("bytes") == outcome.out.size());
  CHECK(report.at("bad").get<int>() > 100);
  CHECK(report.at("duplicates").get<int>() > 20);
  uint64_t wrong_counts = 0;
  for (const DullRecord& record : file.records) wrong_counts += record.flaw == "field_count" ? 1 : 0;
  CHECK(report.at("bad_by_rule").at("field_count") == wrong_counts);
  CHECK(wrong_counts > 0);
}

TEST_CASE("a named file gets the bytes that stdout would") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("leads.csv");
  const Outcome outcome = run("--records 12000 --crlf --delimiter tab -o '" + path + "'");  // several buffers long
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out.empty());
  const std::string bytes = read_whole_file(path);
  CHECK(bytes == run("--records 12000 --crlf --delimiter '\\t'").out);
  CHECK(read_dully(bytes, '\t').records.size() == 12000);
}

TEST_CASE("no records are a header alone") {
  const Outcome outcome = run("--records 0 --module Events_Log");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out == "Event_Key,Name,Source,Level,Occurred_At,Day,Duration_Ms,Sequence,Score,Handled,Message\n");
}

TEST_CASE("options that make no sense are refused before anything is written") {
  for (const char* arguments : {"", "--records many", "--records -1", "--records 1 --bad 101", "--records 1 --bad -1",
                                "--records 1 --delimiter x", "--records 1 --module Deals",
                                "--records 1 --module Events_Log --duplicates 1", "--records 1 --colour"}) {
    CAPTURE(arguments);
    const Outcome outcome = run(arguments);
    CHECK(outcome.exit_code == 64);
    CHECK(outcome.out.empty());
    CHECK_FALSE(outcome.err.empty());
  }
}

TEST_CASE("what cannot be written is told with its name") {
  const Outcome missing = run("--records 1 -o /nonexistent/leads.csv");
  CHECK(missing.exit_code == 73);
  CHECK(missing.err.find("/nonexistent/leads.csv") != std::string::npos);
  const Outcome full = run("--records 1 -o /dev/full");
  CHECK(full.exit_code == 73);
  CHECK(full.err.find("/dev/full") != std::string::npos);
}

}  // namespace bulkwrite::gen
