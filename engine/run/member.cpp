#include "engine/run/member.h"

#include <cstring>

#include "engine/base/check.h"
#include "engine/csv/field.h"
#include "engine/csv/records.h"

namespace bulkwrite::run {
namespace {

// A field of a tab-separated record, for a comma-separated one: its bytes stay, and quotes come around it only where a
// comma would otherwise split it.
void append_with_commas(std::string& out, std::string_view raw) {
  const bool quote = !raw.starts_with('"') && raw.find(',') != std::string_view::npos;
  if (quote) out += '"';
  out += raw;
  if (quote) out += '"';
}

}  // namespace

void MemberBuilder::begin(const csv::Chunk& chunk) {
  chunk_ = &chunk;
  records_ = 0;
  last_unterminated_ = false;
  ranges_.clear();
  // Room for the header, whose length is not known yet, so that the records behind it need not be moved.
  encoded_.assign(rewrites() ? chunk.buffer.headroom() : 0, ' ');
}

void MemberBuilder::accept(const csv::Record& record, const csv::Fields& fields) {
  ++records_;
  // Where the source ends without a terminator, the LF behind it is ours: needed unless nothing follows.
  last_unterminated_ = record.next == record.end;
  if (rewrites()) {
    encode(fields);
    encoded_ += last_unterminated_ ? "\n" : chunk_->bytes().substr(record.end, record.next - record.end);
    return;
  }
  const size_t end = last_unterminated_ ? record.end + 1 : record.next;
  if (!ranges_.empty() && ranges_.back().end == record.begin)
    ranges_.back().end = end;
  else
    ranges_.push_back({record.begin, end});
}

// The fields keep their bytes, and so their quotes: no record becomes longer than the cutter has allowed for.
void MemberBuilder::encode(const csv::Fields& fields) {
  const bool from_tabs = chunk_->delimiter == '\t';
  const char joint = from_tabs ? ',' : chunk_->delimiter;
  const size_t columns = kept_.empty() ? fields.size() : kept_.size();
  for (size_t i = 0; i < columns; ++i) {
    if (i > 0) encoded_ += joint;
    const std::string_view raw = fields[kept_.empty() ? i : kept_[i]];
    if (from_tabs)
      append_with_commas(encoded_, raw);
    else
      encoded_ += raw;
  }
  if (kept_.size() == 1) encoded_ += joint;
}

void MemberBuilder::accept_all() {
  if (rewrites()) {
    csv::RecordReader reader(*chunk_);
    for (csv::Record record; reader.next(record);) accept(record, reader.fields());
    return;
  }
  records_ = chunk_->records();
  last_unterminated_ = chunk_->parts.back().unterminated;
  ranges_.push_back({0, chunk_->size});
}

std::string_view MemberBuilder::build(csv::Chunk& chunk, std::string_view header) {
  BULKWRITE_CHECK(header.size() <= chunk.buffer.headroom(), "the header fits into the room in front of the records");
  const size_t ours = last_unterminated_ ? 1 : 0;
  if (rewrites()) {
    const size_t begin = chunk.buffer.headroom() - header.size();
    std::memcpy(encoded_.data() + begin, header.data(), header.size());
    return std::string_view(encoded_).substr(begin, encoded_.size() - begin - ours);
  }
  char* const data = chunk.buffer.data();
  size_t end = 0;
  for (const Range& range : ranges_) {
    if (range.begin != end) std::memmove(data + end, data + range.begin, range.end - range.begin);
    end += range.end - range.begin;
  }
  std::memcpy(data - header.size(), header.data(), header.size());
  return {data - header.size(), header.size() + end - ours};
}

std::string header_line(const std::vector<std::string>& names, char delimiter) {
  const char joint = delimiter == '\t' ? ',' : delimiter;
  std::string line;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) line += joint;
    csv::append_field(line, names[i]);
  }
  return line += '\n';
}

}  // namespace bulkwrite::run
