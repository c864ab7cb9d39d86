#include "engine/run/set_aside.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/csv/field.h"
#include "engine/csv/text.h"

namespace bulkwrite::run {
namespace {

constexpr size_t kExcerptCharactersMax = 60;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the UTF-8 sequence at the front of `text`; 0 when there is none.
size_t sequence_length(std::string_view text) {
  for (size_t length = 1; length <= std::min<size_t>(4, text.size()); ++length)
    if (csv::is_clean_text(text.substr(0, length))) return length;
  return 0;
}

std::string with_line_end(std::string_view header) {
  std::string out(header);
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

}  // namespace

std::string printable_excerpt(std::string_view raw) {
  std::string out;
  size_t characters = 0;
  while (!raw.empty() && characters++ < kExcerptCharactersMax) {
    const auto byte = static_cast<unsigned char>(raw.front());
    const size_t length = sequence_length(raw);
    if (byte < 0x20 || byte == 0x7F || length == 0)
      out += byte == '\n' || byte == '\t' ? " " : kReplacement;
    else
      out += raw.substr(0, length);
    raw.remove_prefix(std::max<size_t>(1, length));
  }
  if (!raw.empty()) out += "...";
  return out;
}

uint64_t line_count(std::string_view raw) {
  return 1 + static_cast<uint64_t>(std::count(raw.begin(), raw.end(), '\n'));
}

Result<SetAside> SetAside::create(const std::filesystem::path& directory, const std::string& name,
                                  std::string_view header) {
  auto records = AtomicFile::create(directory / (name + ".csv"));
  if (!records) return std::move(records).error();
  auto reasons = AtomicFile::create(directory / (name + "-reasons.csv"));
  if (!reasons) return std::move(reasons).error();
  SetAside made;
  made.records_ = *std::move(records);
  made.reasons_ = *std::move(reasons);
  if (auto ok = made.records_.write(with_line_end(header)); !ok) return std::move(ok).error();
  if (auto ok = made.reasons_.write("source,record_number,byte_offset,lines,column,rule,excerpt\n"); !ok)
    return std::move(ok).error();
  return made;
}

Result<void> SetAside::record(std::string_view raw) {
  if (auto ok = records_.write(raw); !ok || raw.ends_with('\n')) return ok;
  return records_.write("\n");
}

Result<void> SetAside::reason(const Reason& reason) {
  row_.clear();
  csv::append_field(row_, reason.source);
  row_ += fmt::format(",{},{},{},", reason.record_number, reason.byte_offset, reason.lines);
  csv::append_field(row_, reason.column);
  row_ += ',';
  csv::append_field(row_, reason.rule);
  row_ += ',';
  csv::append_field(row_, printable_excerpt(reason.excerpt));
  row_ += '\n';
  return reasons_.write(row_);
}

Result<void> SetAside::commit() {
  if (auto ok = records_.commit(); !ok) return ok;
  return reasons_.commit();
}

}  // namespace bulkwrite::run
