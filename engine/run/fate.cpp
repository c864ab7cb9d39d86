#include "engine/run/fate.h"

#include <algorithm>
#include <array>

#include "engine/csv/field.h"

namespace bulkwrite::run {
namespace {

constexpr std::array<std::string_view, 11> kFateNames{"rejected",  "added",        "updated", "present",
                                                      "skipped",   "unprocessed",  "failed",  "in_flight",
                                                      "uncertain", "unattributed", "not_sent"};

bool is_present(const Verdict& verdict, std::string_view present_field) {
  if (present_field.empty()) return false;
  std::string scratch;
  for (const VerdictError& error : parse_errors(csv::value_of(verdict.errors, scratch))) {
    const auto& fields = error.fields;
    if (error.code == "DUPLICATE_DATA" && std::find(fields.begin(), fields.end(), present_field) != fields.end())
      return true;
  }
  return false;
}

}  // namespace

std::string_view fate_name(Fate fate) {
  return kFateNames[static_cast<size_t>(fate)];
}

Fate fate_of(const Verdict& verdict, std::string_view present_field) {
  switch (verdict.status) {
    case VerdictStatus::added:
      return Fate::added;
    case VerdictStatus::updated:
      return Fate::updated;
    case VerdictStatus::unprocessed:
      return Fate::unprocessed;
    case VerdictStatus::unknown:
      return Fate::unattributed;
    case VerdictStatus::skipped:
      break;
  }
  return is_present(verdict, present_field) ? Fate::present : Fate::skipped;
}

Fate fate_of(ChunkState state) {
  switch (state) {
    case ChunkState::failed:
      return Fate::failed;
    case ChunkState::uncertain:
      return Fate::uncertain;
    case ChunkState::in_flight:
    case ChunkState::unfetched:
      return Fate::in_flight;
    case ChunkState::finished:
      return Fate::unattributed;  // its verdicts could not be tied to records
    default:
      return Fate::not_sent;
  }
}

bool is_not_taken(Fate fate) {
  return fate == Fate::skipped || fate == Fate::unprocessed || fate == Fate::failed;
}

void count(Summary& summary, Fate fate) {
  if (fate != Fate::rejected && fate != Fate::not_sent) ++summary.sent;
  switch (fate) {
    case Fate::rejected:
      ++summary.rejected;
      break;
    case Fate::added:
      ++summary.added;
      break;
    case Fate::updated:
      ++summary.updated;
      break;
    case Fate::present:
      ++summary.present;
      break;
    case Fate::skipped:
      ++summary.skipped;
      break;
    case Fate::unprocessed:
      ++summary.unprocessed;
      break;
    case Fate::failed:
      ++summary.failed;
      break;
    case Fate::in_flight:
      ++summary.in_flight;
      break;
    case Fate::uncertain:
      ++summary.uncertain;
      break;
    case Fate::unattributed:
      ++summary.unattributed;
      break;
    case Fate::not_sent:
      ++summary.not_sent;
      break;
  }
}

}  // namespace bulkwrite::run
