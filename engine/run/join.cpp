#include "engine/run/join.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "engine/base/deliberate_bug.h"
#include "engine/csv/field.h"
#include "engine/csv/records.h"

namespace bulkwrite::run {
namespace {

// Walks the records of a chunk that were sent.
class SentRecords {
 public:
  explicit SentRecords(const SentChunk& sent) : records_(sent.chunk), rejected_(sent.rejected) {}

  bool next() {
    for (; records_.next(); rejected_ = rejected_.subspan(1))
      if (rejected_.empty() || ordinal_++ != rejected_.front()) return true;
    return false;
  }
  csv::RecordFinder& operator*() { return records_; }

 private:
  csv::RecordFinder records_;
  std::span<const uint32_t> rejected_;
  uint32_t ordinal_ = 0;
};

// How many fields of a record have to be looked at for `columns` of them.
size_t fields_needed(std::span<const size_t> columns) {
  const auto last = std::max_element(columns.begin(), columns.end());
  return last == columns.end() ? 0 : *last + 1;
}

// Compares verdicts with the records of one chunk.
class Joiner {
 public:
  explicit Joiner(const SentChunk& sent)
      : sent_(sent),
        columns_(sent.mapped_columns.first(std::min(kEchoedMax, sent.mapped_columns.size()))),
        needed_(fields_needed(columns_)) {}

  bool is_in_order(const Verdicts& verdicts);
  bool join_by_key(Joined& joined);

 private:
  size_t columns_echoed(const Verdicts& verdicts) const;
  bool echoes(const Verdict& verdict, csv::RecordFinder& record);
  std::string key_of(std::span<const std::string_view> fields);

  const SentChunk& sent_;
  const std::span<const size_t> columns_;  // those that are echoed
  const size_t needed_;                    // that many fields hold them all
  std::string scratch_, other_scratch_;
};

bool Joiner::is_in_order(const Verdicts& verdicts) {
  if (deliberate_bug(DeliberateBug::echo_ignored)) return true;
  size_t at = 0;
  for (SentRecords records(sent_); records.next(); ++at)
    if (at == verdicts.rows().size() || !echoes(verdicts.rows()[at], *records)) return false;
  return true;
}

bool Joiner::echoes(const Verdict& verdict, csv::RecordFinder& record) {
  const csv::Fields fields = record.fields(needed_);
  if (fields.size() < needed_) return false;
  const size_t echoed = std::min(verdict.echoed.size(), columns_.size());
  for (size_t i = 0; i < echoed; ++i) {
    if (csv::value_of(verdict.echoed[i], scratch_) != csv::value_of(fields[columns_[i]], other_scratch_)) return false;
  }
  return true;
}

size_t Joiner::columns_echoed(const Verdicts& verdicts) const {
  return verdicts.rows().empty() ? 0 : std::min(verdicts.rows().front().echoed.size(), columns_.size());
}

// The values of the first columns, each with its length before it, so that no two lists of values look the same.
std::string Joiner::key_of(std::span<const std::string_view> fields) {
  std::string key;
  for (const std::string_view field : fields) {
    const std::string_view value = csv::value_of(field, scratch_);
    key += fmt::format("{}:", value.size());
    key += value;
  }
  return key;
}

// False where two records, or two verdicts, look the same, or one has no counterpart.
bool Joiner::join_by_key(Joined& joined) {
  const size_t columns = columns_echoed(joined.verdicts);
  if (columns == 0) return false;
  std::unordered_map<std::string, uint32_t> verdict_of;
  for (const Verdict& verdict : joined.verdicts.rows()) {
    if (verdict.echoed.size() < columns) return false;
    const auto index = static_cast<uint32_t>(verdict_of.size());
    if (!verdict_of.try_emplace(key_of(std::span(verdict.echoed.begin(), columns)), index).second) return false;
  }
  std::vector<std::string_view> mapped(columns);
  for (SentRecords records(sent_); records.next();) {
    const csv::Fields fields = (*records).fields(needed_);
    if (fields.size() < needed_) return false;
    for (size_t i = 0; i < columns; ++i) mapped[i] = fields[columns_[i]];
    const auto found = verdict_of.extract(key_of(mapped));
    if (found.empty()) return false;
    joined.order.push_back(found.mapped());
  }
  return verdict_of.empty();
}

}  // namespace

const Verdict& Joined::of(uint64_t sent) const {
  const uint64_t at = order.empty() ? sent : order[sent];
  if (deliberate_bug(DeliberateBug::verdicts_shifted)) return verdicts.rows()[(at + 1) % verdicts.rows().size()];
  return verdicts.rows()[at];
}

Result<Joined> join_verdicts(Verdicts verdicts, const SentChunk& sent) {
  Joined joined{std::move(verdicts), {}};
  const size_t count = joined.verdicts.rows().size();
  if (count != sent.records) {
    return Error{ErrorKind::input_data,
                 fmt::format("the result has {} records where {} were sent", count, sent.records)};
  }
  Joiner joiner(sent);
  if (joiner.is_in_order(joined.verdicts) || joiner.join_by_key(joined)) return joined;
  return Error{ErrorKind::input_data,
               "the result does not follow the order of the records that were sent, and the columns that it repeats do "
               "not tell them apart"};
}

}  // namespace bulkwrite::run
