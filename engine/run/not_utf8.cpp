#include "engine/run/not_utf8.h"

#include <fmt/format.h>

#include <utility>

namespace bulkwrite::run {

void NotUtf8Hint::found(const std::optional<NotUtf8>& found) {
  if (!found || std::exchange(told_, true)) return;
  const std::string advice =
      found->looks_like.empty()
          ? std::string("if the file is in another encoding, name it with --encoding, such as --encoding windows-1251")
          : fmt::format("they look like {0}: if the file is in that, give --encoding {0}", found->looks_like);
  tell_(
      fmt::format("hint: {} holds bytes that are not UTF-8, first at byte {} (record {}); {}; as it is such records "
                  "are rejected (invalid_utf8)",
                  source_name_(found->source), found->byte_offset, found->record_number, advice));
}

}  // namespace bulkwrite::run
