#include "tools/bulkwrite/display.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tools/bulkwrite/print.h"

namespace bulkwrite::cli {
namespace {

constexpr std::chrono::milliseconds kLiveEvery{100}, kPlainEvery{5'000};

bool is_live_terminal() {
  const char* const term = std::getenv("TERM");
  return isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole / 60 % 60);
}

}  // namespace

std::string count_text(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string bytes_text(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

Display::Display(const run::Progress& progress, Work work, std::stop_token stop)
    : progress_(progress),
      work_(work),
      live_(is_live_terminal()),
      ticker_([this](std::stop_token ended) { tick(ended); }),
      told_(std::move(stop),
            [this] { say("stopping: what was sent is being accounted for (once more to leave at once)"); }) {}

Display::~Display() {
  ticker_.request_stop();
  ticker_.join();
  erase();
}

void Display::say(const std::string& line) {
  const std::scoped_lock lock(mutex_);
  erase();
  print_to(stderr, "{}\n", line);
}

void Display::tick(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, live_ ? kLiveEvery : kPlainEvery, [&] { return stop.stop_requested(); })) {
    if (stop.stop_requested()) return;
    draw();
  }
}

void Display::draw() {
  const std::vector<std::string> now = lines();
  if (!live_) {
    print_to(stderr, "{}\n", fmt::join(now, "; "));
    return;
  }
  erase();
  for (const std::string& line : now) print_to(stderr, "{}\n", line.substr(0, terminal_columns() - 1));
  std::fflush(stderr);
  lines_drawn_ = now.size();
}

void Display::erase() {
  if (lines_drawn_ > 0) print_to(stderr, "\033[{}A\r\033[J", lines_drawn_);
  lines_drawn_ = 0;
}

std::vector<std::string> Display::lines() {
  const run::Progress& p = progress_;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  if (p.records_read == 0 && p.bytes_looked_through > 0)
    return {fmt::format("looking through the input: {} of {}", bytes_text(p.bytes_looked_through),
                        bytes_text(p.bytes_total))};
  std::vector<std::string> out{input_line(seconds)};
  if (work_ == Work::pack) out.push_back(fmt::format("chunks: {} cut, {} packed", p.chunks_cut, p.chunks_packed));
  if (work_ != Work::load) return out;
  out.push_back(fmt::format("chunks: {} cut, {} packed, {} uploading, {} jobs running, {} done", p.chunks_cut,
                            p.chunks_packed, p.uploading, p.jobs_running, p.chunks_reconciled));
  out.push_back(fmt::format("records: {} added, {} updated, {} skipped, {} failed{}", count_text(p.added),
                            count_text(p.updated), count_text(p.skipped), count_text(p.failed),
                            p.present > 0 ? fmt::format(", {} present", count_text(p.present)) : ""));
  return out;
}

std::string Display::input_line(double seconds) {
  const run::Progress& p = progress_;
  if (!p.input_ended) reading_seconds_ = seconds;
  const uint64_t bytes = p.bytes_read;
  std::string text = fmt::format("read: {} records, {}, {:.0f} MB/s", count_text(p.records_read), bytes_text(bytes),
                                 static_cast<double>(bytes) / 1e6 / std::max(reading_seconds_, 0.001));
  if (p.rejected > 0) text += fmt::format(", {} rejected", count_text(p.rejected));
  return text + time_left(seconds);
}

std::string Display::time_left(double seconds) const {
  const run::Progress& p = progress_;
  const uint64_t total = p.bytes_total, passed = p.bytes_passed;
  if (total == 0 || passed == 0 || passed > total) return "";
  double part = static_cast<double>(passed) / static_cast<double>(total);
  // Where the results lag behind the file, they say when it ends.
  if (work_ == Work::load && p.chunks_cut > 0)
    part *= static_cast<double>(p.chunks_reconciled) / static_cast<double>(p.chunks_cut);
  return part > 0.01 ? fmt::format(", ETA {}", duration_text(seconds / part - seconds)) : "";
}

}  // namespace bulkwrite::cli
