// What became of one record, as the result files say it and the summary counts it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/run/ledger.h"
#include "engine/run/summary.h"
#include "engine/run/verdict.h"

namespace bulkwrite::run {

enum class Fate {
  rejected,
  added,
  updated,
  present,
  skipped,
  unprocessed,
  failed,
  in_flight,
  uncertain,
  unattributed,
  not_sent
};
std::string_view fate_name(Fate fate);

// `present_field`: by which a record of an insert is there already; may be empty.
Fate fate_of(const Verdict& verdict, std::string_view present_field);
// Of every record that was sent of a chunk without verdicts.
Fate fate_of(ChunkState state);

// The service did not take the record, and it may be sent again.
bool is_not_taken(Fate fate);

void count(Summary& summary, Fate fate);

}  // namespace bulkwrite::run
