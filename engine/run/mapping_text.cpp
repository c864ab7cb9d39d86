#include "engine/run/mapping_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bulkwrite::run {

std::vector<std::string> unmapped_names(const schema::Mapping& mapping, const std::vector<std::string>& names,
                                        bool meant) {
  std::vector<std::string> unmapped;
  for (const auto& column : mapping.unmapped)
    if (meant || !column.is_meant) unmapped.push_back(names[column.column]);
  return unmapped;
}

void tell_unmapped(const schema::Mapping& mapping, const std::vector<std::string>& names, const Tell& tell,
                   bool dropped) {
  const std::vector<std::string> unmapped = unmapped_names(mapping, names);
  if (unmapped.empty()) return;
  tell(fmt::format("{}{} of {} columns go to no field; {}: {}", dropped ? "" : "warning: ", unmapped.size(),
                   names.size(), dropped ? "they are left out of what is sent" : "their bytes are sent, but go nowhere",
                   fmt::join(unmapped, ", ")));
}

}  // namespace bulkwrite::run
