#include "engine/source/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "engine/base/file.h"
#include "tests/source/packed.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using namespace bulkwrite::source;
using Catch::Matchers::Contains;

namespace {

// Stdin is something else until the end of the scope.
class OtherStdin {
 public:
  explicit OtherStdin(int fd) : before_(dup(STDIN_FILENO)) { dup2(fd, STDIN_FILENO); }
  ~OtherStdin() {
    dup2(before_, STDIN_FILENO);
    close(before_);
  }
  OtherStdin(const OtherStdin&) = delete;
  OtherStdin& operator=(const OtherStdin&) = delete;

 private:
  int before_;
};

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    out = Descriptor(ends[0]);
    in = Descriptor(ends[1]);
  }
  Descriptor out, in;
};

std::unique_ptr<File> open_file(const std::filesystem::path& path) {
  auto file = File::open(path.string());
  REQUIRE(file);
  return *std::move(file);
}

bool put(const Descriptor& to, std::string_view bytes) {
  return ::write(to.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

}  // namespace

TEST_CASE("a file comes as it lies there, in steps of any size, and stays at its end") {
  const TemporaryDirectory directory;
  const std::string bytes = zip_builder::csv_text(100'000, 1) + std::string("\0\xFF\r\n", 4);
  REQUIRE(write_file(directory / "leads.csv", bytes));
  for (const size_t step : {1, 7, 4096, 1'000'000}) {
    CAPTURE(step);
    const auto stream = plain_stream(open_file(directory / "leads.csv"));
    const auto read = packed::read_rest(*stream, step);
    REQUIRE(read);
    CHECK((*read == bytes));
    CHECK(stream->file_bytes_read() == bytes.size());
    std::string more(10, '\0');
    CHECK(*stream->read(more) == 0);
  }
}

TEST_CASE("an empty file is a file with no byte in it") {
  const TemporaryDirectory directory;
  REQUIRE(write_file(directory / "empty.csv", ""));
  const auto file = open_file(directory / "empty.csv");
  CHECK(file->peek(10)->empty());
  const auto stream = plain_stream(open_file(directory / "empty.csv"));
  CHECK(packed::read_rest(*stream)->empty());
  CHECK(stream->rereadable());
}

TEST_CASE("a look at the first bytes takes none of them away") {
  const TemporaryDirectory directory;
  REQUIRE(write_file(directory / "leads.csv", "abcdefgh"));
  auto file = open_file(directory / "leads.csv");
  CHECK(*file->peek(3) == "abc");
  CHECK(*file->peek(5) == "abcde");
  CHECK(*file->peek(2) == "ab");
  CHECK(file->bytes_read() == 0);
  std::string two(2, '\0');
  CHECK(*file->read(two) == 2);
  CHECK(two == "ab");
  CHECK(file->bytes_read() == 2);
  const auto stream = plain_stream(std::move(file));
  CHECK(*packed::read_rest(*stream) == "cdefgh");

  auto short_file = open_file(directory / "leads.csv");
  CHECK(*short_file->peek(100) == "abcdefgh");
  CHECK(*packed::read_rest(*plain_stream(std::move(short_file))) == "abcdefgh");
}

TEST_CASE("a file is known again by its absolute path, its size and its time") {
  const TemporaryDirectory directory;
  REQUIRE(write_file(directory / "leads.csv", "Last_Name\n"));
  const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'001, 123'456'789}};
  REQUIRE(utimensat(AT_FDCWD, (directory / "leads.csv").c_str(), times, 0) == 0);
  auto file = File::open("leads.csv", directory.path());
  REQUIRE(file);
  CHECK((*file)->name() == "leads.csv");
  CHECK((*file)->identity().path == (directory / "leads.csv").string());
  CHECK((*file)->identity().size == 10);
  CHECK((*file)->identity().mtime_ns == 1'700'000'001'123'456'789);
}

TEST_CASE(
    "a file that grows behind the reader is read to where it ends then, and its identity is that of its opening") {
  const TemporaryDirectory directory;
  REQUIRE(write_file(directory / "leads.csv", "first\n"));
  const auto stream = plain_stream(open_file(directory / "leads.csv"));
  std::string step(6, '\0');
  REQUIRE(*stream->read(step) == 6);
  const Descriptor writer(::open((directory / "leads.csv").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  REQUIRE(put(writer, "second\n"));
  CHECK(*packed::read_rest(*stream) == "second\n");
  CHECK(stream->identity().size == 6);
}

TEST_CASE("what is not there, may not be read or is a directory is no input, and the message names it") {
  const TemporaryDirectory directory;
  const auto missing = File::open((directory / "missing.csv").string());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::no_input);
  CHECK_THAT(missing.error().message, Contains("missing.csv") && Contains("No such file"));

  const auto folder = File::open(directory.path().string());
  REQUIRE_FALSE(folder);
  CHECK(folder.error().kind == ErrorKind::no_input);
  CHECK_THAT(folder.error().message, Contains("is a directory") && Contains("/*.csv"));

  REQUIRE(write_file(directory / "dark.csv", "x"));
  REQUIRE(chmod((directory / "dark.csv").c_str(), 0) == 0);
  if (geteuid() == 0) return;  // root may read all
  const auto dark = File::open((directory / "dark.csv").string());
  REQUIRE_FALSE(dark);
  CHECK(dark.error().kind == ErrorKind::no_input);
}

TEST_CASE("a read that fails tells the byte that it had come to") {
  const auto stream = plain_stream(open_file("/proc/self/mem"));  // nothing is mapped at its beginning
  std::string step(10, '\0');
  const auto got = stream->read(step);
  REQUIRE_FALSE(got);
  CHECK(got.error().kind == ErrorKind::no_input);
  CHECK_THAT(got.error().message, Contains("/proc/self/mem") && Contains("byte 0"));
}

TEST_CASE("stdin is read to the end of its pipe, however it comes, and cannot be read again") {
  Pipe pipe;
  const OtherStdin other(pipe.out.get());
  auto file = File::open("-");
  REQUIRE(file);
  CHECK((*file)->name() == "-");
  CHECK((*file)->identity().path.empty());
  bool all_put = true;
  std::jthread writer([&] {
    for (const std::string_view part : {"PK", "\x03", "\x04 is no ZIP yet", "\nrest"})
      all_put = put(pipe.in, part) && all_put;
    pipe.in.reset();
  });
  CHECK(*(*file)->peek(10) == "PK\x03\x04 is no");  // though a pipe gives less at a time
  const auto stream = plain_stream(*std::move(file));
  CHECK_FALSE(stream->rereadable());
  CHECK(*packed::read_rest(*stream) == "PK\x03\x04 is no ZIP yet\nrest");
  writer.join();
  CHECK(all_put);
}

TEST_CASE("stdin that is a file cannot be read again either, since only this process finds it") {
  const TemporaryDirectory directory;
  REQUIRE(write_file(directory / "leads.csv", "abc"));
  const Descriptor leads = *open_for_reading(directory / "leads.csv");
  const OtherStdin other(leads.get());
  const auto stream = plain_stream(open_file("-"));
  CHECK_FALSE(stream->rereadable());
  CHECK(*packed::read_rest(*stream) == "abc");
}

TEST_CASE("closing a stream of stdin leaves stdin open") {
  Pipe pipe;
  const OtherStdin other(pipe.out.get());
  open_file("-").reset();
  CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
}
