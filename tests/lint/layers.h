// The table of the rooms (engine/README.md): what each folder may include. The lint in layering.h judges by it.
#pragma once

#include <string_view>
#include <vector>

namespace bulkwrite::lint {

using Names = std::vector<std::string_view>;

// The headers of a library; one that ends in '/' stands for every header below it, one that starts with '*' for a
// suffix.
struct Library {
  std::string_view name;
  Names headers;
};

inline const std::vector<Library> kLibraries = {
    {"posix",
     {"dirent.h", "fcntl.h", "fnmatch.h", "glob.h", "poll.h", "signal.h", "spawn.h", "termios.h", "unistd.h", "arpa/",
      "netinet/", "sys/"}},
    {"iconv", {"iconv.h"}},
    {"fmt", {"fmt/"}},
    {"simdjson", {"simdjson.h"}},
    {"libarchive", {"archive.h", "archive_entry.h"}},
    {"libzip", {"zip.h"}},
    {"zlib", {"zlib.h"}},
    {"libdeflate", {"libdeflate.h"}},
    {"isa-l", {"isa-l.h", "isa-l/"}},
    {"curl", {"curl/"}},
    {"httplib", {"httplib.h"}},
    {"sqlite3", {"sqlite3.h"}},
    {"fast-cpp-csv-parser", {"libfccp/"}},
    {"nlohmann-json", {"nlohmann/"}},
    {"cli11", {"CLI/"}},
    {"malloc", {"malloc.h"}},
    {"openssl", {"openssl/"}},
    {"intrinsics", {"*intrin.h", "arm_neon.h", "arm_acle.h", "cpuid.h"}},
};

struct Layer {
  std::string_view files;  // a folder, or a path with one '*'; the first layer that fits a file judges it
  Names rooms;             // folders whose headers it may include, apart from its own
  Names libraries;         // apart from the standard library
  Names in_one_file;       // of the libraries, those that only a single .cpp of the folder may include
  Names never;             // headers refused although the above would allow them
};

// csv and schema know neither files nor threads.
inline const Names kFilesAndThreads = {"engine/base/file.h",
                                       "engine/base/queue.h",
                                       "condition_variable",
                                       "filesystem",
                                       "fstream",
                                       "future",
                                       "mutex",
                                       "stop_token",
                                       "thread"};

// clang-format off
inline const std::vector<Layer> kLayers = {
    {"engine/base/",             {}, {"fmt", "posix"}, {}, {}},
    {"engine/source/",           {"engine/base/"}, {"fmt", "posix", "libarchive", "zlib", "iconv"}, {}, {}},
    {"engine/csv/kernel_*.cpp",  {"engine/csv/", "engine/base/"}, {"intrinsics"}, {}, kFilesAndThreads},
    {"engine/csv/",              {"engine/base/"}, {"fmt", "simdjson"}, {}, kFilesAndThreads},
    {"engine/schema/",           {"engine/base/", "engine/csv/"}, {"fmt"}, {}, kFilesAndThreads},
    {"engine/zip/",              {"engine/base/"}, {"fmt", "zlib", "libdeflate", "isa-l", "libarchive"}, {}, {}},
    {"engine/api/",              {"engine/base/"}, {"fmt", "posix", "curl", "simdjson", "httplib"}, {"curl", "httplib"}, {}},
    {"engine/run/",              {"engine/"}, {"fmt", "posix", "sqlite3", "openssl", "fast-cpp-csv-parser", "nlohmann-json"}, {}, {}},
    {"tools/bulkwrite/",         {"engine/run/", "engine/base/"}, {"fmt", "posix", "malloc", "cli11", "nlohmann-json"}, {}, {}},
    {"tools/sandbox/",           {}, {"fmt", "posix", "cli11", "nlohmann-json", "sqlite3", "libzip", "zlib", "httplib"}, {}, {}},
    {"tools/gen/",               {}, {"fmt", "posix", "cli11"}, {}, {}},
};
// clang-format on

}  // namespace bulkwrite::lint
