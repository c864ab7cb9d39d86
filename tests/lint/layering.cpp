#include "tests/lint/layering.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tests/lint/layers.h"

namespace bulkwrite::lint {
namespace {

struct Include {
  int line = 0;
  bool quoted = false;
  std::string header;  // empty: not a plain "…" or <…>
};

std::string_view trim_left(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t");
  return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

std::optional<Include> parse_include(std::string_view line) {
  line = trim_left(line);
  if (!line.starts_with('#')) return {};
  line = trim_left(line.substr(1));
  if (!line.starts_with("include")) return {};
  line = trim_left(line.substr(std::string_view("include").size()));
  Include include;
  if (!line.starts_with('"') && !line.starts_with('<')) return include;
  include.quoted = line.front() == '"';
  const size_t end = line.find(include.quoted ? '"' : '>', 1);
  if (end != std::string_view::npos) include.header = line.substr(1, end - 1);
  return include;
}

std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> includes;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (auto include = parse_include(text.substr(0, end))) {
      include->line = number;
      includes.push_back(*include);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return includes;
}

// A pattern is a folder ("engine/csv/"), or a path with one '*' that stands for anything but '/'.
bool fits(std::string_view path, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern.ends_with('/') ? path.starts_with(pattern) : path == pattern;
  const std::string_view before = pattern.substr(0, star), after = pattern.substr(star + 1);
  return path.size() >= before.size() + after.size() && path.starts_with(before) && path.ends_with(after) &&
         path.substr(before.size(), path.size() - before.size() - after.size()).find('/') == std::string_view::npos;
}

bool fits_any(std::string_view path, const Names& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) { return fits(path, pattern); });
}

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const Layer* layer_of(std::string_view path) {
  const auto layer = std::find_if(kLayers.begin(), kLayers.end(), [&](const Layer& l) { return fits(path, l.files); });
  return layer == kLayers.end() ? nullptr : &*layer;
}

const Library* library_of(std::string_view header) {
  const auto library =
      std::find_if(kLibraries.begin(), kLibraries.end(), [&](const Library& l) { return fits_any(header, l.headers); });
  return library == kLibraries.end() ? nullptr : &*library;
}

std::string_view folder_of(std::string_view path) {
  return path.substr(0, path.rfind('/') + 1);
}

// The first two parts of a path: the room.
std::string_view room_of(std::string_view path) {
  const size_t slash = path.find('/', path.find('/') + 1);
  return slash == std::string_view::npos ? folder_of(path) : path.substr(0, slash + 1);
}

bool is_own_source(std::string_view path) {
  return path.starts_with("engine/") || path.starts_with("tools/");
}

std::string in_quotes(std::string_view header) {
  return "\"" + std::string(header) + "\"";
}

class Judge {
 public:
  void judge(const SourceFile& file) {
    judge_name(file.path);
    if (!is_own_source(file.path)) return;
    const Layer* layer = layer_of(file.path);
    if (layer == nullptr) return add(file.path, 0, "its folder has no line in the table (tests/lint/layers.h)");
    for (const Include& include : includes_of(file.text)) judge_include(file.path, *layer, include);
  }

  std::vector<Fault> take() { return std::move(faults_); }

 private:
  void add(std::string_view path, int line, std::string what) {
    faults_.push_back({std::string(path), line, std::move(what)});
  }

  void judge_name(std::string_view path) {
    const std::string_view name = path.substr(folder_of(path).size());
    const std::string_view stem = name.substr(0, name.find('.'));
    for (std::string_view word : {"util", "utils", "utility", "utilities"}) {
      if (stem == word || stem.ends_with("_" + std::string(word))) {
        return add(path, 0, "a file is named for what it does, never " + std::string(word));
      }
    }
  }

  void judge_include(const std::string& path, const Layer& layer, const Include& include) {
    const std::string& header = include.header;
    if (header.empty()) return add(path, include.line, "an include names its header, without a macro");
    if (contains(layer.never, header)) return add(path, include.line, room(path) + " must never include " + header);
    if (include.quoted) return judge_room(path, layer, include);
    const bool standard = header.find_first_of("./") == std::string::npos;
    if (!standard) judge_library(path, layer, include);
  }

  void judge_room(const std::string& path, const Layer& layer, const Include& include) {
    const std::string& header = include.header;
    if (!is_own_source(header) || header.find("..") != std::string::npos) {
      return add(path, include.line,
                 in_quotes(header) + ": a quoted include gives the path from the root of the project");
    }
    if (room_of(header) != room_of(path) && !fits_any(header, layer.rooms)) {
      add(path, include.line, room(path) + " may not include " + in_quotes(header));
    }
  }

  void judge_library(const std::string& path, const Layer& layer, const Include& include) {
    const Library* library = library_of(include.header);
    if (library == nullptr) {
      return add(path, include.line, "<" + include.header + "> is of no library in the table (tests/lint/layers.h)");
    }
    if (!contains(layer.libraries, library->name)) {
      return add(path, include.line, room(path) + " may not include " + std::string(library->name));
    }
    if (contains(layer.in_one_file, library->name)) judge_only_file(path, layer, include, *library);
  }

  void judge_only_file(const std::string& path, const Layer& layer, const Include& include, const Library& library) {
    if (!path.ends_with(".cpp")) {
      return add(path, include.line, std::string(library.name) + " stays out of headers");
    }
    const auto [only, first] = only_files_.try_emplace({layer.files, library.name}, path);
    if (only->second == path) return;
    add(path, include.line, std::string(library.name) + " is included by " + only->second + " already: one .cpp only");
  }

  static std::string room(std::string_view path) {
    std::string_view name = room_of(path);
    name.remove_suffix(1);
    return std::string(name);
  }

  std::vector<Fault> faults_;
  std::map<std::pair<std::string_view, std::string_view>, std::string> only_files_;  // layer and library to the .cpp
};

bool is_cpp(const std::filesystem::path& path) {
  constexpr std::array<std::string_view, 6> kEndings = {".h", ".hpp", ".cpp", ".cc", ".inc", ".in"};
  return std::find(kEndings.begin(), kEndings.end(), path.extension().string()) != kEndings.end();
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

std::vector<Fault> judge(const std::vector<SourceFile>& files) {
  Judge judge;
  for (const SourceFile& file : files) judge.judge(file);
  return judge.take();
}

std::vector<SourceFile> read_sources(const std::filesystem::path& root) {
  std::vector<SourceFile> files;
  for (const char* folder : {"engine", "tools", "tests", "bench"}) {
    if (!std::filesystem::is_directory(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !is_cpp(entry.path())) continue;
      files.push_back({std::filesystem::relative(entry.path(), root).generic_string(), read_text(entry.path())});
    }
  }
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace bulkwrite::lint
