#include "engine/base/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <random>

#include "tests/base/temporary_directory.h"

namespace fs = std::filesystem;
using namespace bulkwrite;

namespace {

std::string text_of(const fs::path& path) {
  auto text = read_file(path);
  if (!text) FAIL(text.error().message);
  return *std::move(text);
}

void put(const fs::path& path, std::string_view bytes) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size());
  REQUIRE(std::fclose(file) == 0);
}

std::string random_bytes(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

size_t open_descriptors() {
  size_t count = 0;
  for (auto at = fs::directory_iterator("/proc/self/fd"); at != fs::directory_iterator(); ++at) ++count;
  return count;
}

void check_refused(const Result<void>& result, ErrorKind kind, const std::string& named) {
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == kind);
  CAPTURE(result.error().message);
  CHECK(result.error().message.find(named) != std::string::npos);
}

// No file of this process may grow beyond `bytes`, as if the disk were full; until the end of the scope.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit small{bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*signal_)(int);
};

}  // namespace

TEST_CASE("a descriptor is closed once, by its last owner") {
  const TemporaryDirectory directory;
  put(directory / "a", "a");
  const size_t before = open_descriptors();
  {
    auto opened = open_for_reading(directory / "a");
    REQUIRE(opened);
    Descriptor first = *std::move(opened);
    const int fd = first.get();
    CHECK(first.is_open());
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    Descriptor second = std::move(first);
    CHECK(second.get() == fd);
    CHECK(open_descriptors() == before + 1);
    Descriptor third = *open_for_reading(directory / "a");
    CHECK(open_descriptors() == before + 2);
    third = std::move(second);
    CHECK(third.get() == fd);
    CHECK(open_descriptors() == before + 1);
    Descriptor& itself = third;
    third = std::move(itself);
    CHECK(third.get() == fd);
    const int released = third.release();
    CHECK_FALSE(third.is_open());
    CHECK(released == fd);
    third.reset();
    CHECK(open_descriptors() == before + 1);
    close(released);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("read_at gives fewer bytes than asked only at the end of the file") {
  const TemporaryDirectory directory;
  const fs::path path = directory / "a";
  put(path, "0123456789");
  const Descriptor file = *open_for_reading(path);
  std::array<char, 4> out{};
  const auto at = [&](uint64_t offset) {
    out.fill('.');
    auto got = read_at(file, offset, out, path);
    REQUIRE(got);
    return std::string_view(out.data(), *got);
  };
  CHECK(at(0) == "0123");
  CHECK(at(6) == "6789");
  CHECK(at(7) == "789");
  CHECK(out[3] == '.');
  CHECK(at(10).empty());
  CHECK(at(1000000).empty());
  CHECK(at(2) == "2345");  // there is no position to lose
  CHECK(*read_at(file, 0, std::span<char>(), path) == 0);
}

TEST_CASE("a read that fails names the file and the byte") {
  const TemporaryDirectory directory;
  std::array<char, 4> out{};
  const auto closed = read_at(Descriptor(), 42, out, "leads.csv");
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind == ErrorKind::no_input);
  CHECK(closed.error().message == "cannot read leads.csv at byte 42: Bad file descriptor");

  const Descriptor folder = *open_for_reading(directory.path());
  const auto is_folder = read_at(folder, 0, out, directory.path());
  REQUIRE_FALSE(is_folder);
  CHECK(is_folder.error().kind == ErrorKind::no_input);
}

TEST_CASE("a file is read whole, whatever its size") {
  const TemporaryDirectory directory;
  constexpr size_t kStep = 64 * 1024;
  for (const size_t size : {size_t{0}, size_t{1}, kStep - 1, kStep, kStep + 1, 3 * kStep, 5 * kStep + 77}) {
    CAPTURE(size);
    const std::string bytes = random_bytes(size, size);
    put(directory / "a", bytes);
    CHECK((text_of(directory / "a") == bytes));
  }
}

TEST_CASE("a file that cannot be read is no_input and says which and why") {
  const TemporaryDirectory directory;
  const fs::path missing = directory / "missing.csv";
  const auto refused = read_file(missing);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::no_input);
  CHECK(refused.error().message == "cannot open " + missing.string() + ": No such file or directory");

  const auto folder = read_file(directory.path());
  REQUIRE_FALSE(folder);
  CHECK(folder.error().kind == ErrorKind::no_input);
  CHECK(folder.error().message.find("Is a directory") != std::string::npos);

  put(directory / "a", "a");
  const auto below_a_file = read_file(directory / "a" / "b");
  REQUIRE_FALSE(below_a_file);
  CHECK(below_a_file.error().kind == ErrorKind::no_input);

  if (geteuid() == 0) return;  // nothing is forbidden to root
  REQUIRE(chmod((directory / "a").c_str(), 0) == 0);
  const auto forbidden = read_file(directory / "a");
  REQUIRE_FALSE(forbidden);
  CHECK(forbidden.error().kind == ErrorKind::no_input);
  CHECK(forbidden.error().message.find("Permission denied") != std::string::npos);
}

TEST_CASE("an atomic file appears whole under its name at commit, and nothing stays beside it") {
  const TemporaryDirectory directory;
  const fs::path path = directory / "results.csv";
  const std::string large = random_bytes(200 * 1024, 1);
  std::string expected;
  auto file = AtomicFile::create(path);
  REQUIRE(file);
  for (const std::string_view piece : {std::string_view("a,b\n"), std::string_view(large), std::string_view(),
                                       std::string_view("end\n"), std::string_view(large).substr(0, 64 * 1024 - 4)}) {
    REQUIRE(file->write(piece));
    expected += piece;
    CHECK_FALSE(fs::exists(path));
  }
  REQUIRE(file->commit());
  CHECK((text_of(path) == expected));
  CHECK(directory.entries() == 1);
}

TEST_CASE("many small writes come out in order") {
  const TemporaryDirectory directory;
  std::string expected;
  auto file = AtomicFile::create(directory / "a");
  REQUIRE(file);
  for (int i = 0; i < 40000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    REQUIRE(file->write(line));
    expected += line;
  }
  REQUIRE(file->commit());
  CHECK((text_of(directory / "a") == expected));
}

TEST_CASE("until commit the old file stays as it is, and an abandoned one leaves it so") {
  const TemporaryDirectory directory;
  const fs::path path = directory / "a";
  put(path, "old");
  const size_t descriptors = open_descriptors();
  {
    auto file = AtomicFile::create(path);
    REQUIRE(file);
    REQUIRE(file->write(std::string(100000, 'n')));
    CHECK(text_of(path) == "old");
    CHECK(directory.entries() == 2);
  }
  CHECK(text_of(path) == "old");
  CHECK(directory.entries() == 1);
  CHECK(open_descriptors() == descriptors);

  REQUIRE(write_file(path, "new"));
  CHECK(text_of(path) == "new");
  CHECK(directory.entries() == 1);
}

TEST_CASE("who holds the old file open keeps reading the old bytes") {
  const TemporaryDirectory directory;
  const fs::path path = directory / "a";
  put(path, "old");
  const Descriptor held = *open_for_reading(path);
  REQUIRE(write_file(path, "new and longer"));
  std::array<char, 20> out{};
  CHECK(std::string_view(out.data(), *read_at(held, 0, out, path)) == "old");
}

TEST_CASE("what a crash left under the part name does not get into the next file") {
  const TemporaryDirectory directory;
  put(directory / "a.part", std::string(1000, 'x'));
  REQUIRE(write_file(directory / "a", "short"));
  CHECK(text_of(directory / "a") == "short");
  CHECK(directory.entries() == 1);
}

TEST_CASE("an atomic file can be moved, and one that is moved over is abandoned") {
  const TemporaryDirectory directory;
  const size_t descriptors = open_descriptors();
  {
    auto first = AtomicFile::create(directory / "first");
    auto second = AtomicFile::create(directory / "second");
    REQUIRE((first && second));
    REQUIRE(first->write("first"));
    REQUIRE(second->write("second"));
    AtomicFile moved = *std::move(first);
    CHECK(directory.entries() == 2);
    *second = std::move(moved);
    CHECK(directory.entries() == 1);
    REQUIRE(second->commit());
  }
  CHECK(directory.entries() == 1);
  CHECK(text_of(directory / "first") == "first");
  CHECK(open_descriptors() == descriptors);
}

TEST_CASE("an atomic file without a place to be in is refused and leaves nothing") {
  const TemporaryDirectory directory;
  put(directory / "a", "a");
  for (const fs::path& path : {directory / "missing" / "a.csv", directory / "a" / "b.csv"}) {
    check_refused(write_file(path, "bytes"), ErrorKind::cannot_write, "cannot write " + path.string() + ": ");
    const auto created = AtomicFile::create(path);
    CHECK_FALSE(created);
  }
  CHECK(directory.entries() == 1);
  CHECK(text_of(directory / "a") == "a");
}

TEST_CASE("a commit that cannot rename leaves what is there and nothing else") {
  const TemporaryDirectory directory;
  REQUIRE(make_directories(directory / "a"));
  put(directory / "a" / "inside", "kept");
  check_refused(write_file(directory / "a", "bytes"), ErrorKind::cannot_write, "Is a directory");
  CHECK(directory.entries() == 1);
  CHECK(text_of(directory / "a" / "inside") == "kept");
}

TEST_CASE("a full device is told at the first write that reaches it, and nothing stays behind") {
  const TemporaryDirectory directory;
  const fs::path path = directory / "a";
  put(path, "old");
  const size_t descriptors = open_descriptors();
  // The part file is the device, so that the device itself stays where it is.
  fs::create_symlink("/dev/full", directory / "a.part");
  SECTION("at a write that does not fit the buffer") {
    auto file = AtomicFile::create(path);
    REQUIRE(file);
    check_refused(file->write(std::string(1000000, 'x')), ErrorKind::cannot_write,
                  "cannot write " + path.string() + ": No space left on device");
  }
  SECTION("at the write that fills the buffer") {
    auto file = AtomicFile::create(path);
    REQUIRE(file);
    Result<void> written;
    for (int i = 0; i < 100 && written; ++i) written = file->write(std::string(1000, 'x'));
    check_refused(written, ErrorKind::cannot_write, "No space left on device");
  }
  SECTION("at commit") {
    auto file = AtomicFile::create(path);
    REQUIRE(file);
    REQUIRE(file->write("x"));
    check_refused(file->commit(), ErrorKind::cannot_write, "No space left on device");
  }
  SECTION("by write_file") {
    check_refused(write_file(path, "x"), ErrorKind::cannot_write, "No space left on device");
  }
  CHECK(text_of(path) == "old");
  CHECK(directory.entries() == 1);
  CHECK(open_descriptors() == descriptors);
  CHECK(fs::is_character_file("/dev/full"));
}

TEST_CASE("a file of which a write failed is never published, even if there is room again") {
  const TemporaryDirectory directory;
  const fs::path path = directory / "a";
  put(path, "old");
  auto file = AtomicFile::create(path);
  REQUIRE(file);
  SECTION("a large write") {
    Result<void> written;
    {
      const FullDisk full(100000);
      written = file->write(std::string(300000, 'x'));
    }
    check_refused(written, ErrorKind::cannot_write, "File too large");
  }
  SECTION("a commit") {
    REQUIRE(file->write(std::string(10000, 'x')));
    Result<void> committed;
    {
      const FullDisk full(5000);
      committed = file->commit();
    }
    check_refused(committed, ErrorKind::cannot_write, "File too large");
  }
  CHECK_FALSE(file->commit());
  CHECK((text_of(path) == "old"));
  CHECK(directory.entries() == 1);
}

TEST_CASE("directories are made with their parents, and again without harm") {
  const TemporaryDirectory directory;
  const fs::path deep = directory / "a" / "b" / "c";
  REQUIRE(make_directories(deep));
  REQUIRE(make_directories(deep));
  CHECK(fs::is_directory(deep));
  put(directory / "file", "x");
  check_refused(make_directories(directory / "file" / "d"), ErrorKind::cannot_write,
                "cannot create " + (directory / "file" / "d").string());
}

TEST_CASE("free space is that of the disk on which the path is") {
  const TemporaryDirectory directory;
  const auto free = free_space(directory.path());
  REQUIRE(free);
  CHECK(*free <= fs::space(directory.path()).capacity);
  CHECK(*free > 0);
  CHECK_FALSE(free_space(directory / "missing"));
}

TEST_CASE("system errors have words") {
  CHECK(errno_text(ENOSPC) == "No space left on device");
  CHECK(errno_text(ENOENT) == "No such file or directory");
}

TEST_CASE("a file written for a later sync is whole under its name, and leaves nothing beside it") {
  const TemporaryDirectory directory;
  const std::string first = random_bytes(100'000, 1), second = random_bytes(300'000, 2);
  const std::array<std::string_view, 3> pieces{first, "", second};
  put(directory / "a", "as it was");
  REQUIRE(write_file_unsynced(directory / "a", pieces));
  CHECK((text_of(directory / "a") == first + second));
  REQUIRE(write_file_unsynced(directory / "empty", {}));
  CHECK(text_of(directory / "empty").empty());
  CHECK(directory.entries() == 2);
  CHECK(sync_files_in(directory.path()));
}

TEST_CASE("a file written for a later sync is not there at all where the disk is full") {
  const TemporaryDirectory directory;
  const std::string large = random_bytes(100'000, 1);
  const std::array<std::string_view, 2> pieces{"head", large};
  {
    const FullDisk full(50'000);
    check_refused(write_file_unsynced(directory / "a", pieces), ErrorKind::cannot_write, "a");
  }
  check_refused(write_file_unsynced(directory / "none" / "a", pieces), ErrorKind::cannot_write, "none");
  CHECK(directory.entries() == 0);
}

TEST_CASE("syncing a directory leaves its files and folders as they are, and one that is not there is a fault") {
  const TemporaryDirectory directory;
  put(directory / "a", "1");
  fs::create_directory(directory / "folder");
  put(directory / "folder" / "b", "2");
  const size_t before = open_descriptors();
  CHECK(sync_files_in(directory.path()));
  CHECK(open_descriptors() == before);
  CHECK(text_of(directory / "a") == "1");
  CHECK(text_of(directory / "folder" / "b") == "2");
  check_refused(sync_files_in(directory / "none"), ErrorKind::cannot_write, "none");
}

TEST_CASE("a file is read into memory that served before, whatever was in it, and whatever the file says of its size") {
  const TemporaryDirectory directory;
  std::string bytes = "what was there before";
  for (const size_t size : std::initializer_list<size_t>{200'000, 0, 65'536, 65'535, 65'537, 1, 150'000}) {
    CAPTURE(size);
    const std::string text = random_bytes(size, size);
    put(directory / "a", text);
    REQUIRE(read_file(directory / "a", bytes));
    CHECK((bytes == text));
  }
  CHECK(bytes.capacity() >= 200'000);
  REQUIRE(read_file("/proc/self/status", bytes));  // its size is said to be 0
  CHECK(bytes.find("VmRSS") != std::string::npos);
  check_refused(read_file(directory / "none", bytes), ErrorKind::no_input, "none");
}
