// What goes to the terminal, or to where the caller sends it.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace bulkwrite::cli {

// Where nothing can be written, such as on a full disk, nothing is: a load does not end for that. ferror() remembers.
template <typename... Arguments>
void print_to(std::FILE* to, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  const std::string text = fmt::format(format, std::forward<Arguments>(arguments)...);
  (void)std::fwrite(text.data(), 1, text.size(), to);
}

}  // namespace bulkwrite::cli
