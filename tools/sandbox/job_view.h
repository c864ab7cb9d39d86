// The job-details object (contract 4.2).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tools/sandbox/job_store.h"
#include "tools/sandbox/modules.h"
#include "tools/sandbox/switches.h"

namespace bulkwrite::sandbox {

// `origin` is http://host:port as the asker sees it.
nlohmann::ordered_json job_details(const Job& job, const std::string& origin, const std::string& org,
                                   const Catalog& catalog, const Switches& switches);

}  // namespace bulkwrite::sandbox
