// The whole `load`, without its network.
#pragma once

#include <filesystem>
#include <string>

#include "engine/run/load.h"

namespace bench {

// The call of one load of Leads into the null transport; the run goes into `run_dir`. What it takes the fields of Leads
// from is a file such as data/leads.schema.json.
bulkwrite::run::LoadOptions null_load(const std::filesystem::path& input, const std::filesystem::path& schema,
                                      const std::filesystem::path& results, const std::filesystem::path& run_dir);

// Throws where the load has not accounted for every record as accepted or rejected.
bulkwrite::run::Summary load_all(const bulkwrite::run::LoadOptions& options);

double cpu_seconds();  // that this process has spent

}  // namespace bench
