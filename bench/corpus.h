// The bytes that all benches run over: a CRM-like export of Leads from a fixed seed, with its header.
#pragma once

#include <string>

namespace bench {

const std::string& leads_export();  // 100,000 records, about 26 MB
const std::string& leads_chunk();   // its header and first 25,000 records

}  // namespace bench
