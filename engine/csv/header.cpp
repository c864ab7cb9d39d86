#include "engine/csv/header.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <map>

#include "engine/csv/field.h"
#include "engine/csv/kernel.h"
#include "engine/csv/text.h"

namespace bulkwrite::csv {
namespace {

constexpr std::string_view kCandidates = ",;:|\t";
constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";

Error refused(std::string message) {
  return {ErrorKind::input_data, std::move(message)};
}

Error other_encoding(std::string_view name) {
  return refused(fmt::format("the input looks like {0}, not UTF-8: name its encoding with --encoding {0}", name));
}

// What is not transcoded although it announces itself; and UTF-16 without a BOM, which shows in the NUL beside each
// ASCII byte.
std::optional<Error> foreign_encoding(std::string_view prefix) {
  using namespace std::string_view_literals;
  if (prefix.starts_with("\xFF\xFE\0\0"sv) || prefix.starts_with("\0\0\xFE\xFF"sv)) return other_encoding("UTF-32");
  if (prefix.starts_with("\xFF\xFE"sv)) return other_encoding("UTF-16LE");
  if (prefix.starts_with("\xFE\xFF"sv)) return other_encoding("UTF-16BE");
  if (prefix.size() >= 4 && prefix[0] != 0 && prefix[1] == 0 && prefix[2] != 0 && prefix[3] == 0)
    return other_encoding("UTF-16LE");
  if (prefix.size() >= 4 && prefix[0] == 0 && prefix[1] != 0 && prefix[2] == 0 && prefix[3] != 0)
    return other_encoding("UTF-16BE");
  return std::nullopt;
}

size_t skip_blank_lines(std::string_view text, size_t at) {
  for (;;) {
    if (text.substr(at).starts_with('\n'))
      at += 1;
    else if (text.substr(at).starts_with("\r\n"))
      at += 2;
    else
      return at;
  }
}

// One reading of the header with one delimiter.
struct Reading {
  char delimiter;
  bool ended = false;
  std::optional<FlawAt> flaw;
  size_t end = 0;  // behind the terminator
  Index index;
  size_t columns = 0;
};

Reading read_with(std::string_view text, size_t begin, bool at_end, char delimiter, size_t record_bytes_max) {
  Reading reading{.delimiter = delimiter};
  reading.index.cover(text.size() + 1);
  LexState state;
  const size_t step = 4096;
  size_t at = begin;
  ScanOutcome outcome{begin, false};
  // Small steps, so that a long prefix is not scanned far behind the header.
  while (at < text.size() && !outcome.unclosed_quote) {
    const size_t to = std::min(text.size(), at + step);
    outcome = scan_scalar({text.data(), at, to, delimiter, record_bytes_max}, state, reading.index);
    const size_t end = find_bit(reading.index.record_ends, begin, outcome.scanned);
    if (end < outcome.scanned) {
      reading.ended = true;
      reading.end = end + 1;
      break;
    }
    at = outcome.scanned;
  }
  if (!reading.ended && outcome.unclosed_quote) {
    reading.flaw = FlawAt{state.quote_begin, Flaw::unclosed_quote};
    reading.ended = true;
  } else if (!reading.ended && at_end) {
    if (state.position == Position::quoted)
      reading.flaw = FlawAt{state.quote_begin, Flaw::unclosed_quote};
    else
      settle_at_end(state, text.size(), reading.index);
    reading.ended = true;
    reading.end = text.size();
  }
  for (const FlawAt& flaw : reading.index.flaws)
    if (!reading.flaw && flaw.offset < reading.end) reading.flaw = flaw;
  // Delimiters, and one more field than those; the record end that is marked counts for it where there is one.
  if (reading.ended) {
    reading.columns = count_bits(reading.index.structurals, begin, reading.end) -
                      count_bits(reading.index.record_ends, begin, reading.end) + 1;
  }
  return reading;
}

Header header_of(std::string_view text, size_t begin, const Reading& reading) {
  Header header;
  header.delimiter = reading.delimiter;
  header.bytes = text.substr(begin, reading.end - begin);
  header.data_offset = reading.end;
  std::string_view content = header.bytes;
  if (content.ends_with('\n')) content.remove_suffix(content.ends_with("\r\n") ? 2 : 1);
  const size_t content_end = begin + content.size();
  std::string scratch;
  for (size_t from = begin; from <= content_end;) {
    const size_t to = find_bit(reading.index.structurals, from, content_end);
    header.names.emplace_back(value_of(text.substr(from, to - from), scratch));
    from = to + 1;
  }
  return header;
}

std::optional<Error> text_fault(std::string_view header) {
  if (header.find('\0') != std::string_view::npos)
    return refused("the header holds a NUL byte: this does not look like a CSV file");
  if (simdjson::validate_utf8(header.data(), header.size())) return std::nullopt;
  const std::string_view likely = likely_encoding(header);
  return refused(
      fmt::format("the header is not UTF-8, first at its byte {}: name the file's encoding with --encoding, {}",
                  first_invalid_utf8(header),
                  likely.empty() ? "such as --encoding windows-1251" : fmt::format("perhaps {}", likely)));
}

}  // namespace

std::string delimiter_text(char delimiter) {
  return delimiter == '\t' ? "tab" : fmt::format("'{}'", delimiter);
}

Result<std::optional<Header>> read_header(std::string_view prefix, bool at_end, const HeaderOptions& options) {
  if (prefix.size() < 4 && !at_end) return std::optional<Header>();
  if (auto foreign = foreign_encoding(prefix)) return *std::move(foreign);
  const size_t begin = skip_blank_lines(prefix, prefix.starts_with(kUtf8Bom) ? kUtf8Bom.size() : 0);
  if (begin == prefix.size()) {
    if (!at_end && begin <= options.record_bytes_max) return std::optional<Header>();
    return refused("there is no header: the input is empty or begins with blank lines only");
  }

  const std::string candidates = options.delimiter ? std::string(1, *options.delimiter) : std::string(kCandidates);
  std::optional<Reading> best, first;
  for (const char delimiter : candidates) {
    Reading reading = read_with(prefix, begin, at_end, delimiter, options.record_bytes_max);
    if (!reading.ended) {
      if (prefix.size() - begin <= options.record_bytes_max) return std::optional<Header>();
      return refused(fmt::format("the header does not end within {} bytes", options.record_bytes_max));
    }
    if (!reading.flaw && (!best || reading.columns > best->columns)) best = reading;
    if (!first) first = std::move(reading);
  }
  if (!best) {
    return refused(
        fmt::format("the header is not well-formed: {} at byte {}", flaw_name(first->flaw->flaw), first->flaw->offset));
  }
  Header header = header_of(prefix, begin, *best);
  header.delimiter_detected = !options.delimiter;
  if (auto fault = text_fault(header.bytes)) return *std::move(fault);
  return std::optional<Header>(std::move(header));
}

std::vector<std::string> header_faults(const std::vector<std::string>& names) {
  std::vector<std::string> faults;
  if (names.size() > kColumnsMax)
    faults.push_back(fmt::format("{} columns, where the service takes at most {}", names.size(), kColumnsMax));
  std::map<std::string_view, size_t> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) {
      faults.push_back(fmt::format("column {} has an empty name", i + 1));
      continue;
    }
    const auto [earlier, fresh] = seen.try_emplace(names[i], i);
    if (!fresh)
      faults.push_back(fmt::format("columns {} and {} are both named \"{}\"", earlier->second + 1, i + 1, names[i]));
  }
  return faults;
}

}  // namespace bulkwrite::csv
