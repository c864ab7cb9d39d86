#include "tools/sandbox/csv_reader.h"

#include <array>

namespace bulkwrite::sandbox {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kCandidates = ",;:|";

std::string_view without_mark(std::string_view bytes) {
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  return bytes;
}

}  // namespace

CsvReader::CsvReader(std::string_view bytes, char delimiter) : bytes_(without_mark(bytes)), delimiter_(delimiter) {}

bool CsvReader::at_line_end() const {
  if (bytes_[position_] == '\n') return true;
  return bytes_[position_] == '\r' && position_ + 1 < bytes_.size() && bytes_[position_ + 1] == '\n';
}

void CsvReader::skip_line_end() {
  position_ += bytes_[position_] == '\r' ? 2 : 1;
}

CsvOutcome CsvReader::next(std::vector<std::string>& cells) {
  while (position_ < bytes_.size() && at_line_end()) skip_line_end();
  if (position_ == bytes_.size()) return CsvOutcome::kEnd;
  size_t count = 0;
  for (bool last = false; !last; ++count) {
    if (cells.size() == count) cells.emplace_back();
    cells[count].clear();
    if (read_cell(cells[count], last) == CsvOutcome::kBroken) return CsvOutcome::kBroken;
  }
  cells.resize(count);
  return CsvOutcome::kRecord;
}

CsvOutcome CsvReader::read_cell(std::string& cell, bool& last) {
  if (position_ < bytes_.size() && bytes_[position_] == '"') {
    if (read_quoted(cell) == CsvOutcome::kBroken) return CsvOutcome::kBroken;
  } else {
    while (position_ < bytes_.size() && bytes_[position_] != delimiter_ && !at_line_end()) {
      if (bytes_[position_] == '"') return CsvOutcome::kBroken;
      cell.push_back(bytes_[position_++]);
    }
  }
  if (position_ == bytes_.size()) {
    last = true;
  } else if (bytes_[position_] == delimiter_) {
    ++position_;
  } else {
    last = true;
    skip_line_end();
  }
  return CsvOutcome::kRecord;
}

CsvOutcome CsvReader::read_quoted(std::string& cell) {
  ++position_;
  while (position_ < bytes_.size()) {
    const char c = bytes_[position_++];
    if (c != '"') {
      cell.push_back(c);
      continue;
    }
    if (position_ == bytes_.size() || bytes_[position_] == delimiter_ || at_line_end()) return CsvOutcome::kRecord;
    if (bytes_[position_] != '"') return CsvOutcome::kBroken;
    cell.push_back('"');
    ++position_;
  }
  return CsvOutcome::kBroken;
}

char detect_delimiter(std::string_view bytes) {
  std::array<size_t, kCandidates.size()> counts{};
  bool quoted = false;
  for (const char c : without_mark(bytes)) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') break;
    const size_t candidate = kCandidates.find(c);
    if (candidate != std::string_view::npos) ++counts[candidate];
  }
  size_t best = 0;
  for (size_t i = 1; i < counts.size(); ++i) {
    if (counts[i] > counts[best]) best = i;
  }
  return kCandidates[best];
}

void append_csv_field(std::string& line, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line.append(text);
    return;
  }
  line.push_back('"');
  for (const char c : text) {
    if (c == '"') line.push_back('"');
    line.push_back(c);
  }
  line.push_back('"');
}

}  // namespace bulkwrite::sandbox
