#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/gen/dull_csv.h"
#include "tests/gen/dull_rules.h"
#include "tools/gen/records.h"

namespace bulkwrite::gen {
namespace {

struct Export {
  std::string bytes;
  Counts counts;
};

Export generate(const Options& options, uint64_t records) {
  Generator generator(options);
  Export made;
  generator.append_header(made.bytes);
  for (uint64_t index = 0; index < records; ++index) generator.append_record(index, made.bytes);
  made.counts = generator.counts();
  return made;
}

// FNV-1a
uint64_t hash_of(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

DullFields fields_of(Module module) {
  return fields_of_module_file(BULKWRITE_SOURCE_DIR "/data/modules.json",
                               module == Module::leads ? "Leads" : "Events_Log");
}

std::vector<std::string> values_of(const DullFile& file, const std::string& column) {
  size_t at = 0;
  while (file.header.fields.at(at) != column) ++at;
  std::vector<std::string> values;
  for (const DullRecord& record : file.records) values.push_back(record.fields.at(at));
  return values;
}

std::map<std::string, uint64_t> counts_by_rule(const Counts& counts) {
  std::map<std::string, uint64_t> by_rule;
  for (size_t rule = 0; rule < kRules; ++rule) {
    if (counts.bad_by_rule[rule] > 0)
      by_rule[std::string(rule_name(static_cast<Rule>(rule)))] = counts.bad_by_rule[rule];
  }
  return by_rule;
}

const auto kModules = {Module::leads, Module::events_log};

}  // namespace

TEST_CASE("the same seed gives the same bytes, another seed others") {
  for (const Module module : kModules) {
    Options options{.module = module, .bad = 50'000, .duplicates = 50'000};
    const std::string first = generate(options, 500).bytes;
    CHECK(first == generate(options, 500).bytes);
    options.seed = 2;
    CHECK(first != generate(options, 500).bytes);
  }
}

TEST_CASE("the bytes of a seed are the same on every machine and in every version") {
  CHECK(hash_of(generate({}, 1000).bytes) == 0xeb408645c4cd07be);
  CHECK(hash_of(generate({.seed = 7, .module = Module::events_log, .bad = 100'000}, 1000).bytes) == 0xa6a37eb7b4fd2297);
}

TEST_CASE("a longer export begins with the shorter one") {
  for (const Module module : kModules) {
    const Options options{.module = module, .bad = 50'000, .duplicates = 50'000};
    const std::string longer = generate(options, 700).bytes;
    for (const uint64_t records : {0, 1, 2, 99, 699}) {
      CAPTURE(records);
      const std::string shorter = generate(options, records).bytes;
      CHECK(longer.substr(0, shorter.size()) == shorter);
    }
  }
}

TEST_CASE("an export has as many records as asked for, all of them good") {
  for (const Module module : kModules) {
    const Export made = generate({.module = module}, 5000);
    const DullFile file = read_dully(made.bytes);
    CHECK(file.records.size() == 5000);
    CHECK(made.counts.records == 5000);
    CHECK(made.counts.bad == 0);
    CHECK(file.blank_lines == 0);
    CHECK(check_dully(file, fields_of(module)).empty());
  }
}

TEST_CASE("a record is about 250 bytes, as an export of leads is") {
  const size_t bytes = generate({}, 5000).bytes.size() / 5000;
  CHECK(bytes > 200);
  CHECK(bytes < 300);
}

TEST_CASE("every column but the key is a field of the module, and pick lists hold what the module knows") {
  for (const Module module : kModules) {
    const DullFields fields = fields_of(module);
    const DullFile file = read_dully(generate({.module = module}, 2000).bytes);
    for (const std::string& column : file.header.fields) {
      CAPTURE(column);
      if (column == "Export_Id") continue;
      REQUIRE(fields.count(column) == 1);
      const std::vector<std::string>& known = fields.at(column).values;
      if (known.empty()) continue;
      for (const std::string& value : values_of(file, column)) {
        if (!value.empty()) REQUIRE(std::count(known.begin(), known.end(), value) == 1);
      }
    }
  }
}

TEST_CASE("keys and e-mail addresses are unique unless duplicates are asked for") {
  const DullFile file = read_dully(generate({}, 20'000).bytes);
  for (const char* column : {"Email", "Export_Id"}) {
    const auto values = values_of(file, column);
    CHECK(std::set<std::string>(values.begin(), values.end()).size() == values.size());
  }
}

TEST_CASE("a duplicate has the e-mail address of an earlier good record, and all are counted") {
  const Export made = generate({.bad = 200'000, .duplicates = 100'000}, 20'000);
  const DullFile file = read_dully(made.bytes);
  const DullFields fields = fields_of(Module::leads);
  std::set<size_t> refused;
  for (const DullReject& reject : check_dully(file, fields)) refused.insert(reject.record_number);
  std::set<std::string> seen;
  uint64_t repeated = 0;
  for (size_t i = 0; i < file.records.size(); ++i) {
    if (refused.count(i + 1) == 0 && !seen.insert(file.records[i].fields.at(4)).second) ++repeated;
  }
  CHECK(repeated == made.counts.duplicates);
  CHECK(repeated > 1300);
  CHECK(repeated < 1900);
}

TEST_CASE("all records but the first may be duplicates") {
  const Export made = generate({.duplicates = kMillion}, 300);
  const auto emails = values_of(read_dully(made.bytes), "Email");
  CHECK(300 - std::set<std::string>(emails.begin(), emails.end()).size() == made.counts.duplicates);
}

TEST_CASE("each bad record breaks the one rule that it is counted under") {
  for (const Module module : kModules) {
    for (const char delimiter : {',', ';', '\t'}) {
      for (const bool crlf : {false, true}) {
        CAPTURE(static_cast<int>(module), delimiter, crlf);
        Options options{.module = module, .bad = 300'000, .newlines = 300'000, .crlf = crlf, .delimiter = delimiter};
        const Export made = generate(options, 6000);
        const DullFile file = read_dully(made.bytes, delimiter);
        CHECK(file.records.size() == 6000);
        std::map<std::string, uint64_t> seen;
        const auto rejects = check_dully(file, fields_of(module));
        for (const DullReject& reject : rejects) ++seen[reject.rule];
        CHECK(seen == counts_by_rule(made.counts));
        CHECK(rejects.size() == made.counts.bad);
        CHECK(made.counts.bad > 1500);
        CHECK(made.counts.bad < 2100);
        CHECK(seen.size() == (module == Module::leads ? 11 : 10));
      }
    }
  }
}

TEST_CASE("with CRLF every record ends in CRLF, without it in LF") {
  for (const bool crlf : {false, true}) {
    const DullFile file = read_dully(generate({.crlf = crlf}, 500).bytes);
    CHECK(file.header.raw.ends_with("\r\n") == crlf);
    for (const DullRecord& record : file.records) REQUIRE(record.raw.ends_with("\r\n") == crlf);
  }
}

TEST_CASE("the delimiter changes the bytes and not the values") {
  const DullFile with_commas = read_dully(generate({.quoted = 0}, 2000).bytes);
  for (const char delimiter : {';', ':', '|', '\t'}) {
    const DullFile file = read_dully(generate({.quoted = 0, .delimiter = delimiter}, 2000).bytes, delimiter);
    CHECK(file.header.fields == with_commas.header.fields);
    REQUIRE(file.records.size() == with_commas.records.size());
    for (size_t i = 0; i < file.records.size(); ++i) REQUIRE(file.records[i].fields == with_commas.records[i].fields);
  }
}

TEST_CASE("the shares of line ends and of quotes are kept") {
  const auto records_with_newlines = [](const Export& made) {
    uint64_t count = 0;
    for (const std::string& text : values_of(read_dully(made.bytes), "Description")) {
      if (text.find('\n') != text.npos) ++count;
    }
    return count;
  };
  const Export none = generate({.newlines = 0}, 2000), half = generate({.newlines = 500'000}, 2000);
  CHECK(records_with_newlines(none) == 0);
  CHECK(records_with_newlines(half) == half.counts.with_newlines);
  CHECK(half.counts.with_newlines > 900);
  CHECK(half.counts.with_newlines < 1100);

  const std::string all_quoted = generate({.quoted = kMillion}, 1).bytes;
  CHECK(all_quoted.substr(all_quoted.find('\n') + 1, 1) == "\"");
  CHECK(generate({.quoted = 0}, 500).bytes.size() < generate({.quoted = kMillion}, 500).bytes.size());
}

TEST_CASE("the byte order mark comes first and once") {
  const DullFile file = read_dully(generate({.bom = true}, 3).bytes);
  CHECK(file.bom);
  CHECK(file.header.fields[0] == "Export_Id");
  CHECK_FALSE(read_dully(generate({}, 3).bytes).bom);
}

}  // namespace bulkwrite::gen
