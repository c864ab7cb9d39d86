#include "engine/run/judge.h"

#include "engine/csv/text.h"

namespace bulkwrite::run {

Judge::Judge(const csv::Chunk& chunk, const schema::RecordChecker* checker)
    : chunk_(chunk), checker_(checker), clean_text_(csv::is_clean_text(chunk.bytes())), reader_(chunk) {}

bool Judge::next() {
  problems_.clear();
  if (!reader_.next(record_)) return false;
  if (record_.flaw) {
    problems_.push_back({csv::flaw_name(record_.flaw->flaw), {}});
    return true;
  }
  if (!clean_text_) {
    if (const auto flaw = csv::text_flaw(bytes())) {
      problems_.push_back({csv::flaw_name(*flaw), {}});
      return true;
    }
  }
  if (checker_ == nullptr) return true;
  violations_.clear();
  checker_->check(reader_.fields(), violations_, scratch_);
  for (const schema::Violation& violation : violations_)
    problems_.push_back({schema::rule_name(violation.rule), violation.column});
  return true;
}

}  // namespace bulkwrite::run
