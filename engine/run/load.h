// `load`: the whole line, from the input to reconciled results in a run directory.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/api/session.h"
#include "engine/api/transport.h"
#include "engine/base/result.h"
#include "engine/run/brake.h"
#include "engine/run/options.h"
#include "engine/run/pack.h"
#include "engine/run/progress.h"
#include "engine/run/run_catalog.h"
#include "engine/run/summary.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::run {

struct LoadOptions {
  InputOptions input;
  std::string module;
  schema::Operation operation = schema::Operation::insert;
  std::string find_by;
  api::Target target;       // target.org may be empty: it is read from the service then
  std::string target_name;  // what the run is bound to, where the URL changes from call to call; empty: the URL
  api::Credentials credentials;
  std::string profile;  // whose target and credentials these are, for resume; empty: of none
  schema::UnknownChoice unknown_choice = schema::UnknownChoice::is_remark;
  std::string date_format, datetime_format;  // of columns that have none of their own; empty: as the values show
  std::map<std::string, std::string> column_formats;  // by the column's name; before all others
  OnRepeat on_repeat = OnRepeat::automatic;

  std::filesystem::path schema_file;   // of the module, saved; empty: the service is asked
  std::filesystem::path mapping_file;  // empty: columns map by their names alone
  std::string key;                     // column that tells records apart; empty: that of find_by, or a unique one
  bool drop_unmapped = false;          // columns that go to no field are not sent
  bool ignore_empty = false;           // a blank leaves the field as it is, instead of emptying it

  std::filesystem::path run_dir;  // empty: a new one under runs_root
  std::filesystem::path runs_root = "bulkwrite-runs";
  bool again = false;                   // load an input once more that a run under runs_root has loaded already
  bool strict = false;                  // every column goes to a field, and a record that is present is not good
  std::optional<uint64_t> rejects_max;  // more rejects than this stop the load
  std::optional<std::chrono::milliseconds> duration_max;  // stops softly then
  std::optional<uint64_t> credits_max;                    // of this call: stops before it would spend more
  std::optional<FailedMax> failed_max;                    // creates no more jobs beyond this
  bool canary = true;                                     // no second job before the first one's verdicts are in
  bool dry_run = false;                                   // reads and judges everything, and sends nothing

  std::string callback_listen;  // ADDRESS:PORT; empty: the service does not call back
  std::string callback_url;     // under which the service reaches it; a token is put behind it
  std::chrono::milliseconds callback_wait{std::chrono::minutes(10)};  // for the job of a lost reply

  unsigned workers = 0;
  Packing packing = Packing::automatic;
  unsigned uploads_max = 4;                        // archives in memory between packing and their job's creation
  unsigned jobs_max = 10;                          // jobs that run at once
  std::optional<unsigned> calls_max;               // under way at once; none: what the organisation's edition grants
  std::optional<unsigned> downloads_a_minute_max;  // none: 10; 0: as many as there are
  std::chrono::milliseconds poll_min{2'000}, poll_max{60'000};
  std::chrono::milliseconds job_deadline{std::chrono::hours(6)};  // of one job, from its creation
  std::chrono::milliseconds request_timeout{120'000};
  std::chrono::milliseconds stop_grace{30'000};  // how long a stop waits for replies
  unsigned attempts_max = 8;                     // of one request that may be repeated
  uint64_t jitter_seed = 0;                      // 0: from the system
  std::function<int()> stop_signal;              // the signal behind a stop request, for the summary; may be empty
  // What carries the requests; the benches put a service of their own behind it.
  std::function<Result<std::unique_ptr<api::Transport>>()> make_transport = api::make_curl_transport;
};

// Loads the input. Where options.run_dir holds a run already, that run goes on, if it is of the same input and target
// (configuration). Where it is empty and a run of the same input, target and mapping lies under runs_root, a finished
// one is told with its numbers and nothing is done; an unfinished one is refused (configuration) and named; `again`
// loads all the same. Inputs with pipes are never recognised.
// An Error when nothing was begun: bad options, an input that cannot be loaded, a service that refuses
// to let us in. From the first upload on a Summary, whose errors and exit codes say how it ended; the run directory
// then holds the ledger, the result archives and the result files. A stop request stops softly: nothing new is created,
// what runs is let go of, and everything is accounted for. A dry run makes no run directory; its summary is
// run/dry_run.h's.
Result<Summary> load(const LoadOptions& options, Progress& progress, std::stop_token stop, const Tell& tell);

// Whether resume() would turn to the service at all.
bool has_more_to_do(const RunStatus& status, const LoadOptions& how);

// Goes on with a run: what is not sent is sent, what is at the service is tracked, what is uncertain is sent again only
// where that cannot double a record. Of `how` count the target, the credentials and the limits; input, module,
// operation, mapping and formats are the run's. Errors: as of load(), and transient where another process works on the
// run.
Result<Summary> resume(const std::filesystem::path& run_dir, const LoadOptions& how, Progress& progress,
                       std::stop_token stop, const Tell& tell);

}  // namespace bulkwrite::run
