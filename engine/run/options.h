// What a caller may ask of the engine. Each call validates its options before it reads or writes anything (usage).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/csv/cutter.h"
#include "engine/run/module_texts.h"
#include "engine/run/repeats.h"
#include "engine/schema/checker.h"
#include "engine/schema/schema.h"

namespace bulkwrite::run {

struct InputOptions {
  std::vector<std::string> files;                    // paths, globs, "-" for stdin
  std::filesystem::path directory;                   // that relative paths count from; empty: the current one
  std::optional<char> delimiter;                     // none: detected from the header
  std::optional<std::string> encoding;               // as iconv names it; none: by a byte order mark, else UTF-8
  uint64_t records_max = csv::kRecordsMax;           // of a chunk; 1 .. csv::kRecordsMax
  uint64_t bytes_max = csv::kBytesMax;               // of a chunk as sent, header included; 1 .. csv::kBytesMax
  uint64_t record_bytes_max = csv::kRecordBytesMax;  // how long a quoted field may stay open; at most bytes_max
  bool resync_on_unclosed_quote = false;
  // Threads that scan a plain file ahead of the front; 0: the front scans it itself. The chunks are the same. None: as
  // many as keep the workers busy.
  std::optional<unsigned> scanners;
  // Which of the kernels of csv/kernel.h finds the records, and their fields in them, for the whole call. The chunks
  // are the same. None: the best that this machine can run.
  std::optional<std::string> kernel;
  // Chunks that are cut before used ones are filled again: as many as there will be at once, so that the most memory
  // that is taken depends neither on who is faster nor on how long the input is.
  size_t chunks_before_reuse = 0;
};

// How much work goes into an archive; run/level.h says more.
enum class Packing {
  none,      // the member is stored as it is
  fast,      // as fast as may be
  small,     // as small as is worth its time
  automatic  // chunk by chunk: smaller while archives wait for the network, faster when it waits for them
};

struct PackOptions {
  InputOptions input;
  std::filesystem::path directory;  // made if missing; refused unless empty
  unsigned workers = 0;             // 0: one a core
  Packing packing = Packing::fast;  // automatic: as there is no network, fast
};

struct CheckOptions {
  InputOptions input;
  std::optional<ModuleTexts> module;                        // none: only what needs no schema
  std::string module_name;                                  // empty: the texts of the module say it
  std::filesystem::path mapping_file;                       // empty: columns map by their names alone
  schema::Operation operation = schema::Operation::insert;  // as the load will have them, which this looks ahead to
  std::string find_by;
  bool ignore_empty = false;
  schema::UnknownChoice unknown_choice = schema::UnknownChoice::is_remark;
  bool profile = true;                                // of the columns
  std::string date_format, datetime_format;           // of columns whose field has none; empty: as the values show
  std::map<std::string, std::string> column_formats;  // by the column's name; before all others
  OnRepeat on_repeat = OnRepeat::automatic;
  unsigned workers = 0;
};

std::string version();

Result<void> validate(const InputOptions& options);
unsigned worker_count(unsigned asked);
// Precondition: the options are valid.
const csv::Kernel& kernel_of(const InputOptions& options);
// What workers do with each chunk: who only looks at it needs the next one several times as soon.
enum class WorkerTask { look, deflate };
inline WorkerTask task_of(Packing packing) {
  return packing == Packing::none ? WorkerTask::look : WorkerTask::deflate;
}
constexpr unsigned kScannersMax = 64;
// The input with what so many workers, asked for as of worker_count, need: the number of scanners, where none was asked
// for, and of chunks.
InputOptions for_workers(InputOptions input, unsigned workers_asked, WorkerTask task);

}  // namespace bulkwrite::run
