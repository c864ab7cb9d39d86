// Holds the sources of engine/ and tools/ against the table in layers.h.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bulkwrite::lint {

struct SourceFile {
  std::string path;  // from the root of the project, with '/'
  std::string text;
};

struct Fault {
  std::string path;
  int line = 0;  // 1-based; 0: the file as a whole
  std::string what;
};

// In the order of the files and their lines.
std::vector<Fault> judge(const std::vector<SourceFile>& files);

// Every C++ file of engine/, tools/, tests/ and bench/ below root, by path. Throws if one cannot be read.
std::vector<SourceFile> read_sources(const std::filesystem::path& root);

}  // namespace bulkwrite::lint
