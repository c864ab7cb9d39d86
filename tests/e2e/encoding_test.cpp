// Exports in other encodings than UTF-8, through the program.
#include <signal.h>

#include <catch2/catch.hpp>

#include "engine/zip/reader.h"
#include "tests/e2e/world.h"

using namespace e2e;

namespace {

// `text`, which is UTF-8, in another encoding.
std::string in(const TemporaryDirectory& directory, const std::string& encoding, const std::string& text) {
  spill(directory / "text", text);
  const Ended ended = run({"/usr/bin/iconv", "-f", "UTF-8", "-t", encoding, directory / "text"}, directory.path());
  REQUIRE(ended.exit_code == 0);
  return ended.out;
}

std::string in_utf16(const TemporaryDirectory& directory, const std::string& text) {
  return "\xFF\xFE" + in(directory, "UTF-16LE", text);
}

// As spreadsheets save them: names of all scripts, and line ends within quotes.
std::string foreign_leads(size_t records, size_t first = 1) {
  const char* const names[] = {"Garc\xCC\xA7on", "M\xC3\xBCller", "\xE5\xB1\xB1\xE7\x94\xB0",
                               "\xD0\x98\xD0\xB2\xD0\xB0\xD0\xBD",
                               "O\xE2\x80\x99"
                               "Brien \xF0\x9F\x98\x80"};
  std::string text = first == 1 ? "Last_Name,Company,Email,Export_Id\r\n" : "";
  for (size_t i = first; i < first + records; ++i) {
    const std::string id = std::to_string(i);
    text += std::string(names[i % 5]) + ",\"Fr\xC3\xA8res, \"\"" + id + "\"\"\r\n& Cie\",lead" + id + "@example.com," +
            id + "\r\n";
  }
  return text;
}

std::string member_of(const std::filesystem::path& archive) {
  auto reader = bulkwrite::zip::ArchiveReader::open_file(archive);
  REQUIRE(reader);
  REQUIRE(reader->next_member().value());
  std::string text(1 << 20, '\0');
  size_t size = 0;
  for (;;) {
    auto got = reader->read(std::span(text).subspan(size));
    REQUIRE(got);
    if (*got == 0) break;
    size += *got;
  }
  return text.substr(0, size);
}

const std::string kTable = "select Last_Name, Company, Email from Leads order by cast(substr(Email, 5) as integer)";

}  // namespace

TEST_CASE("a UTF-16 export with line ends within quotes loads as its UTF-8 does, value by value") {
  const TemporaryDirectory directory;
  const std::string text = foreign_leads(500);
  spill(directory / "utf8.csv", text);
  spill(directory / "utf16.csv", in_utf16(directory, text));
  const std::vector<std::string> small{"--records", "60"};
  const Ended plain =
      run(load_call({directory / "utf8.csv"}, directory / "plain.db", directory / "run1", small), directory.path());
  const Ended ended =
      run(load_call({directory / "utf16.csv"}, directory / "crm.db", directory / "run2", small), directory.path());
  INFO(ended.err);
  CHECK(plain.exit_code == 0);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["added"] == 500);
  CHECK(ended.err.find("encoding: " + (directory / "utf16.csv").string() + " is in UTF-16LE") != std::string::npos);
  CHECK((select(directory / "crm.db", kTable) == select(directory / "plain.db", kTable)));
  CHECK(select(directory / "crm.db", kTable).size() == 500);
  CHECK_FALSE(std::filesystem::exists(directory / "run2" / "spool"));
}

TEST_CASE("what is set aside of a UTF-16 export is UTF-8, at its offsets in that, and loads as it is") {
  const TemporaryDirectory directory;
  const std::string good = foreign_leads(3), bad = ",\"Fr\xC3\xA8res\",x@example.com,4\n";
  spill(directory / "utf16.csv", in_utf16(directory, good + bad));
  const Ended ended =
      run(load_call({directory / "utf16.csv"}, directory / "crm.db", directory / "run"), directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(slurp(directory / "run" / "rejected.csv") == good.substr(0, good.find('\n') + 1) + bad);
  const auto reasons = rows_of(directory / "run" / "rejected-reasons.csv");
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0][1] == "4");
  CHECK(reasons[0][2] == std::to_string(good.size()));
}

TEST_CASE("a load from UTF-16 that was killed goes on, and one in an encoding that was named needs no second naming") {
  const TemporaryDirectory directory;
  const auto [encoding, name] =
      GENERATE(table<std::string, std::string>({{"UTF-16LE", ""}, {"UTF-16BE", "UTF-16BE"}, {"GB18030", "GB18030"}}));
  CAPTURE(encoding);
  const Sandbox sandbox(directory);
  const std::string text = foreign_leads(400);
  spill(directory / "leads.csv", (name.empty() ? "\xFF\xFE" : "") + in(directory, encoding, text));
  std::vector<std::string> more{"--records", "20", "--max-duration", "0.001"};
  if (!name.empty()) more.insert(more.end(), {"--encoding", name});
  const Ended stopped =
      run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", more), directory.path());
  INFO(stopped.err);
  CHECK(stopped.exit_code == 5);
  const Ended ended = run({bulkwrite_program(), "resume", directory / "run"}, directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(summary_of(ended)["added"] == 400);
  CHECK(sandbox.query("select count(distinct Email) from Leads") == 400);
  CHECK(sandbox.query("select count(*) from Leads where Company like 'Fr\xC3\xA8res, \"%'") == 400);
}

TEST_CASE("a run in one encoding does not go on in another") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory);
  spill(directory / "leads.csv", in(directory, "windows-1252", "Last_Name,Company\nM\xC3\xBCller,x\n"));
  const std::vector<std::string> stop{"--encoding", "windows-1252", "--max-duration", "0.001"};
  CHECK(run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", stop), directory.path()).exit_code ==
        5);
  const Ended other =
      run(load_call({directory / "leads.csv"}, sandbox.url(), directory / "run", {"--encoding", "Shift_JIS"}),
          directory.path());
  CHECK(other.exit_code == 78);
}

TEST_CASE("pack makes of several files, each in its encoding and packing, the members that their UTF-8 gives") {
  const TemporaryDirectory directory;
  const std::string header = "Last_Name,Company,Email,Export_Id\r\n";
  const std::string one = foreign_leads(30), two = foreign_leads(30, 31), three = foreign_leads(30, 61);
  spill(directory / "1.csv", in_utf16(directory, one));
  spill(directory / "2.csv", header + two);
  spill(directory / "3.csv", "\xFE\xFF" + in(directory, "UTF-16BE", header + three));
  CHECK(run({"/usr/bin/gzip", directory / "3.csv"}, directory.path()).exit_code == 0);
  const Ended ended = run({bulkwrite_program(), "pack", directory / "1.csv", directory / "2.csv",
                           directory / "3.csv.gz", "-o", directory / "out", "--scanners", "2"},
                          directory.path());
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(member_of(directory / "out" / "1-00000.zip") == one + two + three);
  const auto manifest = nlohmann::json::parse(slurp(directory / "out" / "manifest.json"));
  const auto parts = manifest["chunks"][0]["parts"];
  REQUIRE(parts.size() == 3);
  CHECK(parts[0]["transcoded_from"] == "UTF-16LE");
  CHECK(parts[0]["end"] == one.size());
  CHECK_FALSE(parts[1].contains("transcoded_from"));
  CHECK(parts[2]["transcoded_from"] == "UTF-16BE");
  CHECK(ended.err.find("1.csv is in UTF-16LE") != std::string::npos);
  CHECK(ended.err.find("3.csv.gz is in UTF-16BE") != std::string::npos);
}

TEST_CASE("stdin is transcoded like any file") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", in(directory, "Shift_JIS", "Last_Name,Company\n\xE5\xB1\xB1\xE7\x94\xB0,x\n"));
  const Ended ended = run({bulkwrite_program(), "pack", "-", "-o", directory / "out", "--encoding", "Shift_JIS"},
                          directory.path(), directory / "leads.csv");
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(member_of(directory / "out" / "stdin-00000.zip") == "Last_Name,Company\n\xE5\xB1\xB1\xE7\x94\xB0,x\n");
}

TEST_CASE(
    "an export that is cut off within a character, or holds none, ends with 65 and the byte, and the rest is sent") {
  const TemporaryDirectory directory;
  const std::string text = foreign_leads(50);
  std::string bytes = in_utf16(directory, text);
  spill(directory / "cut.csv", bytes.substr(0, bytes.size() - 1));
  const Ended cut = run(load_call({directory / "cut.csv"}, directory / "crm.db", directory / "run", {"--records", "7"}),
                        directory.path());
  CHECK(cut.exit_code == 65);
  CHECK(cut.err.find("begins at byte " + std::to_string(bytes.size() - 2)) != std::string::npos);
  CHECK(summary_of(cut)["added"] == 49);  // whole chunks

  const size_t wrong = in_utf16(directory, foreign_leads(30)).size();
  bytes.replace(wrong, 2, std::string("\0\xDC", 2));
  spill(directory / "wrong.csv", bytes);
  const Ended checked =
      run({bulkwrite_program(), "check", directory / "wrong.csv", "--records", "10"}, directory.path());
  CHECK(checked.exit_code == 65);
  CHECK(checked.err.find("byte " + std::to_string(wrong) + " (00 DC") != std::string::npos);
  CHECK(summary_of(checked)["records_read"] == 30);
}

TEST_CASE("bytes that are not UTF-8 are rejects, and one hint says where the first is and what they look like") {
  const TemporaryDirectory directory;
  const std::string text = "Last_Name,Company\nSmith,x\nM\xC3\xBCller,x\nGar\xC3\xA7on,x\n";
  spill(directory / "leads.csv", in(directory, "windows-1252", text));
  const std::string hint = "first at byte 27 (record 2); they look like windows-1252";
  const auto hints_in = [&](const Ended& ended) {
    CHECK(ended.exit_code == 2);
    size_t hints = 0;
    for (size_t at = ended.err.find(hint); at != std::string::npos; at = ended.err.find(hint, at + 1)) ++hints;
    return hints;
  };
  for (const std::string records : {"1", "25000"}) {
    const std::filesystem::path out = directory / ("out" + records);
    CHECK(hints_in(run({bulkwrite_program(), "check", directory / "leads.csv", "--records", records},
                       directory.path())) == 1);
    CHECK(hints_in(run({bulkwrite_program(), "pack", directory / "leads.csv", "-o", out, "--records", records},
                       directory.path())) == 1);
    CHECK(hints_in(run(load_call({directory / "leads.csv"}, directory / "crm.db", directory / ("run" + records),
                                 {"--records", records}),
                       directory.path())) == 1);
    CHECK(hints_in(run(load_call({directory / "leads.csv"}, directory / "crm.db", directory / "dry",
                                 {"--records", records, "--dry-run"}),
                       directory.path())) == 1);
  }
  const Ended named =
      run({bulkwrite_program(), "check", directory / "leads.csv", "--encoding", "windows-1252"}, directory.path());
  CHECK(named.exit_code == 0);
  CHECK(named.err.find("hint") == std::string::npos);
}

TEST_CASE("an encoding that nobody knows ends with 64, before anything is read or sent") {
  const TemporaryDirectory directory;
  spill(directory / "leads.csv", leads(1));
  const Sandbox sandbox(directory);
  for (const auto& call : std::vector<std::vector<std::string>>{
           {bulkwrite_program(), "check", directory / "leads.csv"},
           {bulkwrite_program(), "pack", directory / "leads.csv", "-o", directory / "out"},
           load_call({directory / "leads.csv"}, sandbox.url(), directory / "run")}) {
    std::vector<std::string> with_encoding = call;
    with_encoding.insert(with_encoding.end(), {"--encoding", "utf-eight"});
    const Ended ended = run(with_encoding, directory.path());
    CHECK(ended.exit_code == 64);
    CHECK(ended.err.find("--encoding utf-eight: no such encoding; `iconv -l` lists the names") != std::string::npos);
  }
  CHECK(sandbox.requests().empty());
}
