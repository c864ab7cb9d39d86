#include "tools/bulkwrite/display.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

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

Display::Display(const run::Progress& progress, Work work)
    : progress_(progress),
      work_(work),
      live_(is_live_terminal()),
      ticker_([this](std::stop_token stop) { tick(stop); }) {}

Display::~Display() {
  ticker_.request_stop();
  ticker_.join();
  if (live_) std::fputs("\r\033[K", stderr);
}

void Display::say(const std::string& line) {
  const std::scoped_lock lock(mutex_);
  fmt::print(stderr, "{}{}\n", live_ ? "\r\033[K" : "", line);
}

void Display::tick(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, live_ ? kLiveEvery : kPlainEvery, [&] { return stop.stop_requested(); })) {
    if (stop.stop_requested()) return;
    if (live_)
      fmt::print(stderr, "\r\033[K{}", line().substr(0, terminal_columns() - 1));
    else
      fmt::print(stderr, "{}\n", line());
    std::fflush(stderr);
  }
}

std::string Display::line() {
  const run::Progress& p = progress_;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  const uint64_t bytes = p.bytes_read;
  std::string text = fmt::format("{} records  {}  {:.0f} MB/s", count_text(p.records_read), bytes_text(bytes),
                                 static_cast<double>(bytes) / 1e6 / std::max(seconds, 0.001));
  if (p.rejected > 0) text += fmt::format("  {} rejected", count_text(p.rejected));
  if (work_ == Work::pack) text += fmt::format("  chunks {} cut {} packed", p.chunks_cut, p.chunks_packed);
  if (work_ == Work::load) {
    text += fmt::format("  chunks {} cut {} packed {} done  uploading {}  jobs {}  added {} updated {} skipped {}",
                        p.chunks_cut, p.chunks_packed, p.chunks_reconciled, p.uploading, p.jobs_running,
                        count_text(p.added), count_text(p.updated), count_text(p.skipped + p.failed));
  }
  const uint64_t total = p.bytes_total, passed = p.bytes_passed;
  if (total > 0 && passed > 0 && passed <= total) {
    // Where the results lag behind the file, they say when it ends.
    double part = static_cast<double>(passed) / static_cast<double>(total);
    if (work_ == Work::load && p.chunks_cut > 0)
      part *= static_cast<double>(p.chunks_reconciled) / static_cast<double>(p.chunks_cut);
    if (part > 0.01) text += fmt::format("  ETA {}", duration_text(seconds / part - seconds));
  }
  return text;
}

}  // namespace bulkwrite::cli
