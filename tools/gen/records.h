// Records of a CRM export, made from a seed. A record depends on the seed, the options and its own index, on nothing
// before it: so the same seed gives the same bytes on any machine, and a longer export begins with the shorter one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bulkwrite::gen {

enum class Module : uint8_t { leads, events_log };

// What is wrong with a bad record; one fault each. The names are those of data/leads-sample.expected-rejects.csv.
enum class Rule : uint8_t {
  field_count,
  stray_quote,
  bare_cr,
  nul_byte,
  invalid_utf8,
  required,
  length,
  integer,
  boolean,
  email,
  date,
};
constexpr size_t kRules = 11;
std::string_view rule_name(Rule rule);

constexpr uint32_t kMillion = 1'000'000;

struct Options {
  uint64_t seed = 1;
  Module module = Module::leads;
  // Shares, in parts per million.
  uint32_t bad = 0;            // of the records
  uint32_t duplicates = 0;     // of the records: their Email is that of an earlier good record
  uint32_t newlines = 20'000;  // of the records: line ends in the free text
  uint32_t quoted = 150'000;   // of the fields, beyond those that need quotes
  bool crlf = false;
  bool bom = false;
  char delimiter = ',';  // one of , ; : | and tab
};

struct Counts {
  uint64_t records = 0, bad = 0, duplicates = 0, with_newlines = 0;
  std::array<uint64_t, kRules> bad_by_rule{};
};

// Appends CSV to a string of the caller's. One thread.
class Generator {
 public:
  explicit Generator(const Options& options);

  void append_header(std::string& out) const;
  // Record `index`, counted from 0; adds a few kB at most.
  void append_record(uint64_t index, std::string& out);

  const Counts& counts() const { return counts_; }

 private:
  Options options_;
  Counts counts_;
};

}  // namespace bulkwrite::gen
