// `pack`: the line from the input to archives in a directory. No network.
#pragma once

#include <stop_token>

#include "engine/base/result.h"
#include "engine/run/options.h"
#include "engine/run/progress.h"
#include "engine/run/summary.h"
#include "engine/run/tell.h"

namespace bulkwrite::run {

// Writes <name>-00000.zip, ..., manifest.json, rejected.csv and rejected-reasons.csv into options.directory, where
// <name> is that of the first source. An Error when nothing was begun; otherwise a Summary (sent counts the records in
// archives as `not_sent`, since nothing is sent), whose errors say what ended it early. Once there is a manifest,
// everything that it names is durable. Memory: run/memory.h, which is told in a message.
Result<Summary> pack(const PackOptions& options, Progress& progress, std::stop_token stop, const Tell& tell);

}  // namespace bulkwrite::run
