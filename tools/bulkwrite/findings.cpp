#include "tools/bulkwrite/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tools/bulkwrite/display.h"
#include "tools/bulkwrite/print.h"

namespace bulkwrite::cli {
namespace {

constexpr size_t kNameMax = 24, kValueMax = 22;

// At most so many characters of it.
std::string shortened(const std::string& text, size_t characters_max) {
  size_t characters = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (++characters > characters_max) return text.substr(0, at) + "...";
  }
  return text;
}

// Never 0 or 100 where it is not so to the record.
std::string percent_text(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  const double percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
  if (part == 0 || part == whole) return fmt::format("{:.1f} %", percent);
  return fmt::format("{:.1f} %", std::clamp(percent, 0.1, 99.9));
}

std::string longest_text(const run::ColumnProfile& column, const run::InputProfile& profile) {
  if (column.longest == 0) return "-";
  const bool one = profile.sources.size() == 1;
  return fmt::format("{} ({}record {})", count_text(column.longest),
                     one ? "" : profile.sources[column.longest_source] + " ", column.longest_record);
}

void print_column(const run::ColumnProfile& column, const run::InputProfile& profile, size_t name_width) {
  const std::string range = column.least ? fmt::format("{} .. {}", shortened(*column.least, kValueMax),
                                                       shortened(*column.greatest, kValueMax))
                                         : "-";
  print_to(stderr, "  {:<{}}  {:>7}  {:>10}  {:<20}  {}{}\n", shortened(column.name, kNameMax), name_width,
           percent_text(column.filled, profile.records), count_text(column.distinct), longest_text(column, profile),
           range, column.order == run::Order::bytes ? "" : fmt::format(" (by {})", run::order_name(column.order)));
}

void print_profile(const run::InputProfile& profile) {
  size_t name_width = 6;
  for (const run::ColumnProfile& column : profile.columns)
    name_width = std::max(name_width, fmt::formatted_size("{:.{}}", column.name, kNameMax) + 3);
  name_width = std::min(name_width, kNameMax + 3);
  print_to(stderr, "  {:<{}}  {:>7}  {:>10}  {:<20}  {}\n", "column", name_width, "filled", "distinct ~",
           "longest (characters)", "min .. max");
  for (const run::ColumnProfile& column : profile.columns) print_column(column, profile, name_width);
}

void print_rule(const std::string& rule, const run::RuleFailures& failures) {
  print_to(stderr, "  {:<16} {:>10}\n", rule, count_text(failures.count));
  for (const auto& example : failures.examples)
    print_to(stderr, "    {}: record {} (byte {}){}{}\n", example.source, example.record_number, example.byte_offset,
             example.column.empty() ? "" : " in " + example.column,
             example.excerpt.empty() ? "" : ": " + example.excerpt);
}

}  // namespace

void print_findings(const run::CheckReport& report) {
  for (const auto& [rule, failures] : report.rules) print_rule(rule, failures);
  if (report.profile && report.profile->records > 0) print_profile(*report.profile);
}

}  // namespace bulkwrite::cli
