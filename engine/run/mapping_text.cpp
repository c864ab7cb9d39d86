#include "engine/run/mapping_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bulkwrite::run {

void tell_unmapped(const schema::Mapping& mapping, const std::vector<std::string>& names, const Tell& tell) {
  std::vector<std::string> unmapped;
  for (size_t i = 0; i < mapping.columns.size(); ++i)
    if (!mapping.columns[i]) unmapped.push_back(names[i]);
  if (unmapped.empty()) return;
  tell(fmt::format(
      "warning: {} of {} columns have no field of the same API name; their bytes are sent but go nowhere: {}",
      unmapped.size(), names.size(), fmt::join(unmapped, ", ")));
}

}  // namespace bulkwrite::run
