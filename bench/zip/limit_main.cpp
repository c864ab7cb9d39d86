// bench-limit LEVEL FILE THREADS DIR: what `pack` cannot pass. The same chunks, found beforehand and already in memory,
// go through the same deflate and CRC-32, and what comes out is written into DIR; nothing is read, checked, named or
// accounted for. Only that is timed. LEVEL is an engine and its level, such as ISA-L/1, or none, which stores. Prints
// one line of JSON. LEVEL alone asks whether this build has it: nothing is said if it does.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/csv/cutting.h"
#include "engine/base/file.h"
#include "engine/zip/crc32.h"
#include "engine/zip/deflate.h"

namespace {

namespace zip = bulkwrite::zip;

using Pieces = std::vector<std::string_view>;

Pieces cut_pieces(const std::string& text) {
  Pieces pieces;
  bench::cut(text, [&](const bulkwrite::csv::Chunk& chunk) {
    const auto& part = chunk.parts.front();
    pieces.push_back(std::string_view(text).substr(part.begin, part.end - part.begin));
  });
  return pieces;
}

// By its size, so that it stands in memory once.
std::string read_whole(const std::filesystem::path& path) {
  const auto file = bulkwrite::open_for_reading(path);
  if (!file) throw std::runtime_error(file.error().message);
  std::string text(std::filesystem::file_size(path), '\0');
  const auto got = bulkwrite::read_at(*file, 0, text, path);
  if (!got) throw std::runtime_error(got.error().message);
  if (*got != text.size()) throw std::runtime_error(path.string() + " has become shorter");
  return text;
}

// Of an engine that this build has, and one of its levels; null for "none".
std::unique_ptr<zip::Deflater> deflater_of(std::string_view level) {
  if (level == "none") return nullptr;
  const size_t slash = level.find('/');
  int number = 0;
  if (slash != std::string_view::npos) number = std::atoi(level.data() + slash + 1);
  for (const zip::Engine engine : {zip::Engine::zlib, zip::Engine::libdeflate, zip::Engine::isal}) {
    if (zip::engine_name(engine) != level.substr(0, slash)) continue;
    auto deflater = zip::make_deflater(engine, number);
    if (!deflater) throw std::runtime_error(deflater.error().message);
    return *std::move(deflater);
  }
  throw std::runtime_error("a level is none, or an engine and its level such as ISA-L/1, libdeflate/6 or zlib/6");
}

class Worker {
 public:
  Worker(std::string_view level, std::filesystem::path directory)
      : deflater_(deflater_of(level)), directory_(std::move(directory)), out_(bulkwrite::csv::kBytesMax, '\0') {}

  size_t pack(std::string_view piece, size_t number) {
    crcs_ ^= zip::crc32(0, piece);
    const std::string_view packed = deflater_ == nullptr ? piece : deflate(piece);
    write_out(packed, directory_ / fmt::format("{:05}.deflate", number));
    return packed.size();
  }
  uint32_t crcs() const { return crcs_; }

 private:
  std::string_view deflate(std::string_view piece) {
    const size_t bytes = deflater_->deflate(piece, out_);
    if (bytes == 0) throw std::runtime_error("deflate has made a piece larger");
    return std::string_view(out_).substr(0, bytes);
  }

  static void write_out(std::string_view bytes, const std::filesystem::path& path) {
    const bulkwrite::Descriptor file(open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644));
    while (!bytes.empty()) {
      const ssize_t written = write(file.get(), bytes.data(), bytes.size());
      if (written <= 0) throw std::runtime_error("cannot write " + path.string());
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }

  const std::unique_ptr<zip::Deflater> deflater_;
  const std::filesystem::path directory_;
  std::string out_;
  uint32_t crcs_ = 0;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

int measure(std::span<char*> arguments) {
  using Clock = std::chrono::steady_clock;
  const std::string_view level = arguments[0];
  const auto threads = static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10));
  if (threads == 0) throw std::runtime_error("some threads are needed");
  const std::string text = read_whole(arguments[1]);
  const Pieces pieces = cut_pieces(text);
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < threads; ++i) workers.push_back(std::make_unique<Worker>(level, arguments[3]));

  std::atomic<size_t> next{0}, packed{0};
  const auto begun = Clock::now();
  const double cpu_before = cpu_seconds();
  {
    std::vector<std::jthread> running;
    for (auto& worker : workers) {
      running.emplace_back([&pieces, &next, &packed, &worker] {
        for (size_t i = next++; i < pieces.size(); i = next++) packed += worker->pack(pieces[i], i);
      });
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const double cpu = cpu_seconds() - cpu_before;
  uint32_t crcs = 0;
  for (const auto& worker : workers) crcs ^= worker->crcs();
  fmt::print("{{\"seconds\":{:.6f},\"cpu_seconds\":{:.6f},\"bytes\":{},\"packed\":{},\"pieces\":{},\"crcs\":{}}}\n",
             seconds, cpu, text.size(), packed.load(), pieces.size(), crcs);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 5) {
    fmt::print(stderr, "usage: {} LEVEL [FILE THREADS DIR]\n", argv[0]);
    return 64;
  }
  try {
    deflater_of(argv[1]);
    if (argc == 2) return 0;
    return measure(std::span(argv + 1, 4));
  } catch (const std::exception& failure) {
    fmt::print(stderr, "bench-limit: {}\n", failure.what());
    return 1;
  }
}
