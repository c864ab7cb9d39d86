#include "tests/csv/oracle.h"

namespace oracle {
namespace {

struct Line {
  size_t end = 0;   // of the record's bytes
  size_t next = 0;  // behind its terminator
  std::string flaw;
  std::vector<std::string> fields;
  bool unclosed = false;
  size_t unclosed_at = 0;
};

// From a position outside quotes to the LF that ends the record, or the end of the text.
void end_at_line_feed(std::string_view text, size_t from, Line& line) {
  const size_t line_feed = text.find('\n', from);
  line.end = line_feed == std::string_view::npos ? text.size() : line_feed;
  line.next = line_feed == std::string_view::npos ? text.size() : line_feed + 1;
  if (line.next > line.end && line.end > 0 && text[line.end - 1] == '\r') --line.end;
}

// The offset of the closing quote of the field that opens at `open`, or npos where there is none within the bound.
size_t closing_quote(std::string_view text, size_t open, size_t bound) {
  size_t at = open + 1;
  for (;;) {
    while (at < text.size() && text[at] != '"' && at <= open + bound) ++at;
    if (at >= text.size() || at > open + bound) return std::string_view::npos;
    if (at + 1 < text.size() && text[at + 1] == '"') {
      at += 2;
      continue;
    }
    return at;
  }
}

Line read_line(std::string_view text, size_t begin, const Options& options) {
  Line line;
  size_t at = begin;
  for (;;) {
    const size_t field = at;
    if (at < text.size() && text[at] == '"') {
      const size_t close = closing_quote(text, at, options.quote_bytes_max);
      if (close == std::string_view::npos) {
        if (line.flaw.empty()) line.flaw = "unclosed_quote";
        line.unclosed = true;
        line.unclosed_at = at;
        end_at_line_feed(text, at, line);
        return line;
      }
      at = close + 1;
      const bool closes =
          at == text.size() || text[at] == options.delimiter || text[at] == '\n' || text.substr(at, 2) == "\r\n";
      if (!closes) {
        if (line.flaw.empty()) line.flaw = "stray_quote";
        end_at_line_feed(text, at, line);
        return line;
      }
    } else {
      while (at < text.size() && text[at] != options.delimiter && text[at] != '\n' && text.substr(at, 2) != "\r\n") {
        if (text[at] == '"') {
          if (line.flaw.empty()) line.flaw = "stray_quote";
          end_at_line_feed(text, at, line);
          return line;
        }
        if (text[at] == '\r' && line.flaw.empty()) line.flaw = "bare_cr";
        ++at;
      }
    }
    line.fields.emplace_back(text.substr(field, at - field));
    if (at < text.size() && text[at] == options.delimiter) {
      ++at;
      continue;
    }
    line.end = at;
    line.next = at == text.size() ? at : at + (text[at] == '\r' ? 2 : 1);
    return line;
  }
}

}  // namespace

Reading read(std::string_view text, const Options& options) {
  Reading reading;
  for (size_t at = 0; at < text.size();) {
    Line line = read_line(text, at, options);
    if (line.unclosed && !options.resync) {
      reading.unclosed = true;
      reading.unclosed_at = line.unclosed_at;
      return reading;
    }
    const bool blank = line.end == at;
    if (blank && options.columns > 1) {
      ++reading.blank_lines;
      at = line.next;
      continue;
    }
    if (line.flaw.empty() && line.fields.size() != options.columns) line.flaw = "field_count";
    if (line.flaw.empty() && blank) line.flaw = "blank_line";
    if (!line.flaw.empty()) line.fields.clear();
    reading.records.push_back({.bytes = std::string(text.substr(at, line.end - at)),
                               .terminator = std::string(text.substr(line.end, line.next - line.end)),
                               .flaw = line.flaw,
                               .fields = line.fields,
                               .offset = at});
    at = line.next;
  }
  return reading;
}

}  // namespace oracle
