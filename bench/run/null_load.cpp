#include "bench/run/null_load.h"

#include <sys/resource.h>

#include <stdexcept>

#include "bench/run/null_transport.h"
#include "engine/base/file.h"

namespace bench {

using namespace bulkwrite;

run::LoadOptions null_load(const std::filesystem::path& input, const std::filesystem::path& schema,
                           const std::filesystem::path& results, const std::filesystem::path& run_dir) {
  auto fields = read_file(schema);
  if (!fields) throw std::runtime_error(fields.error().message);
  run::LoadOptions options;
  options.input.files = {input.string()};
  options.module = "Leads";
  options.target = {"http://null.invalid", "http://null.invalid", "http://null.invalid", "1"};
  options.credentials.access_token = "none";
  options.run_dir = run_dir;
  options.poll_min = options.poll_max = std::chrono::milliseconds(1);
  // The engine's own speed is measured, not its patience.
  options.canary = false;
  options.on_repeat = run::OnRepeat::off;  // a pass of its own, as long as the file
  options.downloads_a_minute_max = 0;
  options.make_transport = [service = NullService{*fields, results}]() -> Result<std::unique_ptr<api::Transport>> {
    return std::unique_ptr<api::Transport>(std::make_unique<NullTransport>(service));
  };
  return options;
}

run::Summary load_all(const run::LoadOptions& options) {
  run::Progress progress;
  auto summary = run::load(options, progress, {}, [](const std::string&) {});
  if (!summary) throw std::runtime_error(summary.error().message);
  if (!summary->errors.empty()) throw std::runtime_error(summary->errors.front().message);
  if (summary->added + summary->rejected != summary->records_read)
    throw std::runtime_error("records were lost: " + run::to_json(*summary));
  return *std::move(summary);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace bench
