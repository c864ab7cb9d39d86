// What people are told of a mapping.
#pragma once

#include <string>
#include <vector>

#include "engine/run/pack.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::run {

// A warning that names the columns which go nowhere; nothing where all are mapped.
void tell_unmapped(const schema::Mapping& mapping, const std::vector<std::string>& names, const Tell& tell);

}  // namespace bulkwrite::run
