#include "engine/run/member.h"

#include <catch2/catch.hpp>

#include "tests/run/cut_text.h"

namespace bulkwrite::run {
namespace {

// What goes into the archive of a chunk when its records without a problem are accepted.
std::string member_of(csv::Chunk chunk, MemberBuilder& builder, const std::string& header) {
  builder.begin(chunk);
  for (Judge judge(chunk, nullptr); judge.next();)
    if (judge.problems().empty()) builder.accept(judge.record(), judge.fields());
  return std::string(builder.build(chunk, header));
}

std::string member_of(csv::Chunk chunk, const std::string& header = "A,B\n") {
  MemberBuilder builder;
  return member_of(std::move(chunk), builder, header);
}

}  // namespace

TEST_CASE("accepted records travel byte for byte, with the line ends that they have") {
  const std::string records = "a,b\r\n\"c\nd\",\"e\"\"\r\n\"\n,\r\n x ,y\n";
  CHECK(member_of(cut_text(records, 2)) == "A,B\n" + records);
}

TEST_CASE("rejects and blank lines leave no trace, wherever they stand") {
  CHECK(member_of(cut_text("\nbad\na,b\n\r\nbad\n\nc,d\ne,f\r\nbad\n", 2)) == "A,B\na,b\nc,d\ne,f\r\n");
}

TEST_CASE("a source that ends without a line end gets one only where another record follows") {
  csv::CutOptions options;
  CHECK(member_of(std::move(cut_texts({"a,b"}, 2, ',', options).front())) == "A,B\na,b");
  CHECK(member_of(std::move(cut_texts({"a,b", "c,d\n"}, 2, ',', options).front())) == "A,B\na,b\nc,d\n");
  CHECK(member_of(std::move(cut_texts({"a,b", "c,d"}, 2, ',', options).front())) == "A,B\na,b\nc,d");
  CHECK(member_of(std::move(cut_texts({"a,b", "bad\n"}, 2, ',', options).front())) == "A,B\na,b");
  CHECK(member_of(std::move(cut_texts({"a,b\n", "bad"}, 2, ',', options).front())) == "A,B\na,b\n");
}

TEST_CASE("a tab source goes with commas: quotes come around a field only where a comma would split it") {
  CHECK(member_of(cut_text("a\tb\r\nx, y\tz\n\"q,\t\"\"r\"\t\n;|:\tü", 2, '\t'), "A,B\n") ==
        "A,B\na,b\r\n\"x, y\",z\n\"q,\t\"\"r\",\n;|:,ü");
  const auto two = [] { return std::move(cut_texts({"a\tb", "c\td"}, 2, '\t', {}).front()); };
  CHECK(member_of(two()) == "A,B\na,b\nc,d");
}

TEST_CASE("columns that are not kept leave no trace, and the others keep their bytes") {
  const auto kept = [](csv::Chunk chunk, std::vector<size_t> columns) {
    MemberBuilder builder(std::move(columns));
    return member_of(std::move(chunk), builder, "A,B\n");
  };
  CHECK(kept(cut_text("a,\"b,\n\",\"c\"\"\"\r\nbad\n,,\n", 3), {0, 2}) == "A,B\na,\"c\"\"\"\r\n,\n");
  CHECK(kept(cut_text("a;b;c", 3, ';'), {1, 2}) == "A,B\nb;c");
  CHECK(kept(cut_text("a\tx, y\tc\n", 3, '\t'), {1, 2}) == "A,B\n\"x, y\",c\n");
}

TEST_CASE("a column that is kept alone has an empty one behind it, so that a blank is no blank line") {
  MemberBuilder builder({1});
  CHECK(member_of(cut_text("a,b\n,\n", 2), builder, "B,column_1\n") == "B,column_1\nb,\n,\n");
}

TEST_CASE("any other delimiter stays") {
  CHECK(member_of(cut_text("a;b,c\n", 2, ';'), "A;B\n") == "A;B\na;b,c\n");
}

TEST_CASE("all records of a regular chunk at once are the same member as one by one") {
  const char delimiter = GENERATE(',', '\t');
  const std::string joint(1, delimiter);
  const std::string first = "a" + joint + "b\n\"x, y\"" + joint + "c\r\n", last = "d" + joint + "e";
  for (const std::vector<std::string>& texts : std::vector<std::vector<std::string>>{
           {first}, {first + last}, {last, first}, {last, last}, {first, first + last}}) {
    CAPTURE(texts);
    auto chunks = cut_texts(texts, 2, delimiter, {});
    REQUIRE(chunks.size() == 1);
    REQUIRE(chunks.front().regular);
    MemberBuilder builder;
    builder.begin(chunks.front());
    builder.accept_all();
    CHECK(builder.records() == chunks.front().records());
    const std::string at_once(builder.build(chunks.front(), "A,B\n"));
    CHECK(at_once == member_of(std::move(cut_texts(texts, 2, delimiter, {}).front())));
  }
}

TEST_CASE("a builder starts afresh with each chunk") {
  MemberBuilder builder;
  CHECK(member_of(cut_text("a\tb", 2, '\t'), builder, "A,B\n") == "A,B\na,b");
  CHECK(builder.records() == 1);
  CHECK(member_of(cut_text("c,d\ne,f\n", 2), builder, "A,B\n") == "A,B\nc,d\ne,f\n");
  CHECK(builder.records() == 2);
}

TEST_CASE("a header line is quoted where a reader would be misled, and never has tabs between names") {
  CHECK(header_line({"A", "B, C", "D \"E\""}, ',') == "A,\"B, C\",\"D \"\"E\"\"\"\n");
  CHECK(header_line({"A", "B"}, ';') == "A;B\n");
  CHECK(header_line({"A", "B"}, '\t') == "A,B\n");
}

}  // namespace bulkwrite::run
