#include "engine/run/judge.h"

#include <algorithm>
#include <utility>

#include "engine/csv/text.h"

namespace bulkwrite::run {

namespace {

constexpr size_t kTextBytes = 64 << 10;

}  // namespace

Judge::Judge(const csv::Chunk& chunk, Rules rules, std::optional<bool> clean_text)
    : chunk_(chunk), rules_(rules), all_clean_(clean_text), reader_(chunk) {
  if (!all_clean_.value_or(false)) return;
  text_end_ = chunk_.size;
  clean_text_ = true;
}

bool Judge::accepts_all() const {
  if (rules_.checker != nullptr || rules_.repeats != nullptr || !chunk_.regular) return false;
  return all_clean_ ? *all_clean_ : csv::is_clean_text(chunk_.bytes());
}

bool Judge::next() {
  problems_.clear();
  unknown_choices_.clear();
  const bool surely_good = glance();
  if (!reader_.next(record_)) return false;
  if (record_.begin >= text_end_) look_at_text();
  if (record_.flaw) {
    problems_.push_back({csv::flaw_name(record_.flaw->flaw), {}});
    return true;
  }
  if (!clean_text_) {
    if (const auto flaw = csv::text_flaw(bytes())) {
      problems_.push_back({csv::flaw_name(*flaw), {}});
      if (*flaw == csv::Flaw::invalid_utf8 && !not_utf8_) note_not_utf8();
      return true;
    }
  }
  if (rules_.repeats != nullptr) look_at_repeats();
  if (rules_.checker == nullptr || surely_good) return true;
  violations_.clear();
  rules_.checker->check(reader_.fields(), violations_, scratch_);
  for (const schema::Violation& violation : violations_) {
    if (violation.is_remark)
      unknown_choices_.push_back(violation.column);
    else
      problems_.push_back({schema::rule_name(violation.rule), violation.column});
  }
  return true;
}

bool Judge::pass() {
  problems_.clear();
  if (ahead_ > 0) glance();
  return reader_.next(record_);
}

// Whether the record that comes next breaks no rule of the checker's, as far as a glance tells.
bool Judge::glance() {
  if (rules_.checker == nullptr) return false;
  if (ahead_ == 0) {
    const csv::FieldTable table = reader_.ahead(schema::RecordChecker::kGlanceRecords);
    ahead_ = table.records();
    good_ahead_ = rules_.checker->glance(table);
  }
  if (ahead_ == 0) return false;
  --ahead_;
  return std::exchange(good_ahead_, good_ahead_ >> 1) & 1;
}

bool Judge::is_left_out() const {
  return !problems_.empty() && problems_.front().repeat != nullptr && rules_.repeats->are_left_out();
}

// They stand in the order of the records, and a source's records in the order of their numbers.
void Judge::look_at_repeats() {
  const uint32_t source = chunk_.parts[record_.part].source;
  if (repeats_part_ != record_.part) {
    repeats_part_ = record_.part;
    next_repeats_ = rules_.repeats->from(source, record_.record_number);
  }
  const auto is_before = [&](const Repeat& repeat) {
    return repeat.source == source && repeat.record_number < record_.record_number;
  };
  while (!next_repeats_.empty() && is_before(next_repeats_.front())) next_repeats_ = next_repeats_.subspan(1);
  while (!next_repeats_.empty() && next_repeats_.front().source == source &&
         next_repeats_.front().record_number == record_.record_number) {
    const Repeat& repeat = next_repeats_.front();
    problems_.push_back({"repeat", repeat.column, &repeat});
    next_repeats_ = next_repeats_.subspan(1);
  }
}

// The text of the records from this one on is looked at together, just before they are: it is near then.
void Judge::look_at_text() {
  const size_t last = std::min(record_.begin + kTextBytes, chunk_.size - 1);
  text_end_ = csv::find_bit(chunk_.index.record_ends, last, chunk_.size) + 1;
  clean_text_ = csv::is_clean_text(chunk_.bytes().substr(record_.begin, text_end_ - record_.begin));
}

void Judge::note_not_utf8() {
  const csv::Part& part = chunk_.parts[record_.part];
  const size_t at = record_.begin + csv::first_invalid_utf8(bytes());
  not_utf8_ = {part.source, record_.record_number, part.begin + (at - part.at), csv::likely_encoding(bytes())};
}

std::vector<uint32_t> rejected_records(const csv::Chunk& chunk, Rules rules) {
  std::vector<uint32_t> rejected;
  Judge judge(chunk, rules);
  if (judge.accepts_all()) return rejected;
  for (uint32_t ordinal = 0; judge.next(); ++ordinal)
    if (!judge.problems().empty()) rejected.push_back(ordinal);
  return rejected;
}

}  // namespace bulkwrite::run
