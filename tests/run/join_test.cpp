#include "engine/run/join.h"

#include <catch2/catch.hpp>

#include "engine/run/archive.h"
#include "engine/run/judge.h"
#include "engine/zip/crc32.h"
#include "tests/run/cut_text.h"

namespace bulkwrite::run {
namespace {

constexpr const char* kSent = "a,1\nonly one field\n\"b,\",1\nc,2\n";  // the second is not well-formed
const std::vector<size_t> kMapped{0, 1};

// Of the records that were sent, and of the result.
struct Layout {
  char delimiter = ',';
  size_t columns = 2;
  std::string header = "Name,Size,STATUS,RECORD_ID,ERRORS\n";
};

Verdicts verdicts_of(const std::string& rows, const Layout& layout) {
  const std::string text = layout.header + rows;
  ArchiveMaker archives(Packing::fast);
  const auto archive = archives.make("result.csv", text, zip::crc32(0, text));
  REQUIRE(archive);
  auto verdicts = Verdicts::parse(archive->joined());
  REQUIRE(verdicts);
  return *std::move(verdicts);
}

// The record ids that the records sent get, in their order; "-" where the verdicts are tied to nothing.
std::string joined_ids(const std::string& sent, uint64_t records, const std::string& rows,
                       const std::vector<size_t>& mapped = kMapped, const Layout& layout = {}) {
  const csv::Chunk chunk = cut_text(sent, layout.columns, layout.delimiter);
  const std::vector<uint32_t> rejected = rejected_records(chunk, nullptr);
  const auto joined = join_verdicts(verdicts_of(rows, layout), {chunk, rejected, mapped, records});
  if (!joined) {
    CHECK(joined.error().kind == ErrorKind::input_data);
    return "-";
  }
  std::string ids;
  for (uint64_t i = 0; i < records; ++i) ids += joined->of(i).record_id;
  return ids;
}

}  // namespace

TEST_CASE("verdicts in the order of the records that were sent are tied by position, past a reject") {
  CHECK(joined_ids(kSent, 3, "a,1,ADDED,7,\n\"b,\",1,ADDED,8,\nc,2,ADDED,9,\n") == "789");
}

TEST_CASE("verdicts in another order are tied by what they echo") {
  CHECK(joined_ids(kSent, 3, "c,2,ADDED,9,\na,1,ADDED,7,\n\"b,\",1,ADDED,8,\n") == "789");
}

TEST_CASE("verdicts in another order are tied to nothing where two records look the same") {
  const std::vector<size_t> only_size{1};
  CHECK(joined_ids("a,1\nb,1\nc,2\n", 3, "2,x,ADDED,9,\n1,x,ADDED,7,\n1,x,ADDED,8,\n", only_size) == "-");
}

TEST_CASE("verdicts of another number than was sent are tied to nothing") {
  CHECK(joined_ids(kSent, 3, "a,1,ADDED,7,\n\"b,\",1,ADDED,8,\n") == "-");
  CHECK(joined_ids(kSent, 3, "a,1,ADDED,7,\n\"b,\",1,ADDED,8,\nc,2,ADDED,9,\nc,2,ADDED,9,\n") == "-");
}

TEST_CASE("a verdict of a record that was not sent ties all of them to nothing") {
  CHECK(joined_ids(kSent, 3, "a,1,ADDED,7,\n\"b,\",1,ADDED,8,\nd,2,ADDED,9,\n") == "-");
}

TEST_CASE("verdicts are tied whether or not the service quotes as the source does") {
  CHECK(joined_ids(kSent, 3, "\"a\",1,ADDED,7,\n\"b,\",\"1\",ADDED,8,\nc,\"2\",ADDED,9,\n") == "789");
  CHECK(joined_ids("\"a\"\"b\",1\n\"\",\"2\"\n", 2, "\"a\"\"b\",1,ADDED,7,\n,2,ADDED,8,\n") == "78");
  CHECK(joined_ids("a,1\r\nb,2\r\n", 2, "a,1,ADDED,7,\r\nb,2,ADDED,8,\r\n") == "78");
  CHECK(joined_ids("a;1\nb;2\n", 2, "a,1,ADDED,7,\nb,2,ADDED,8,\n", kMapped, {.delimiter = ';'}) == "78");
}

TEST_CASE("verdicts are tied whichever columns are mapped, and wherever the service repeats them") {
  const std::vector<size_t> last_first{2, 0};
  CHECK(joined_ids("a,x,1\r\nb,y,2\r\n", 2, "1,a,ADDED,7,\n2,b,ADDED,8,\n", last_first, {.columns = 3}) == "78");
  CHECK(joined_ids("a,x,1\nb,y,2", 2, "1,a,ADDED,7,\n2,b,ADDED,8,\n", last_first, {.columns = 3}) == "78");
  const Layout behind{.columns = 2, .header = "STATUS,RECORD_ID,ERRORS,Name,Size\n"};
  CHECK(joined_ids("a,1\nb,2\n", 2, "ADDED,7,,a,1\nADDED,8,,b,2\n", kMapped, behind) == "78");
  const Layout apart{.columns = 2, .header = "Name,STATUS,RECORD_ID,ERRORS,Size\n"};
  CHECK(joined_ids("a,1\nb,2\n", 2, "a,ADDED,7,,1\nb,ADDED,8,,2\n", kMapped, apart) == "78");
}

TEST_CASE("a record that only begins as the echo does, or ends as it does, is another one") {
  for (const std::string rows : {"a,1,ADDED,7,\nb,2,ADDED,8,\n", "a,12,ADDED,7,\nb,23,ADDED,8,\n",
                                 "a,123,ADDED,7,\nb,2,ADDED,8,\n", "\"a,12\",3,ADDED,7,\nb,23,ADDED,8,\n"}) {
    CAPTURE(rows);
    const std::string sent = rows.starts_with("a,12,") ? "a,1,2\nb,23,\n" : "a,12,3\nb,23,4\n";
    CHECK(joined_ids(sent, 2, rows, kMapped, {.columns = 3}) == "-");
  }
}

TEST_CASE("values with their lengths tell apart what would look the same when it is joined") {
  CHECK(joined_ids("ab,c\na,bc\n", 2, "a,bc,ADDED,2,\nab,c,ADDED,1,\n") == "12");
}

}  // namespace bulkwrite::run
