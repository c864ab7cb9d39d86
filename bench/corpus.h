// The bytes that the benches run over, from fixed seeds.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bench {

const std::string& leads_export();  // CRM-like: 100,000 records of Leads with their header, about 26 MB
const std::string& leads_chunk();   // its header and first 25,000 records

// What exports look like, and what makes a scanner work. Each is about 26 MB, with a header.
struct Corpus {
  std::string_view name;
  size_t columns;
  const std::string& (*text)();  // made at the first call
};
std::span<const Corpus> corpora();

constexpr size_t kNumericColumns = 6;
constexpr size_t kQuotedColumns = 8;
const std::string& narrow_numeric();      // short numbers, no quote
const std::string& every_field_quoted();  // no newline in quotes
const std::string& long_free_text();      // texts of some kB with commas, newlines and doubled quotes
const std::string& stray_quotes();        // leads_export(), one record in ten spoilt by a quote

}  // namespace bench
