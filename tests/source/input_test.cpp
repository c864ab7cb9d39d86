#include "engine/source/input.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "engine/base/file.h"
#include "tests/source/packed.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using namespace bulkwrite::source;
using Catch::Matchers::Contains;
using packed::Format;

namespace {

using Paths = std::vector<std::string>;

// A directory with these files in it, each holding its own name.
void put_files(const TemporaryDirectory& directory, const Paths& names) {
  for (const std::string& name : names) {
    REQUIRE(make_directories((directory / name).parent_path()));
    REQUIRE(write_file(directory / name, name + "\n"));
  }
}

}  // namespace

TEST_CASE("a glob stands for its matches, sorted, and arguments keep their order") {
  const TemporaryDirectory directory;
  put_files(directory, {"b.csv", "a.csv", "c.csv", "z.tsv", "part-10.csv", "part-2.csv"});
  const std::string at = directory.path().string() + "/";
  CHECK(*resolve({at + "z.tsv", at + "?.csv"}) == Paths{at + "z.tsv", at + "a.csv", at + "b.csv", at + "c.csv"});
  CHECK(*resolve({at + "part-*.csv"}) == Paths{at + "part-10.csv", at + "part-2.csv"});
  CHECK(*resolve({at + "[bc].csv", "-", at + "a.csv"}) == Paths{at + "b.csv", at + "c.csv", "-", at + "a.csv"});
}

TEST_CASE("relative paths and globs count from the directory that is given") {
  const TemporaryDirectory directory;
  put_files(directory, {"in [1]/b.csv", "in [1]/a.csv", "in [1]/deep/c.csv"});
  const auto in = directory / "in [1]";
  CHECK(*resolve({"b.csv", "*.csv", "deep/*.csv"}, in) == Paths{"b.csv", "a.csv", "b.csv", "deep/c.csv"});
  CHECK(*resolve({(directory / "in*").string() + "/a.csv"}, in) == Paths{(in / "a.csv").string()});
  CHECK_FALSE(resolve({"c.csv"}, in));
  auto input = Input::open({"a.csv", "deep/c.csv"}, in);
  REQUIRE(input);
  CHECK(input->files().at(1).path == (in / "deep/c.csv").string());
  CHECK(*packed::read_rest(**input->next()) == "in [1]/a.csv\n");
  CHECK(*packed::read_rest(**input->next()) == "in [1]/deep/c.csv\n");
}

TEST_CASE("a file whose name is a pattern is that file, not a glob") {
  const TemporaryDirectory directory;
  put_files(directory, {"[ab].csv", "a.csv"});
  const std::string name = (directory / "[ab].csv").string();
  CHECK(*resolve({name}) == Paths{name});
}

TEST_CASE("what is not there is no input, and stdin can be named once only") {
  const TemporaryDirectory directory;
  const auto missing = resolve({(directory / "none-*.csv").string()});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::no_input);
  CHECK_THAT(missing.error().message, Contains("none-*.csv"));
  CHECK(resolve({(directory / "gone.csv").string()}).error().kind == ErrorKind::no_input);
  CHECK(resolve({"-", "-"}).error().kind == ErrorKind::usage);
  CHECK(*resolve({"-"}) == Paths{"-"});
}

TEST_CASE("every path is looked at before anything is read") {
  const TemporaryDirectory directory;
  put_files(directory, {"a.csv"});
  const std::string a = (directory / "a.csv").string();
  const auto missing = Input::open({a, (directory / "gone.csv").string()});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::no_input);
  CHECK_THAT(missing.error().message, Contains("gone.csv"));
  const auto folder = Input::open({a, directory.path().string()});
  REQUIRE_FALSE(folder);
  CHECK(folder.error().kind == ErrorKind::no_input);
  CHECK_THAT(folder.error().message, Contains("is a directory"));
}

TEST_CASE("sources follow one another, whatever each is packed in, known by its content and not by its name") {
  const TemporaryDirectory directory;
  const std::vector<std::pair<std::string, std::string>> files{
      {"a.zip", "a,plain\n"},
      {"b.csv", packed::pack(Format::gzip, "b,gzip\n")},
      {"c.gz", packed::pack(Format::zstd, "c,zstd\n")},
      {"d", packed::pack(Format::xz, "d,xz\n")},
      {"e.txt", packed::pack(Format::bzip2, "e,bzip2\n")},
      {"f.csv", zip_builder::build({{.name = "1.csv", .bytes = "f,1\n"}, {.name = "2.csv", .bytes = "f,2\n"}})},
      {"g.csv", ""},
      {"h.csv", "BZh9 is how it begins\n"},
      {"i.csv", "PK\n"},
      {"j.csv", "\xFF"}};
  Paths paths;
  uint64_t bytes = 0;
  for (const auto& [name, content] : files) {
    REQUIRE(write_file(directory / name, content));
    paths.push_back((directory / name).string());
    bytes += content.size();
  }
  auto input = Input::open(paths);
  REQUIRE(input);
  CHECK(input->total_bytes() == bytes);
  CHECK(input->files().size() == files.size());
  CHECK(input->plain_files_ahead() == Paths{paths[0], paths[6], paths[7], paths[8], paths[9]});
  const auto all = packed::read_all(paths);
  REQUIRE(all);
  std::vector<std::string> contents;
  for (const auto& source : *all) contents.push_back(source.bytes);
  CHECK(contents == Paths{"a,plain\n", "b,gzip\n", "c,zstd\n", "d,xz\n", "e,bzip2\n", "f,1\n", "f,2\n", "",
                          "BZh9 is how it begins\n", "PK\n", "\xFF"});
  for (const auto& source : *all)
    CHECK(source.rereadable == (source.bytes.find(',') == std::string::npos || source.name == paths[0]));
}

TEST_CASE("progress is told in bytes on disk, and ends at all of them") {
  const TemporaryDirectory directory;
  const std::string packed_file = packed::pack(Format::gzip, zip_builder::csv_text(200'000, 1));
  REQUIRE(write_file(directory / "a.gz", packed_file));
  REQUIRE(write_file(directory / "b.csv", "12345"));
  auto input = Input::open({(directory / "a.gz").string(), (directory / "b.csv").string()});
  REQUIRE(input);
  CHECK(input->bytes_behind() == 0);
  {
    const auto stream = *input->next();
    CHECK(input->bytes_behind() == 0);
    REQUIRE(packed::read_rest(*stream));
    CHECK(stream->file_bytes_read() == packed_file.size());
    CHECK(stream->identity().size == packed_file.size());
  }
  const auto stream = *input->next();
  CHECK(input->bytes_behind() == packed_file.size());
  REQUIRE(packed::read_rest(*stream));
  CHECK(input->bytes_behind() + stream->file_bytes_read() == input->total_bytes());
}

TEST_CASE("a file that is gone when its turn comes is no input, and one that has changed shows it in its identity") {
  const TemporaryDirectory directory;
  put_files(directory, {"a.csv", "b.csv", "c.csv"});
  auto input =
      Input::open({(directory / "a.csv").string(), (directory / "b.csv").string(), (directory / "c.csv").string()});
  REQUIRE(input);
  CHECK(*packed::read_rest(**input->next()) == "a.csv\n");
  REQUIRE(write_file(directory / "b.csv", "longer than it was\n"));
  const auto changed = input->next();
  REQUIRE(changed);
  CHECK((*changed)->identity().path == input->files()[1].path);
  CHECK((*changed)->identity().size != input->files()[1].size);
  REQUIRE(remove_file(directory / "c.csv"));
  const auto gone = input->next();
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::no_input);
  CHECK_THAT(gone.error().message, Contains("c.csv"));
}

TEST_CASE("a named pipe is read once, from its beginning, packed or not") {
  for (const std::string& bytes :
       {std::string("a,b\n1,2\n"), packed::pack(Format::gzip, "a,b\n1,2\n"), packed::pack(Format::zstd, "a,b\n1,2\n"),
        zip_builder::build({{.name = "a.csv", .bytes = "a,b\n1,2\n"}})}) {
    const TemporaryDirectory directory;
    const std::string pipe = (directory / "pipe").string();
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    auto input = Input::open({pipe});
    REQUIRE(input);
    CHECK_FALSE(input->total_bytes());
    CHECK(input->files().at(0).path == pipe);
    CHECK(input->files().at(0).size == 0);
    CHECK(input->plain_files_ahead().empty());
    std::jthread writer([&] { std::ofstream(pipe, std::ios::binary) << bytes; });
    const auto stream = input->next();
    REQUIRE(stream);
    CHECK_FALSE((*stream)->rereadable());
    CHECK(*packed::read_rest(**stream) == "a,b\n1,2\n");
  }
}

TEST_CASE("an input of no files has no source") {
  auto input = Input::open({});
  REQUIRE(input);
  CHECK(*input->next() == nullptr);
  CHECK(input->total_bytes() == 0);
}

TEST_CASE("a file that ends within what a compressed one begins with is a plain file") {
  const TemporaryDirectory directory;
  for (const Format format : packed::kFormats) {
    const std::string whole = packed::pack(format, "a,b\n");
    for (size_t size = 0; size < 4; ++size) {
      const std::string begin = whole.substr(0, size);
      CAPTURE(static_cast<int>(format), size);
      const auto all = packed::read_all(directory, begin);
      // Two bytes are enough to know gzip by.
      if (format == Format::gzip && size >= 2) {
        CHECK_FALSE(all);
        continue;
      }
      REQUIRE(all);
      CHECK(all->at(0).bytes == begin);
    }
  }
}
