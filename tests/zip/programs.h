// Programs that read archives and are on many machines, though not on all.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace programs {

// Command lines that get an archive's path behind them.
struct Program {
  std::string test;     // fails where the archive is damaged
  std::string extract;  // prints the member, and fails where it is damaged
  std::string list;     // prints the names of all members in UTF-8, a line each
};

struct Ran {
  int exit_code = -1;
  std::string output;
};

// In a locale of UTF-8.
Ran run(const std::string& command, const std::filesystem::path& archive);

// Calls `check` with one of unzip, python3, bsdtar, "java ZipFile" and "java ZipInputStream". Where what it needs is
// not installed, says so in words that ctest takes for a skip (see CMakeLists.txt).
void with_program(const std::string& name, const std::function<void(const Program&)>& check);

}  // namespace programs
