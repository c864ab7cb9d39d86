#include "engine/source/input.h"

#include <fmt/format.h>
#include <glob.h>

#include <filesystem>
#include <string_view>

#include "engine/source/encoding.h"
#include "engine/source/gzip.h"

namespace bulkwrite::source {
namespace {

enum class Packing { plain, gzip, filtered, zip };

constexpr size_t kMagicBytes = 10;

Packing packing_of(std::string_view first) {
  if (first.starts_with("\x1F\x8B")) return Packing::gzip;
  if (first.starts_with("\x28\xB5\x2F\xFD") || first.starts_with(std::string_view("\xFD"
                                                                                  "7zXZ\0",
                                                                                  6)))
    return Packing::filtered;
  if (first.starts_with("BZh") && first.size() > 4) {
    const std::string_view block = first.substr(4);
    if (block.starts_with("\x31\x41\x59\x26\x53\x59")) return Packing::filtered;
    if (block.starts_with("\x17\x72\x45\x38\x50\x90")) return Packing::filtered;  // empty
  }
  if (first.starts_with("PK\x03\x04") || first.starts_with("PK\x05\x06")) return Packing::zip;
  return Packing::plain;
}

bool exists(const std::string& path) {
  std::error_code failure;
  return std::filesystem::exists(path, failure);
}

std::string with_escapes(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (std::string_view("\\*?[").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// The paths that the pattern stands for, sorted; relative to `directory` where the pattern is.
std::vector<std::string> matches(const std::string& pattern, const std::filesystem::path& directory) {
  const std::string before = pattern.starts_with('/') || directory.empty() ? "" : (directory / "").string();
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob((with_escapes(before) + pattern).c_str(), 0, nullptr, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i] + before.size());
  ::globfree(&found);
  return paths;
}

}  // namespace

Result<std::vector<std::string>> resolve(const std::vector<std::string>& arguments,
                                         const std::filesystem::path& directory) {
  std::vector<std::string> paths;
  bool has_stdin = false;
  for (const std::string& argument : arguments) {
    if (argument == "-" && has_stdin) return Error{ErrorKind::usage, "stdin (-) can be read once only"};
    if (argument == "-" || exists((directory / argument).string())) {
      has_stdin |= argument == "-";
      paths.push_back(argument);
      continue;
    }
    const std::vector<std::string> found = matches(argument, directory);
    if (found.empty())
      return Error{ErrorKind::no_input, fmt::format("{}: no such file, and nothing matches it", argument)};
    paths.insert(paths.end(), found.begin(), found.end());
  }
  return paths;
}

Result<Input> Input::open(std::vector<std::string> paths, std::filesystem::path directory, std::string encoding,
                          GivesUp gives_up) {
  Input input;
  input.directory_ = std::move(directory);
  input.encoding_ = std::move(encoding);
  input.gives_up_ = std::move(gives_up);
  input.total_bytes_ = 0;
  for (const std::string& path : paths) {
    const std::filesystem::path place = input.directory_ / path;
    std::error_code failure;
    // Opening a pipe only to look would take its reader away.
    if (path == "-" || (!std::filesystem::is_regular_file(place, failure) &&
                        !std::filesystem::is_directory(place, failure) && std::filesystem::exists(place, failure))) {
      input.total_bytes_.reset();
      input.files_.push_back({.path = path});
      continue;
    }
    auto file = File::open(path, input.directory_);
    if (!file) return std::move(file).error();
    input.files_.push_back((*file)->identity());
    if (input.total_bytes_) *input.total_bytes_ += (*file)->identity().size;
  }
  input.paths_ = std::move(paths);
  return input;
}

Result<std::unique_ptr<ByteStream>> Input::next() {
  auto stream = next_as_it_is();
  if (!stream || *stream == nullptr) return stream;
  return in_utf8(*std::move(stream), encoding_);
}

Result<std::unique_ptr<ByteStream>> Input::next_as_it_is() {
  for (;;) {
    if (members_) {
      auto member = members_->next();
      if (!member || *member != nullptr) return member;
      members_.reset();
    }
    if (next_ == paths_.size()) return std::unique_ptr<ByteStream>();
    auto file = File::open(paths_[next_++], directory_, gives_up_);
    if (!file) return std::move(file).error();
    bytes_behind_ += std::exchange(bytes_open_, (*file)->identity().size);
    auto first = (*file)->peek(kMagicBytes);
    if (!first) return std::move(first).error();
    switch (packing_of(*first)) {
      case Packing::plain:
        return plain_stream(*std::move(file));
      case Packing::gzip:
        return gzip_stream(*std::move(file));
      case Packing::filtered:
        return filtered_stream(*std::move(file));
      case Packing::zip:
        break;
    }
    auto members = zip_members(*std::move(file));
    if (!members) return std::move(members).error();
    members_ = *std::move(members);
  }
}

std::vector<std::string> Input::plain_files_ahead() const {
  std::vector<std::string> plain;
  for (size_t i = next_; i < paths_.size(); ++i) {
    std::error_code failure;
    if (paths_[i] == "-" || !std::filesystem::is_regular_file(directory_ / paths_[i], failure)) continue;
    auto file = File::open(paths_[i], directory_);
    if (!file) continue;
    auto first = (*file)->peek(kMagicBytes);
    if (first && packing_of(*first) == Packing::plain) plain.push_back(paths_[i]);
  }
  return plain;
}

}  // namespace bulkwrite::source
