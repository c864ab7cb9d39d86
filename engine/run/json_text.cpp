#include "engine/run/json_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace bulkwrite::run {

Result<nlohmann::json> parse_json(std::string_view text) {
  // Only the place is told: the library's own message may quote any bytes.
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& fault) {
    const std::string_view before = text.substr(0, fault.byte == 0 ? 0 : fault.byte - 1);
    return Error{ErrorKind::configuration, fmt::format("it is not JSON from line {}, byte {} on",
                                                       1 + std::count(before.begin(), before.end(), '\n'), fault.byte)};
  } catch (const nlohmann::json::exception&) {
    return Error{ErrorKind::configuration, "it is not JSON that can be read: a number in it is too large"};
  }
}

}  // namespace bulkwrite::run
