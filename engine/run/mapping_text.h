// What people are told of a mapping.
#pragma once

#include <string>
#include <vector>

#include "engine/run/pack.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::run {

// The names of the columns that go nowhere; without those that the user leaves out, where `meant` is false.
std::vector<std::string> unmapped_names(const schema::Mapping& mapping, const std::vector<std::string>& names,
                                        bool meant = true);

// A line that names the columns which go nowhere; nothing where all are mapped. `dropped`: they are not even sent.
void tell_unmapped(const schema::Mapping& mapping, const std::vector<std::string>& names, const Tell& tell,
                   bool dropped = false);

}  // namespace bulkwrite::run
