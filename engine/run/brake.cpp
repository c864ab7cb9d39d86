#include "engine/run/brake.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/csv/field.h"
#include "engine/run/fate.h"
#include "engine/run/verdict.h"

namespace bulkwrite::run {
namespace {

constexpr size_t kErrorsToldMax = 200;

}  // namespace

api::FirstVerdicts Brake::see(const api::Outcome& outcome) {
  const api::FirstVerdicts verdicts = look_at(outcome);
  on_ |= has_passed_limit();
  return verdicts;
}

api::FirstVerdicts Brake::look_at(const api::Outcome& outcome) {
  using api::FirstVerdicts;
  using api::OutcomeKind;
  if (!failed_max_ && !canary_) return FirstVerdicts::unknown;
  if (outcome.error) last_why_ = outcome.error->message;
  switch (outcome.kind) {
    case OutcomeKind::finished:
    case OutcomeKind::unfetched: {
      const Count count = this->count(outcome);
      taken_ += count.taken;
      not_taken_ += count.not_taken;
      if (count.taken > 0) canary_ = false;
      if (count.taken > 0) return FirstVerdicts::taken;
      return count.not_taken > 0 ? FirstVerdicts::not_taken : FirstVerdicts::unknown;
    }
    case OutcomeKind::failed:
      not_taken_ += outcome.records;
      failed_job_ = true;
      return FirstVerdicts::not_taken;
    case OutcomeKind::uncertain:
      // With a job it has failed, or is not known any more: the next one would fare no better.
      failed_job_ |= !outcome.job_id.empty();
      return outcome.job_id.empty() ? FirstVerdicts::unknown : FirstVerdicts::not_taken;
    case OutcomeKind::in_flight:  // stuck
    case OutcomeKind::refused:
      return FirstVerdicts::not_taken;  // whoever comes after it would fare alike
    case OutcomeKind::not_sent:
      return FirstVerdicts::unknown;
  }
  return FirstVerdicts::unknown;
}

Brake::Count Brake::count(const api::Outcome& outcome) {
  const auto verdicts = Verdicts::parse(outcome.result_zip);
  if (!verdicts) return count_of_job(outcome);
  Count count;
  std::string scratch;
  for (const Verdict& verdict : verdicts->rows()) {
    const Fate fate = fate_of(verdict, present_field_);
    if (fate == Fate::unattributed) {
      ++count.unknown;
    } else if (!is_not_taken(fate)) {
      ++count.taken;
    } else {
      ++count.not_taken;
      if (first_errors_.empty()) first_errors_ = csv::value_of(verdict.errors, scratch).substr(0, kErrorsToldMax);
    }
  }
  return count;
}

// Where the verdicts cannot be read, by what the job's details said.
Brake::Count Brake::count_of_job(const api::Outcome& outcome) {
  const uint64_t taken = outcome.counts.added.value_or(0) + outcome.counts.updated.value_or(0);
  return {.taken = taken, .not_taken = 0, .unknown = outcome.records - std::min(outcome.records, taken)};
}

bool Brake::has_passed_limit() const {
  if (!failed_max_) return false;
  if (failed_max_->records && not_taken_ > *failed_max_->records) return true;
  const auto seen = static_cast<double>(taken_ + not_taken_);
  return failed_max_->percent && static_cast<double>(not_taken_) * 100 > *failed_max_->percent * seen;
}

std::string Brake::why() const {
  const std::string errors = first_errors_.empty() ? last_why_ : first_errors_;
  const std::string such_as = errors.empty() ? "" : fmt::format(" ({})", errors);
  if (is_on()) {
    return fmt::format("the service has not taken {} of the {} records whose verdicts are in{}: more than --max-failed",
                       not_taken_, taken_ + not_taken_, such_as);
  }
  return fmt::format(
      "the first job has taken no record{}, so no other was created; --canary off creates them all the "
      "same",
      such_as);
}

}  // namespace bulkwrite::run
