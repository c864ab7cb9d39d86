#include "engine/run/survey.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "engine/run/judge.h"
#include "tests/base/temporary_directory.h"
#include "tests/e2e/process.h"

using namespace bulkwrite;
using namespace bulkwrite::run;
using Catch::Matchers::Contains;

namespace {

const Tell kSilent = [](const std::string&) {};

schema::Schema people() {
  using Type = schema::FieldType;
  return {"People",
          {{.api_name = "Name", .type = Type::text, .required = true},
           {.api_name = "Email", .type = Type::email, .length_max = 100, .unique = true},
           {.api_name = "Code", .type = Type::text, .unique = true, .case_matters = true},
           {.api_name = "Born", .type = Type::date},
           {.api_name = "Seen", .type = Type::datetime}}};
}

// What is settled of files of these columns.
struct Asked {
  const TemporaryDirectory directory{};
  std::vector<std::string> names{"Name", "Email", "Code", "Born", "Seen"};
  OnRepeat on_repeat = OnRepeat::automatic;
  std::string find_by{};
  uint64_t records_max = 3;
  Progress told{};

  Result<Settled> of(const std::vector<std::string>& texts) {
    InputOptions input;
    input.records_max = records_max;
    for (size_t i = 0; i < texts.size(); ++i) {
      input.files.push_back(directory / (std::to_string(i) + ".csv"));
      e2e::spill(input.files.back(), texts[i]);
    }
    Progress progress;
    auto front = Front::open(input, progress, kSilent);
    REQUIRE(front);
    const SurveyOptions options{.input = input,
                                .find_by = find_by,
                                .on_repeat = on_repeat,
                                .workers = 2,
                                .place = {directory.path()},
                                .progress = &told};
    return settle(**front, options, *schema::map_columns((*front)->header().names, people()), {}, kSilent);
  }
};

// "record@column as record", of each repeat.
std::vector<std::string> repeats_of(const Result<Settled>& settled) {
  REQUIRE(settled);
  std::vector<std::string> told;
  if (settled->repeats == nullptr) return told;
  for (const Repeat& repeat : settled->repeats->rows()) {
    told.push_back(
        fmt::format("{}/{}@{} {}", repeat.source, repeat.record_number, repeat.column, settled->repeats->text(repeat)));
  }
  return told;
}

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("values of unique fields that occur twice are repeats, of blanks none") {
  Asked asked;
  CHECK(repeats_of(asked.of({"Name,Email,Code\n"
                             "A,a@x.yz,k\n"
                             "B,b@x.yz,K\n"
                             "C,A@X.yz,\n"
                             "D,,\n"
                             "E,,k\n"
                             "F,\"a@x.yz\",\n"})) ==
        Told{"0/3@1 as record 1", "0/5@2 as record 1", "0/6@1 as record 1"});
}

TEST_CASE("values repeat over the files of an input") {
  Asked asked;
  const auto settled = asked.of({"Name,Email\nA,a@x.yz\n", "Name,Email\nB,b@x.yz\nC,a@x.yz\n"});
  CHECK(repeats_of(settled) == Told{"1/2@1 as record 1 of " + (asked.directory / "0.csv").string()});
}

TEST_CASE("the field by which records are found is compared, although it is not unique") {
  Asked asked;
  CHECK(repeats_of(asked.of({"Name\nA\na\n"})).empty());
  asked.find_by = "Name";
  CHECK(repeats_of(asked.of({"Name\nA\na\n"})) == Told{"0/2@0 as record 1"});
}

TEST_CASE("who looks through the input tells how far it is") {
  Asked asked;
  const std::string text = "Name,Email\nA,a@x.yz\nB,b@x.yz\nC,a@x.yz\nD,a@x.yz\n";
  REQUIRE(asked.of({text, text}));
  CHECK(asked.told.bytes_looked_through == 2 * text.size());
}

TEST_CASE("the last of repeats is kept where that is asked for, and nobody looks where they are off") {
  Asked asked;
  asked.on_repeat = OnRepeat::last;
  const std::string text = "Name,Email\nA,a@x.yz\nB,b@x.yz\nC,a@x.yz\nD,a@x.yz\n";
  const auto last = asked.of({text});
  CHECK(repeats_of(last) == Told{"0/1@1 as record 4", "0/3@1 as record 4"});
  CHECK(last->repeats->are_left_out());
  asked.on_repeat = OnRepeat::off;
  CHECK(asked.of({text})->repeats == nullptr);
}

TEST_CASE("a record that is rejected anyway is repeated by nobody") {
  Asked asked;
  CHECK(repeats_of(asked.of({"Name,Email\n,a@x.yz\nB,a@x.yz\nC,a@x.yz,surplus\nD,a@x.yz\n"})) ==
        Told{"0/4@1 as record 2"});
}

TEST_CASE("a record whose date is none by the format that the values show is repeated by nobody") {
  Asked asked;
  const auto settled =
      asked.of({"Name,Email,Born\nA,a@x.yz,31/02/2020\nB,a@x.yz,31/01/2020\nC,a@x.yz,01/02/"
                "2020\nD,d@x.yz,2020-01-01\nE,d@x.yz,\n"});
  REQUIRE(settled);
  REQUIRE(settled->decisions.formats.size() == 1);
  CHECK(settled->decisions.formats.front().format == "dd/MM/yyyy");
  CHECK(repeats_of(settled) == Told{"0/3@1 as record 2"});
}

TEST_CASE("each column's format is settled by its own values, wherever in the input they stand") {
  Asked asked;
  const auto settled = asked.of({"Name,Born,Seen\nA,01/02/2020,2020-01-31T10:00:00\nB,01/02/2020,\nC,01/02/2020,\n",
                                 "Name,Born,Seen\nA,,\nB,,\nC,13/02/2020,\n"});
  REQUIRE(settled);
  REQUIRE(settled->decisions.formats.size() == 2);
  CHECK(settled->decisions.formats[0].name == "Born");
  CHECK(settled->decisions.formats[0].format == "dd/MM/yyyy");
  CHECK(settled->decisions.formats[1].format == "yyyy-MM-dd'T'HH:mm:ss");
}

TEST_CASE("a format that cannot be settled is refused") {
  Asked asked;
  const auto settled = asked.of({"Name,Born\nA,01/02/2020\n\"bad\"x,13/02/2020\n"});
  REQUIRE(!settled);
  CHECK(settled.error().kind == ErrorKind::configuration);
  CHECK_THAT(settled.error().message, Contains("Born") && Contains("\"01/02/2020\""));
}

TEST_CASE("an input that cannot be read to its end is settled by what comes before") {
  Asked asked;
  const auto settled = asked.of({"Name,Email,Born\nA,a@x.yz,31.12.2020\nB,a@x.yz,\n\"never closed\n"});
  CHECK(repeats_of(settled) == Told{"0/2@1 as record 1"});
  CHECK(settled->decisions.formats.front().format == "dd.MM.yyyy");
}

TEST_CASE("a judge finds the repeats of its chunk, wherever that begins") {
  Asked asked;
  std::string text = "Name,Email\n";
  std::set<uint64_t> expected;
  for (uint64_t record = 1; record <= 40; ++record) {
    text += fmt::format("N,{}@x.yz\n", record % 7 == 0 ? 1 : record);
    if (record % 7 == 0) expected.insert(record);
  }
  const auto settled = asked.of({text});
  REQUIRE(settled);
  for (const uint64_t records_max : {1, 3, 40}) {
    InputOptions input;
    input.files = {asked.directory / "0.csv"};
    input.records_max = records_max;
    Progress progress;
    auto front = Front::open(input, progress, kSilent);
    REQUIRE(front);
    std::set<uint64_t> found;
    BoundedQueue<csv::Chunk> out(64), used(64);
    class : public PieceSink {
      Result<void> piece(uint64_t, const SourceInfo&, std::string_view) override { return {}; }
    } pieces;
    REQUIRE((*front)->run({}, out, used, pieces));
    out.close();
    while (auto chunk = out.pop()) {
      chunk->gather();
      for (Judge judge(*chunk, Rules(nullptr, settled->repeats.get())); judge.next();) {
        if (judge.problems().empty()) continue;
        CHECK(judge.problems().front().rule == "repeat");
        CHECK_FALSE(judge.is_left_out());
        found.insert(judge.record().record_number);
      }
    }
    CHECK(found == expected);
  }
}

TEST_CASE("what was settled is kept as it was") {
  const Decisions decisions{.formats = {{3, "Born \"x\"", "dd/MM/yyyy"}},
                            .on_repeat = OnRepeat::last,
                            .unique_columns = {"Email"},
                            .sources = {"a.csv", "b.csv"}};
  const auto read = decisions_from_json(to_json(decisions));
  REQUIRE(read);
  CHECK(to_json(*read) == to_json(decisions));
  for (const std::string text :
       {"", "[]", "{}", "{\"formats\":[],\"on_repeat\":\"x\",\"unique_columns\":[],\"sources\":[]}"}) {
    const auto refused = decisions_from_json(text);
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::input_data);
  }
}

TEST_CASE("formats are given to columns of dates and numbers, and to no others") {
  schema::Mapping mapping = *schema::map_columns({"Name", "Born", "Key"}, people());
  REQUIRE(give_formats(mapping, {"Name", "Born", "Key"}, {{"Born", "dd.MM.yyyy"}}));
  CHECK(mapping.columns[1]->format == "dd.MM.yyyy");
  for (const char* name : {"Name", "Key", "Nobody"}) {
    const auto refused = give_formats(mapping, {"Name", "Born", "Key"}, {{name, "dd.MM.yyyy"}});
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::configuration);
    CHECK_THAT(refused.error().message, Contains(name));
  }
}
