#include <catch2/catch.hpp>

#include "tests/e2e/world.h"

using namespace e2e;

TEST_CASE("check finds in the sample what is known to be wrong with it") {
  const TemporaryDirectory directory;
  const Ended ended =
      run({bulkwrite_program(), "check", data_file("leads-sample.csv"), "--schema", data_file("leads.schema.json")},
          directory.path());
  CHECK(ended.exit_code == 2);
  CHECK(summary_of(ended)["records_read"] == 97);
  CHECK(summary_of(ended)["rejected"] == 45);
  CHECK(ended.err.find("record 55 (byte 11685): date in Birthday: 2025-02-30") != std::string::npos);
}

TEST_CASE("check tells of values that picklists do not have, or rejects their records") {
  const TemporaryDirectory directory;
  std::vector<std::string> call = {bulkwrite_program(), "check", data_file("leads-sample.csv"), "--schema",
                                   data_file("leads.schema.json")};
  const Ended told = run(call, directory.path());
  CHECK(told.err.find("warning: Lead_Source: 1 record holds a value that its picklist does not have, such as \"Trade "
                      "Fair\"; the service adds it") != std::string::npos);
  CHECK(told.err.find("warning: Interests: 1 record holds a value that its picklist does not have, such as "
                      "\"Analytics;Quantum\"") != std::string::npos);

  call.insert(call.end(), {"--picklist", "strict"});
  const Ended strict = run(call, directory.path());
  CHECK(summary_of(strict)["rejected"] == 46);
  CHECK(strict.err.find("picklist in Interests: Analytics;Quantum") != std::string::npos);
  CHECK(strict.err.find("warning: Lead_Source") == std::string::npos);
}

TEST_CASE("check of a sound file ends with 0") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(10));
  const Ended ended =
      run({bulkwrite_program(), "check", directory / "leads.csv", "--schema", data_file("leads.schema.json")},
          directory.path());
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["rejected"] == 0);
}

TEST_CASE("a wrong call ends with 64, a missing file with 66, a file that is no CSV with 65") {
  const TemporaryDirectory directory;
  CHECK(run({bulkwrite_program(), "chekc"}, directory.path()).exit_code == 64);
  CHECK(run({bulkwrite_program(), "check", directory / "none.csv"}, directory.path()).exit_code == 66);
  CHECK(
      run({bulkwrite_program(), "check", directory / "leads.csv", "--records", "25001"}, directory.path()).exit_code ==
      64);
  CHECK(run({bulkwrite_program(), "check", directory / "leads.csv", "--records", "-1"}, directory.path()).exit_code ==
        64);
  spill(directory / "utf16.csv", std::string("a\0,\0b\0\n\0", 8));  // with no byte order mark
  const Ended ended = run({bulkwrite_program(), "check", directory / "utf16.csv"}, directory.path());
  CHECK(ended.exit_code == 65);
  CHECK(ended.err.find("--encoding UTF-16LE") != std::string::npos);
  CHECK(summary_of(ended)["exit_code"] == 65);
}

TEST_CASE("an unclosed quote is named, with the record and the byte where it began") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(3) + "Name4,\"never closed,x\nName5,Company,e,x\n");
  const Ended ended = run({bulkwrite_program(), "check", directory / "leads.csv"}, directory.path());
  CHECK(ended.exit_code == 65);
  CHECK(ended.err.find("record 4") != std::string::npos);
  CHECK(summary_of(ended)["records_read"] == 3);
}
