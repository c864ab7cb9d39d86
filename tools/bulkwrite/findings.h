// What a check has found, as tables for people on stderr.
#pragma once

#include "engine/run/check_report.h"

namespace bulkwrite::cli {

void print_findings(const run::CheckReport& report);

}  // namespace bulkwrite::cli
