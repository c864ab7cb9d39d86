#include "engine/run/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "engine/base/check.h"
#include "engine/run/in_order.h"
#include "engine/source/encoding.h"

namespace bulkwrite::run {
namespace {

// How many workers one thread can feed that reads, scans and cuts, and how many one that reads and scans ahead.
struct Fed {
  unsigned by_serial_front, by_scanner;
};
constexpr Fed kDeflating{8, 6}, kLooking{2, 2};

Result<void> within(std::string_view option, uint64_t value, uint64_t max) {
  if (value >= 1 && value <= max) return {};
  return Error{ErrorKind::usage, fmt::format("{} must be from 1 to {}, not {}", option, max, value)};
}

Result<void> validate_kernel(const std::string& name) {
  if (csv::kernel_by_name(name) != nullptr) return {};
  std::vector<std::string_view> names;
  for (const csv::Kernel& kernel : csv::available_kernels()) names.push_back(kernel.name);
  return Error{ErrorKind::usage, fmt::format("--kernel {}: this machine can run {}", name, fmt::join(names, ", "))};
}

}  // namespace

Result<void> validate(const InputOptions& options) {
  if (options.files.empty()) return Error{ErrorKind::usage, "no input: name at least one file, or - for stdin"};
  if (auto ok = within("--records", options.records_max, csv::kRecordsMax); !ok) return ok;
  if (auto ok = within("--bytes", options.bytes_max, csv::kBytesMax); !ok) return ok;
  if (options.delimiter && std::string_view(",;:|\t").find(*options.delimiter) == std::string_view::npos)
    return Error{ErrorKind::usage, "--delimiter must be one of , ; : | or tab"};
  if (options.encoding)
    if (auto ok = source::validate_encoding(*options.encoding); !ok) return ok;
  if (options.kernel)
    if (auto ok = validate_kernel(*options.kernel); !ok) return ok;
  return within("--max-record-bytes", options.record_bytes_max, csv::kBytesMax);
}

std::string version() {
  return BULKWRITE_VERSION;
}

unsigned worker_count(unsigned asked) {
  return asked != 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

const csv::Kernel& kernel_of(const InputOptions& options) {
  if (!options.kernel) return csv::best_kernel();
  const csv::Kernel* const kernel = csv::kernel_by_name(*options.kernel);
  BULKWRITE_CHECK(kernel != nullptr, "the options were validated");
  return *kernel;
}

InputOptions for_workers(InputOptions input, unsigned workers_asked, WorkerTask task) {
  const unsigned workers = worker_count(workers_asked);
  const Fed fed = task == WorkerTask::deflate ? kDeflating : kLooking;
  if (!input.scanners)
    input.scanners =
        workers <= fed.by_serial_front ? 0 : std::min((workers + fed.by_scanner - 1) / fed.by_scanner, kScannersMax);
  input.chunks_before_reuse = chunks_in_memory(workers) - 1;  // but for the one that stays small
  return input;
}

}  // namespace bulkwrite::run
