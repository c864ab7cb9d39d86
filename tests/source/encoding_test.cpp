#include "engine/source/encoding.h"

#include <iconv.h>

#include <catch2/catch.hpp>
#include <random>

#include "engine/base/file.h"
#include "engine/source/input.h"
#include "tests/source/packed.h"
#include "tests/zip/zip_builder.h"

using namespace bulkwrite;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

// All of `bytes` at once, by iconv itself; throws where they are not of that encoding.
std::string converted(const std::string& bytes, const std::string& from, const std::string& to) {
  const iconv_t handle = iconv_open(to.c_str(), from.c_str());
  if (handle == reinterpret_cast<iconv_t>(-1)) throw std::runtime_error("no encoding " + from + " or " + to);
  std::string in = bytes, out(4 * bytes.size() + 16, '\0');
  char *from_at = in.data(), *to_at = out.data();
  size_t from_left = in.size(), to_left = out.size();
  const size_t done = iconv(handle, &from_at, &from_left, &to_at, &to_left);
  if (done != static_cast<size_t>(-1)) iconv(handle, nullptr, nullptr, &to_at, &to_left);
  iconv_close(handle);
  if (done == static_cast<size_t>(-1)) throw std::runtime_error("not in " + from);
  out.resize(out.size() - to_left);
  return out;
}

// Gives its bytes in steps of `step`.
class Steps final : public source::ByteStream {
 public:
  Steps(std::string bytes, size_t step) : bytes_(std::move(bytes)), step_(step) {}
  const std::string& name() const override { return name_; }
  bool rereadable() const override { return true; }
  const source::FileIdentity& identity() const override { return identity_; }
  uint64_t file_bytes_read() const override { return given_; }
  Result<size_t> read(std::span<char> out) override {
    const size_t give = bytes_.copy(out.data(), std::min(out.size(), step_), given_);
    given_ += give;
    return give;
  }

 private:
  const std::string name_ = "export.csv";
  const source::FileIdentity identity_;
  const std::string bytes_;
  const size_t step_;
  size_t given_ = 0;
};

struct Read {
  std::string bytes, failure;
  std::string encoding;
  bool rereadable = false;
};

// Everything that comes before an error, and the error.
Read read(const std::string& bytes, const std::string& encoding, size_t step = 1 << 20, size_t out_step = 4096) {
  auto stream = source::in_utf8(std::make_unique<Steps>(bytes, step), encoding);
  REQUIRE(stream);
  Read read{
      .bytes = {}, .failure = {}, .encoding = (*stream)->transcoded_from(), .rereadable = (*stream)->rereadable()};
  for (std::string part(out_step, '\0');;) {
    auto got = (*stream)->read(part);
    if (!got) {
      CHECK(got.error().kind == ErrorKind::input_data);
      read.failure = got.error().message;
      return read;
    }
    if (*got == 0) return read;
    read.bytes.append(part, 0, *got);
  }
}

// As UTF-8, of characters that the encoding has.
std::string random_text(std::mt19937_64& random, const std::string& encoding, size_t characters) {
  const std::vector<std::pair<uint32_t, uint32_t>> ranges{
      {' ', '~'}, {'\n', '\n'}, {0xA0, 0x17F}, {0x391, 0x451}, {0x3041, 0x30F6}, {0x4E00, 0x9FA5}, {0x1F300, 0x1F5FF}};
  std::string text;
  while (characters > 0) {
    const auto [first, last] = ranges[random() % ranges.size()];
    const auto code = static_cast<uint32_t>(first + random() % (last - first + 1));
    const std::string character =
        converted(std::string(reinterpret_cast<const char*>(&code), sizeof code), "UTF-32LE", "UTF-8");
    try {
      if (converted(converted(character, "UTF-8", encoding), encoding, "UTF-8") != character) continue;
    } catch (const std::runtime_error&) {
      continue;
    }
    text += character;
    --characters;
  }
  return text;
}

}  // namespace

TEST_CASE("text in other encodings comes as iconv has it, wherever it is divided") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (const std::string encoding : {"UTF-16LE", "UTF-16BE", "UTF-32BE", "windows-1252", "Shift_JIS", "GB18030",
                                     "ISO-2022-JP", "UTF-7", "BIG5-HKSCS", "IBM037"}) {
    CAPTURE(encoding);
    const std::string bytes = converted(random_text(random, encoding, 300), "UTF-8", encoding);
    const std::string whole = converted(bytes, encoding, "UTF-8");
    for (size_t step = 1; step <= 40; ++step) {
      CAPTURE(step);
      CHECK(read(bytes, encoding, step, 1 + random() % 70).bytes == whole);
    }
    const Read all = read(bytes, encoding);
    CHECK(all.bytes == whole);
    CHECK(all.encoding == encoding);
    CHECK_FALSE(all.rereadable);
  }
}

TEST_CASE("a text of many blocks is whole, also where it grows on the way") {
  std::mt19937_64 random(1);
  for (const std::string encoding : {"UTF-16LE", "windows-1252", "Shift_JIS", "GB18030"}) {
    CAPTURE(encoding);
    std::string text = random_text(random, encoding, 5'000);
    if (encoding == "windows-1252")
      for (int i = 0; i < 200'000; ++i) text += "\xE2\x82\xAC";  // of one byte there
    while (text.size() < 600'000) text += text + "x";
    const std::string bytes = converted(text, "UTF-8", encoding);
    CHECK((read(bytes, encoding).bytes == text));
    CHECK((read(bytes, encoding, 65'537, 777).bytes == text));
  }
}

TEST_CASE("a byte order mark says what a source is, before the name that was given, and is no part of the text") {
  const std::string text = "Pr\xC3\xA9nom,Ville\n";
  const std::vector<std::pair<std::string, std::string>> marks{
      {"UTF-16LE", "\xFF\xFE"}, {"UTF-16BE", "\xFE\xFF"}, {"UTF-32LE", "\xFF\xFE\0\0"s}, {"UTF-32BE", "\0\0\xFE\xFF"s}};
  for (const auto& [encoding, mark] : marks) {
    CAPTURE(encoding);
    for (const std::string given : {"", "windows-1252", "UTF-16LE", "UTF-8"}) {
      const Read all = read(mark + converted(text, "UTF-8", encoding), given, 1, 1);
      CHECK(all.bytes == text);
      CHECK(all.encoding == encoding);
    }
  }
  // That of UTF-8 stays where it is, as it does in a file that is read as it lies there.
  const Read utf8 = read("\xEF\xBB\xBF" + text, "windows-1252", 1, 1);
  CHECK(utf8.bytes == "\xEF\xBB\xBF" + text);
  CHECK(utf8.encoding.empty());
  CHECK(utf8.rereadable);
}

TEST_CASE("UTF-8 passes as it is, whatever is in it, and can still be read again") {
  const std::string bytes = "a\xFF,\xC3\n"s + "\0\x80"s;
  for (const std::string name : {"", "UTF-8", "utf8", "utf_8"}) {
    for (const size_t step : {1, 3, 100}) {
      const Read all = read(bytes, name, step, 2);
      CHECK(all.bytes == bytes);
      CHECK(all.failure.empty());
      CHECK(all.encoding.empty());
      CHECK(all.rereadable);
    }
  }
  for (const std::string first : {"", "\xFF", "\xFE", "\xEF\xBB", "a", "\0"}) CHECK(read(first, "").bytes == first);
}

TEST_CASE("bytes that are no character are an error that names the first of them, behind all that comes before") {
  struct Case {
    std::string encoding, before, wrong, behind;
  };
  const std::vector<Case> cases{{"windows-1252", "caf\xE9,", "\x81", "more"},
                                {"Shift_JIS", "\x82\xA0\x82\xA2", "\x82\x20", "more"},
                                {"GB18030", "\xC4\xE3\xBA\xC3", "\xFF", "more"},
                                {"UTF-16LE", "a\0b\0"s, "\0\xDC"s, "c\0"s},       // a low surrogate on its own
                                {"UTF-16BE", "\0a\0b"s, "\xD8\x3D\0c"s, "\0d"s},  // a high one
                                {"UTF-32LE", "a\0\0\0"s, "\0\0\x11\0"s, ""}};
  for (const Case& one : cases) {
    CAPTURE(one.encoding);
    for (size_t step = 1; step < 12; ++step) {
      const Read all = read(one.before + one.wrong + one.behind, one.encoding, step, 1 + step % 3);
      CHECK(all.bytes == converted(one.before, one.encoding, "UTF-8"));
      CHECK_THAT(all.failure, Contains("export.csv: at byte " + std::to_string(one.before.size()) + " ("));
      CHECK_THAT(all.failure, Contains(one.encoding));
    }
  }
}

TEST_CASE("a source cut off within a character is an error, and one cut off between two is not") {
  std::mt19937_64 random(2);
  for (const std::string encoding : {"UTF-16LE", "UTF-16BE", "UTF-32LE", "Shift_JIS", "GB18030"}) {
    CAPTURE(encoding);
    const std::string bytes = converted(random_text(random, encoding, 40), "UTF-8", encoding);
    size_t whole = 0, last = 0;
    for (size_t size = 1; size <= bytes.size(); ++size) {
      const std::string begin = bytes.substr(0, size);
      std::string text;
      try {
        text = converted(begin, encoding, "UTF-8");
        last = size;
        ++whole;
      } catch (const std::runtime_error&) {
        const Read cut = read(begin, encoding, 3, 5);
        CHECK(cut.bytes == converted(bytes.substr(0, last), encoding, "UTF-8"));
        CHECK_THAT(cut.failure, Contains("ends within a character of " + encoding + ", which begins at byte " +
                                         std::to_string(last)));
        continue;
      }
      const Read all = read(begin, encoding, 3, 5);
      CHECK(all.failure.empty());
      CHECK(all.bytes == text);
    }
    CHECK(whole == 40);
  }
}

TEST_CASE("offsets of errors count the byte order mark") {
  const Read all = read("\xFF\xFE" + "a\0b"s, "");
  CHECK(all.bytes == "a");
  CHECK_THAT(all.failure, Contains("which begins at byte 4"));
}

TEST_CASE("an encoding that iconv does not know, or that would drop characters, is a wrong call") {
  for (const std::string name : {"no-such-encoding", "", "UTF-16LE//IGNORE", "windows-1252//TRANSLIT", "/", "a b"}) {
    const auto known = source::validate_encoding(name);
    REQUIRE_FALSE(known);
    CHECK(known.error().kind == ErrorKind::usage);
    CHECK_THAT(known.error().message, Contains("iconv -l"));
  }
  for (const std::string name : {"windows-1252", "latin1", "UTF-16", "Shift_JIS", "utf-8", "ISO-8859-15"})
    CHECK(source::validate_encoding(name));
}

TEST_CASE("what is packed is transcoded behind the packing, and every source by itself") {
  const TemporaryDirectory directory;
  const std::string text = zip_builder::csv_text(200'000, 1) + "Pr\xC3\xA9nom\n";
  const std::string utf16 = "\xFF\xFE" + converted(text, "UTF-8", "UTF-16LE");
  std::vector<std::string> paths;
  const auto add = [&](const std::string& name, const std::string& bytes) {
    REQUIRE(write_file(directory / name, bytes));
    paths.push_back((directory / name).string());
  };
  for (const packed::Format format : packed::kFormats)
    add("packed-" + std::to_string(paths.size()), packed::pack(format, utf16));
  add("members.zip", zip_builder::build({{.name = "1.csv", .bytes = utf16}, {.name = "2.csv", .bytes = text}}));
  add("plain.csv", text);
  add("utf16.csv", utf16);
  const auto all = packed::read_all(paths);
  REQUIRE(all);
  REQUIRE(all->size() == 8);
  for (const auto& source : *all) {
    CHECK((source.bytes == text));
    CHECK(source.rereadable == source.name.ends_with("plain.csv"));
  }
}
