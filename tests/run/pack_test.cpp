#include "engine/run/pack.h"

#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <utility>

#include "tests/csv/oracle.h"
#include "tests/e2e/process.h"

namespace bulkwrite::run {
namespace {

using e2e::slurp;
using e2e::spill;

uint32_t crc_of(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));  // zlib's own
}

std::string hexadecimal(uint32_t value) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}

uint32_t little_endian(std::string_view bytes, size_t at, size_t width) {
  uint32_t value = 0;
  for (size_t i = 0; i < width; ++i) value |= uint32_t{static_cast<unsigned char>(bytes.at(at + i))} << (8 * i);
  return value;
}

// The one member of a ZIP, by its local header.
struct Member {
  std::string name, bytes;
  bool stored = false;
};

Member unzip(const std::string& archive) {
  REQUIRE(little_endian(archive, 0, 4) == 0x04034b50);
  const uint32_t method = little_endian(archive, 8, 2), crc = little_endian(archive, 14, 4),
                 packed = little_endian(archive, 18, 4), size = little_endian(archive, 22, 4),
                 name = little_endian(archive, 26, 2), extra = little_endian(archive, 28, 2);
  std::string data = archive.substr(30 + name + extra, packed);
  REQUIRE(data.size() == packed);
  Member member{archive.substr(30, name), std::string(size, '\0'), method == 0};
  if (member.stored) {
    member.bytes = data;
  } else {
    REQUIRE(method == 8);
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, -15) == Z_OK);
    stream.next_in = reinterpret_cast<unsigned char*>(data.data());
    stream.avail_in = static_cast<unsigned>(data.size());
    stream.next_out = reinterpret_cast<unsigned char*>(member.bytes.data());
    stream.avail_out = static_cast<unsigned>(member.bytes.size());
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    CHECK(stream.avail_out == 0);
    inflateEnd(&stream);
  }
  CHECK(member.bytes.size() == size);
  CHECK(crc_of(member.bytes) == crc);
  return member;
}

// One source as it was made, and what a dull reader sees in it.
struct Source {
  std::string name;  // as the manifest has it
  std::string text;  // uncompressed
  size_t data_offset = 0;
  std::vector<oracle::Record> records;  // their offsets count from the source's first byte
  uint64_t blank_lines = 0;
  bool unclosed = false;
  uint64_t unclosed_at = 0;
};

void read_records(Source& source, const oracle::Options& options) {
  oracle::Reading reading = oracle::read(std::string_view(source.text).substr(source.data_offset), options);
  source.records = std::move(reading.records);
  source.blank_lines = reading.blank_lines;
  source.unclosed = reading.unclosed;
  source.unclosed_at = reading.unclosed_at + source.data_offset;
  for (oracle::Record& record : source.records) {
    record.offset += source.data_offset;
    // The generator knows no other bad text than these two bytes.
    if (!record.flaw.empty()) continue;
    if (record.bytes.find('\0') != std::string::npos)
      record.flaw = "nul_byte";
    else if (record.bytes.find('\xFF') != std::string::npos)
      record.flaw = "invalid_utf8";
  }
}

// What was asked for, what went in, and what must come out.
struct World {
  const e2e::TemporaryDirectory directory;
  PackOptions options;
  std::vector<Source> sources;
  std::string header;  // with its terminator, where it has one
  std::vector<std::string> names;
  char delimiter = ',';
  Progress progress;
  std::vector<std::string> told;

  World() { options.directory = directory / "out"; }

  std::filesystem::path file(const std::string& name) const { return directory / name; }

  void add(const std::string& name, const std::string& text, size_t data_offset) {
    Source source{.name = file(name), .text = text, .data_offset = data_offset};
    spill(file(name), text);
    options.input.files.push_back(source.name);
    sources.push_back(std::move(source));
  }

  void add_gzip(const std::string& name, const std::string& text, size_t data_offset) {
    add(name, text, data_offset);
    gzFile out = gzopen(file(name).c_str(), "wb1");
    REQUIRE(gzwrite(out, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size()));
    REQUIRE(gzclose(out) == Z_OK);
  }

  Result<Summary> pack() {
    return run::pack(options, progress, {}, [this](const std::string& line) { told.push_back(line); });
  }

  std::string out(const std::string& name) const { return slurp(options.directory / name); }
  nlohmann::json manifest() const { return nlohmann::json::parse(out("manifest.json")); }
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(options.directory))
      found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }
};

std::string as_sent(const oracle::Record& record, char delimiter) {
  if (delimiter != '\t') return record.bytes;
  std::string line;
  for (const std::string& field : record.fields) {
    const bool quote = field.find(',') != std::string::npos && field.front() != '"';
    line += (line.empty() && &field == &record.fields.front() ? "" : ",") + (quote ? '"' + field + '"' : field);
  }
  return line;
}

// A record as one of the sources holds it, with its number there.
struct Numbered {
  const Source* source;
  const oracle::Record* record;
  uint64_t record_number;
};

// Follows the manifest along the sources and holds every figure against the bytes.
class Audit {
 public:
  explicit Audit(World& world) : world_(world), manifest_(world.manifest()) {
    for (const Source& source : world.sources) {
      for (size_t i = 0; i < source.records.size(); ++i) records_.push_back({&source, &source.records[i], i + 1});
      if (source.unclosed) break;
    }
    archive_header_ = world.header;
    if (world.delimiter == '\t') std::replace(archive_header_.begin(), archive_header_.end(), '\t', ',');
    if (world.delimiter == '\t' && archive_header_.ends_with("\r\n"))
      archive_header_.replace(archive_header_.size() - 2, 2, "\n");
    if (!archive_header_.ends_with('\n')) archive_header_ += '\n';
    rejected_ = world.header.ends_with('\n') ? world.header : world.header + '\n';
  }

  void run(const Summary& summary) {
    const auto& chunks = manifest_["chunks"];
    for (size_t i = 0; i < chunks.size(); ++i) {
      CAPTURE(i);
      check_chunk(i, chunks[i]);
    }
    REQUIRE(at_ == records_.size());
    check_totals(summary);
    CHECK(world_.out("rejected.csv") == rejected_);
    CHECK(reasons() == reasons_);
    files_.insert(files_.end(), {"manifest.json", "rejected-reasons.csv", "rejected.csv"});
    std::sort(files_.begin(), files_.end());
    CHECK(world_.files() == files_);
  }

 private:
  void check_chunk(size_t index, const nlohmann::json& chunk) {
    CHECK(chunk["chunk_index"] == index);
    const size_t begin = at_;
    std::string source_bytes;
    for (const nlohmann::json& part : chunk["parts"]) source_bytes += check_part(part);
    const size_t count = at_ - begin;
    REQUIRE(count > 0);
    CHECK(chunk["records"] == count);
    CHECK(count <= world_.options.input.records_max);
    CHECK(chunk["crc32_source"] == hexadecimal(crc_of(source_bytes)));

    const bool too_long = is_too_long(begin, count);
    std::string member = archive_header_;
    uint64_t sent = 0;
    bool last_open = false;
    for (size_t i = begin; i < at_; ++i) {
      const auto& [source, record, number] = records_[i];
      const std::string rule = too_long ? "too_long" : record->flaw;
      if (rule.empty()) {
        ++sent;
        member += as_sent(*record, world_.delimiter) + (record->terminator.empty() ? "\n" : record->terminator);
        last_open = record->terminator.empty();
        continue;
      }
      rejected_ += record->bytes + (record->terminator.empty() ? "\n" : record->terminator);
      const auto lines = too_long ? 1 : 1 + std::count(record->bytes.begin(), record->bytes.end(), '\n');
      std::ostringstream reason;
      reason << source->name << ',' << number << ',' << record->offset << ',' << lines << ",," << rule;
      reasons_.push_back(reason.str());
    }
    if (last_open) member.pop_back();
    sent_ += sent;
    CHECK(chunk["records_sent"] == sent);
    CHECK(chunk["records_rejected"] == count - sent);
    if (sent == 0) {
      CHECK(chunk["archive"].is_null());
      CHECK(chunk["csv_bytes"] == 0);
      CHECK(chunk["zip_bytes"] == 0);
      return;
    }
    check_archive(index, chunk, member);
  }

  void check_archive(size_t index, const nlohmann::json& chunk, const std::string& member) {
    char number[8];
    std::snprintf(number, sizeof number, "-%05zu", index);
    const std::string base = "first" + std::string(number);
    REQUIRE(chunk["archive"] == base + ".zip");
    files_.push_back(base + ".zip");
    const std::string archive = world_.out(base + ".zip");
    const Member packed = unzip(archive);
    CHECK(packed.name == base + ".csv");
    CHECK((packed.bytes == member));
    CHECK(chunk["zip_bytes"] == archive.size());
    CHECK(chunk["csv_bytes"] == member.size());
    CHECK(chunk["crc32_member"] == hexadecimal(crc_of(member)));
    CHECK(member.size() <= world_.options.input.bytes_max);
  }

  // The part's bytes, after its range has been held against the records that the dull reader saw there.
  std::string check_part(const nlohmann::json& part) {
    const uint64_t begin = part["begin"], end = part["end"], count = part["records"];
    REQUIRE(at_ < records_.size());
    const Source* source = source_named(part["source"]);
    REQUIRE(source != nullptr);
    if (source != source_) {
      source_ = source;
      end_ = source->data_offset;
    }
    REQUIRE(begin <= end);
    REQUIRE(end <= source->text.size());
    // What no chunk names is blank lines before a record that is too long, or behind the last record.
    REQUIRE(begin >= end_);
    CHECK(source->text.substr(end_, begin - end_).find_first_not_of("\r\n") == std::string::npos);
    end_ = end;
    const std::string bytes = source->text.substr(begin, end - begin);
    uint64_t record_bytes = 0, seen = 0;
    for (; at_ < records_.size() && records_[at_].source == source && records_[at_].record->offset < end; ++at_) {
      const auto& [_, record, number] = records_[at_];
      if (seen++ == 0) CHECK(part["first_record"] == number);
      REQUIRE(record->offset >= begin);
      record_bytes += record->bytes.size() + record->terminator.size();
    }
    CHECK(seen == count);
    CHECK(end - begin == record_bytes + blank_bytes(*source, begin, end));
    CHECK(part["blank_lines"] == blanks_);
    return bytes;
  }

  // The bytes of a range that belong to no record, all of them blank lines; counts those.
  uint64_t blank_bytes(const Source& source, uint64_t begin, uint64_t end) {
    blanks_ = 0;
    uint64_t bytes = 0;
    const auto add = [&](uint64_t from, uint64_t to) {
      const std::string gap = source.text.substr(from, to - from);
      blanks_ += static_cast<uint64_t>(std::count(gap.begin(), gap.end(), '\n'));
      bytes += gap.size();
    };
    uint64_t from = begin;
    for (const oracle::Record& record : source.records) {
      if (record.offset < begin || record.offset >= end) continue;
      add(from, record.offset);
      from = record.offset + record.bytes.size() + record.terminator.size();
    }
    add(from, end);
    return bytes;
  }

  // Only a record that no chunk could hold is too long; and no chunk ends earlier than its caps demand.
  bool is_too_long(size_t begin, size_t count) {
    const uint64_t cap = world_.options.input.bytes_max;
    uint64_t least = allowance(), most = allowance();
    for (size_t i = begin; i < begin + count; ++i) {
      least += bytes_of(i).first;
      most += bytes_of(i).second;
    }
    if (count == 1 && least > cap) return true;
    if (count == 1 && most > cap && reasons().at(reasons_.size()).ends_with("too_long")) return true;
    CHECK(least <= cap);
    const size_t next = begin + count;
    if (next < records_.size() && count < world_.options.input.records_max) CHECK(most + bytes_of(next).second > cap);
    return false;
  }

  // The least and the most that a record takes of a chunk: with the line end that a source may lack, and the quotes
  // that each field of a tab source may gain. How many fields a flawed record has is a matter of taste.
  std::pair<uint64_t, uint64_t> bytes_of(size_t i) const {
    const oracle::Record& record = *records_[i].record;
    const uint64_t bytes = record.bytes.size() + std::max<size_t>(1, record.terminator.size());
    if (world_.delimiter != '\t') return {bytes, bytes};
    const auto tabs = static_cast<uint64_t>(std::count(record.bytes.begin(), record.bytes.end(), '\t'));
    if (record.fields.empty()) return {bytes + 2, bytes + 2 * (1 + tabs)};
    return {bytes + 2 * record.fields.size(), bytes + 2 * record.fields.size()};
  }

  // What a chunk keeps free for its header, whichever names that will carry.
  uint64_t allowance() const {
    uint64_t ours = 2;
    for (size_t i = 0; i < world_.names.size(); ++i)
      ours += 1 + std::max(world_.names[i].size(), ("column_" + std::to_string(i + 1)).size());
    return std::max<uint64_t>(ours, world_.header.size() + (world_.delimiter == '\t' ? 2 * world_.names.size() : 0));
  }

  void check_totals(const Summary& summary) {
    uint64_t blank_lines = 0;
    for (const Source& source : world_.sources) {
      blank_lines += source.blank_lines;
      if (source.unclosed) break;
    }
    CHECK(manifest_["records"] == records_.size());
    CHECK(manifest_["rejected"] == records_.size() - sent_);
    CHECK(manifest_["blank_lines"] == blank_lines);
    CHECK(manifest_["complete"] == summary.errors.empty());
    CHECK(summary.records_read == records_.size());
    CHECK(summary.not_sent == sent_);
    CHECK(summary.rejected == records_.size() - sent_);
    CHECK(summary.blank_lines == blank_lines);
    CHECK(summary.sent == 0);
    CHECK(summary.chunks == manifest_["chunks"].size());
  }

  // Up to the excerpt, which may hold anything.
  std::vector<std::string> reasons() const {
    std::istringstream in(world_.out("rejected-reasons.csv"));
    std::string line;
    std::getline(in, line);
    std::vector<std::string> rows;
    while (std::getline(in, line)) {
      size_t comma = 0;
      for (int i = 0; i < 6; ++i) comma = line.find(',', comma + 1);
      rows.push_back(line.substr(0, comma));
    }
    return rows;
  }

  const Source* source_named(const std::string& name) const {
    for (const Source& source : world_.sources)
      if (source.name == name) return &source;
    return nullptr;
  }

  World& world_;
  const nlohmann::json manifest_;
  std::vector<Numbered> records_;
  std::string archive_header_, rejected_;
  std::vector<std::string> reasons_, files_;
  size_t at_ = 0;
  const Source* source_ = nullptr;
  uint64_t end_ = 0, blanks_ = 0, sent_ = 0;
};

// Fields that look harmless and those that do not, in every kind of line.
class Maker {
 public:
  Maker(std::mt19937_64& random, char delimiter, size_t columns)
      : random_(random), delimiter_(delimiter), columns_(columns) {}

  std::string body(uint64_t records, bool unclosed) {
    std::string text;
    for (uint64_t i = 0; i < records; ++i) {
      if (one_in(9)) text += one_in(2) ? "\n" : "\r\n";
      text += record();
      if (unclosed && one_in(25)) text += std::string(1, delimiter_) + "\"open";
      const bool last = i + 1 == records;
      if (!last || !one_in(3)) text += one_in(3) ? "\r\n" : "\n";
    }
    if (one_in(6) && text.ends_with('\n')) text += "\r\n\n";
    return text;
  }

  bool one_in(uint64_t n) { return random_() % n == 0; }

 private:
  std::string record() {
    std::string line;
    const size_t columns = one_in(12) ? 1 + random_() % (columns_ + 2) : columns_;
    for (size_t i = 0; i < columns; ++i) line += (i > 0 ? std::string(1, delimiter_) : "") + field();
    return line;
  }

  std::string field() {
    switch (random_() % 16) {
      case 0:
        return "";
      case 1:
        return "\"two\nlines\"";
      case 2:
        return "\"\r\n\r\n\"";
      case 3:
        return "\"a \"\"word\"\"" + std::string(1, delimiter_) + "\"";
      case 4:
        return "\"\"";
      case 5:
        return std::string(random_() % 40, 'x');
      case 6:
        return "a, b; c";
      case 7:
        return "\xC3\xBC\xE2\x82\xAC";
      case 8:
        return one_in(6) ? "5\" disk" : "5 disk";
      case 9:
        return one_in(6) ? "\"a\"b" : "\"a\"";
      case 10:
        return one_in(6) ? "c\rr" : "crr";
      case 11:
        return one_in(6) ? std::string("n\0l", 3) : "nul";
      case 12:
        return one_in(6) ? "\xFF" : "ff";
      default:
        return std::to_string(random_() % 100'000);
    }
  }

  std::mt19937_64& random_;
  const char delimiter_;
  const size_t columns_;
};

constexpr std::string_view kBom = "\xEF\xBB\xBF";

// Sources of one header, as random as they come.
void make_sources(World& world, std::mt19937_64& random, uint64_t records_max, bool unclosed) {
  const size_t columns = 1 + random() % 4;
  world.delimiter = ",;|\t"[random() % 4];
  // One column has no delimiter to detect; and fields hold commas.
  world.options.input.delimiter = world.delimiter;
  for (size_t i = 0; i < columns; ++i) {
    world.names.push_back("Name_" + std::to_string(i + 1));
    world.header += (i > 0 ? std::string(1, world.delimiter) : "") + world.names.back();
  }
  world.header += random() % 2 == 0 ? "\n" : "\r\n";
  Maker maker(random, world.delimiter, columns);
  const uint64_t sources = 1 + random() % 4;
  for (uint64_t i = 0; i < sources; ++i) {
    const std::string head = std::string(maker.one_in(3) ? kBom : "") + (maker.one_in(5) ? "\n" : "") + world.header;
    const std::string text = head + maker.body(maker.one_in(6) ? 0 : random() % records_max, unclosed);
    const std::string name = (i == 0 ? "first" : "more-" + std::to_string(i)) + ".csv";
    if (maker.one_in(4))
      world.add_gzip(name + ".gz", text, head.size());
    else
      world.add(name, text, head.size());
  }
  const oracle::Options options{
      .delimiter = world.delimiter,
      .columns = columns,
      .quote_bytes_max = std::min(world.options.input.record_bytes_max, world.options.input.bytes_max),
      .resync = world.options.input.resync_on_unclosed_quote};
  for (Source& source : world.sources) read_records(source, options);
}

void plain_world(World& world, const std::string& header, const std::vector<std::string>& names,
                 const std::string& body) {
  world.header = header;
  world.names = names;
  world.add("first.csv", header + body, header.size());
  read_records(world.sources.back(), {.delimiter = world.delimiter, .columns = names.size()});
}

}  // namespace

TEST_CASE("archives hold the sources byte for byte, and the manifest tells the truth of them") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    World world;
    world.options.workers = 1 + static_cast<unsigned>(random() % 4);
    world.options.input.records_max = random() % 3 == 0 ? csv::kRecordsMax : 1 + random() % 12;
    if (random() % 2 == 0) world.options.input.bytes_max = 64 + random() % 300;
    world.options.packing = static_cast<Packing>(random() % 4);
    world.options.input.resync_on_unclosed_quote = random() % 2 == 0;
    make_sources(world, random, 40, random() % 3 == 0);
    CAPTURE(world.delimiter, world.options.input.records_max, world.options.input.bytes_max, world.sources.size());
    const auto summary = world.pack();
    REQUIRE(summary);
    const auto stopped =
        std::find_if(world.sources.begin(), world.sources.end(), [](const Source& source) { return source.unclosed; });
    REQUIRE(summary->errors.size() == (stopped == world.sources.end() ? 0 : 1));
    if (stopped != world.sources.end()) {
      CHECK(summary->errors[0].kind == ErrorKind::input_data);
      CHECK_THAT(summary->errors[0].message,
                 Catch::Contains(stopped->name) &&
                     Catch::Contains("record " + std::to_string(stopped->records.size() + 1) + " ") &&
                     Catch::Contains("quote at byte " + std::to_string(stopped->unclosed_at) + " "));
    }
    Audit(world).run(*summary);
  }
}

TEST_CASE("sources of many blocks are cut at their records, not at their blocks") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  World world;
  world.options.workers = 3;
  world.options.input.records_max = 5'000;
  world.options.input.bytes_max = 300'000;
  make_sources(world, random, 30'000, false);
  const auto summary = world.pack();
  REQUIRE(summary);
  REQUIRE(summary->errors.empty());
  Audit(world).run(*summary);
}

TEST_CASE("a record that fits into no chunk is set aside whole, from a file and from a stream") {
  const bool stream = GENERATE(false, true);
  World world;
  world.header = "A,B\n";
  world.names = {"A", "B"};
  world.options.input.bytes_max = 500;
  const std::string text =
      world.header + "1,a\n\n2," + std::string(700'000, 'x') + "\r\n3,c\n4," + std::string(600, 'y');
  if (stream)
    world.add_gzip("first.csv.gz", text, world.header.size());
  else
    world.add("first.csv", text, world.header.size());
  read_records(world.sources.back(), {});
  const auto summary = world.pack();
  REQUIRE(summary);
  CHECK(summary->rejected == 2);
  CHECK(summary->chunks == 4);
  Audit(world).run(*summary);
}

TEST_CASE("an unclosed quote behind a record's many bytes leaves nothing of it in the directory") {
  World world;
  world.header = "A,B\n";
  world.names = {"A", "B"};
  world.options.input.bytes_max = 500;
  world.add_gzip("first.csv.gz", world.header + "1,a\n2" + std::string(700'000, 'x') + ",\"open\n3,c\n",
                 world.header.size());
  read_records(world.sources.back(), {.quote_bytes_max = 500});
  const auto summary = world.pack();
  REQUIRE(summary);
  REQUIRE(summary->errors.size() == 1);
  CHECK(summary->records_read == 1);
  Audit(world).run(*summary);
}

TEST_CASE("rejects of a tab source can be packed again once they are mended") {
  World world;
  world.delimiter = '\t';
  plain_world(world, "A\tB\n", {"A", "B"}, "1\ta, b\n2\n3\tc\r\n");
  const auto summary = world.pack();
  REQUIRE(summary);
  Audit(world).run(*summary);
  CHECK(world.out("rejected.csv") == "A\tB\n2\n");
}

TEST_CASE("caps that the header alone passes are refused before anything is written") {
  const std::string body = GENERATE("", "\n", "1,2\n", "\n\n1,2\n\n");
  World world;
  plain_world(world, "Last_Name,Company\n", {"Last_Name", "Company"}, body);
  world.options.input.bytes_max = 20;
  const auto summary = world.pack();
  REQUIRE_FALSE(summary);
  CHECK(summary.error().kind == ErrorKind::usage);
  CHECK_THAT(summary.error().message, Catch::Contains("--bytes"));
  CHECK_FALSE(std::filesystem::exists(world.options.directory));
}

TEST_CASE("a header that the service would refuse is warned of, and packed") {
  World world;
  std::string header, row;
  for (int i = 0; i < 201; ++i) {
    world.names.push_back(i < 2 ? "Same" : "Column_" + std::to_string(i));
    header += (i > 0 ? "," : "") + world.names.back();
    row += (i > 0 ? "," : "") + std::to_string(i);
  }
  plain_world(world, header + "\n", std::vector<std::string>(world.names), row + "\n" + row + ",one more\n");
  const auto summary = world.pack();
  REQUIRE(summary);
  Audit(world).run(*summary);
  const auto warned = [&](const std::string& of) {
    return std::any_of(world.told.begin(), world.told.end(), [&](const std::string& line) {
      return line.starts_with("warning: ") && line.find(of) != std::string::npos;
    });
  };
  CHECK(warned("201"));
  CHECK(warned("Same"));
}

TEST_CASE("an export of a header only is no chunk, and complete") {
  World world;
  plain_world(world, GENERATE("A,B", "A,B\r\n"), {"A", "B"}, "");
  const auto summary = world.pack();
  REQUIRE(summary);
  CHECK(summary->errors.empty());
  Audit(world).run(*summary);
}

TEST_CASE("a source with another header ends the input, and what came before it is kept") {
  World world;
  world.header = "A,B\n";
  world.names = {"A", "B"};
  world.add("first.csv", "A,B\n1,a\n", 4);
  world.add_gzip("other.csv.gz", "A,C\n2,b\n", 4);
  read_records(world.sources[0], {});
  const auto summary = world.pack();
  REQUIRE(summary);
  REQUIRE(summary->errors.size() == 1);
  CHECK(summary->errors[0].kind == ErrorKind::input_data);
  CHECK_THAT(summary->errors[0].message, Catch::Contains("other.csv.gz") && Catch::Contains("column 2"));
  CHECK(summary->records_read == 0);
  CHECK(world.manifest()["complete"] == false);
}

TEST_CASE("an archive of text that hardly shrinks stays under what the service takes") {
  // Bytes as evenly spread as UTF-8 without NUL allows.
  std::mt19937_64 random(1);
  std::string body;
  body.reserve(26'000'000);
  while (body.size() < 25'500'000) {
    std::string field = ",\"";
    while (field.size() < 1100) {
      const uint64_t bits = random();
      const char low = static_cast<char>(1 + bits % 126);
      const auto tail = [&](int shift) { return static_cast<char>(0x80 | (bits >> shift & 0x3F)); };
      if (bits >> 60 < 6)
        field += low == '"' ? '#' : low;
      else if (bits >> 60 < 12)
        (field += static_cast<char>(0xC2 + (bits >> 8) % 30)) += tail(16);
      else
        ((field += static_cast<char>(0xE1 + (bits >> 8) % 12)) += tail(16)) += tail(24);
    }
    body += field + "\"\n";
  }
  World world;
  world.options.packing = Packing::fast;
  plain_world(world, "A,B\n", {"A", "B"}, body);
  const auto summary = world.pack();
  REQUIRE(summary);
  CHECK(summary->rejected == 0);
  REQUIRE(summary->chunks == 2);
  const nlohmann::json first = world.manifest()["chunks"][0];
  CHECK(first["csv_bytes"].get<uint64_t>() > 24'990'000);
  CHECK(first["zip_bytes"].get<uint64_t>() > 20'000'000);
  CHECK(std::filesystem::file_size(world.options.directory / "first-00000.zip") <= 25'000'000);
}

TEST_CASE("a member that does not shrink is stored") {
  World world;
  plain_world(world, "A,B\n", {"A", "B"}, "1,z\n");
  REQUIRE(world.pack());
  const Member member = unzip(world.out("first-00000.zip"));
  CHECK(member.stored);
  CHECK(member.bytes == "A,B\n1,z\n");
}

TEST_CASE("a stop leaves a manifest that says it is not complete") {
  World world;
  plain_world(world, "A,B\n", {"A", "B"}, "1,a\n2,b\n");
  std::stop_source stop;
  stop.request_stop();
  const auto summary = run::pack(world.options, world.progress, stop.get_token(), [](const std::string&) {});
  REQUIRE(summary);
  CHECK(summary->records_read == 0);
  CHECK(world.manifest()["complete"] == false);
}

}  // namespace bulkwrite::run
