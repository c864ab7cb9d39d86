// bench-limit FILE LEVEL THREADS DIR: what `pack` cannot pass. The same chunks, found beforehand and already in memory,
// go through ISA-L's deflate and its CRC-32, and what comes out is written into DIR; nothing is read, checked, named or
// accounted for. Only that is timed. Level 0 stores. Prints one line of JSON.
#include <fcntl.h>
#include <fmt/format.h>
#include <isa-l.h>
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

namespace {

constexpr size_t kOutBytes = 32 << 20;  // a chunk has at most 25,000,000 bytes
constexpr size_t kLevelBytes = ISAL_DEF_LVL3_DEFAULT;

using Pieces = std::vector<std::string_view>;

Pieces cut_pieces(const std::string& text) {
  Pieces pieces;
  bench::cut(text, [&](const bulkwrite::csv::Chunk& chunk) {
    const auto& part = chunk.parts.front();
    pieces.push_back(std::string_view(text).substr(part.begin, part.end - part.begin));
  });
  return pieces;
}

class Worker {
 public:
  Worker(uint32_t level, std::filesystem::path directory)
      : level_(level), directory_(std::move(directory)), out_(kOutBytes, '\0'), state_(kLevelBytes, '\0') {}

  size_t pack(std::string_view piece, size_t number) {
    crcs_ ^= crc32_gzip_refl(0, bytes_of(piece), piece.size());
    const std::string_view packed = level_ == 0 ? piece : deflate(piece);
    write_out(packed, directory_ / fmt::format("{:05}.deflate", number));
    return packed.size();
  }
  uint32_t crcs() const { return crcs_; }

 private:
  static uint8_t* bytes_of(std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  }

  std::string_view deflate(std::string_view piece) {
    isal_zstream stream;
    isal_deflate_init(&stream);
    stream.level = level_;
    stream.level_buf = reinterpret_cast<uint8_t*>(state_.data());
    stream.level_buf_size = kLevelBytes;
    stream.end_of_stream = 1;
    stream.next_in = bytes_of(piece);
    stream.avail_in = static_cast<uint32_t>(piece.size());
    stream.next_out = reinterpret_cast<uint8_t*>(out_.data());
    stream.avail_out = kOutBytes;
    if (isal_deflate(&stream) != COMP_OK || stream.avail_in != 0) throw std::runtime_error("deflate failed");
    return std::string_view(out_).substr(0, stream.total_out);
  }

  static void write_out(std::string_view bytes, const std::filesystem::path& path) {
    const bulkwrite::Descriptor file(open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644));
    while (!bytes.empty()) {
      const ssize_t written = write(file.get(), bytes.data(), bytes.size());
      if (written <= 0) throw std::runtime_error("cannot write " + path.string());
      bytes.remove_prefix(static_cast<size_t>(written));
    }
  }

  const uint32_t level_;
  const std::filesystem::path directory_;
  std::string out_, state_;
  uint32_t crcs_ = 0;
};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

int measure(std::span<char*> arguments) {
  using Clock = std::chrono::steady_clock;
  auto text = bulkwrite::read_file(arguments[0]);
  if (!text) throw std::runtime_error(text.error().message);
  const auto level = static_cast<uint32_t>(std::strtoul(arguments[1], nullptr, 10));
  const auto threads = static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10));
  if (level > ISAL_DEF_MAX_LEVEL || threads == 0) throw std::runtime_error("a level of 0 to 3, and some threads");
  const Pieces pieces = cut_pieces(*text);
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
             seconds, cpu, text->size(), packed.load(), pieces.size(), crcs);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: {} FILE LEVEL THREADS DIR\n", argv[0]);
    return 64;
  }
  try {
    return measure(std::span(argv + 1, 4));
  } catch (const std::exception& failure) {
    fmt::print(stderr, "bench-limit: {}\n", failure.what());
    return 1;
  }
}
