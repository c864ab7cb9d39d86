// What is settled before the first byte is sent: who we are, what the module wants, and which column goes where.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <stop_token>
#include "engine/api/dispatcher.h"
#include "engine/api/session.h"
#include "engine/base/result.h"
#include "engine/csv/header.h"
#include "engine/run/judge.h"
#include "engine/run/ledger.h"
#include "engine/run/load.h"
#include "engine/run/module_texts.h"
#include "engine/run/reconcile.h"

#include "engine/run/run_directory.h"
#include "engine/run/survey.h"
#include "engine/schema/checker.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::run {

struct LoadPlan {
  std::unique_ptr<api::Session> session;
  schema::Mapping mapping;
  std::shared_ptr<const schema::RecordChecker> checker;
  std::shared_ptr<const Repeats> repeats;  // null: nobody looked for them before
  std::shared_ptr<SeenValues> seen;        // of a stream; null: nobody looks for them as they come
  OnRepeat on_repeat = OnRepeat::off;      // as it was settled
  api::DispatcherOptions dispatcher_options;
  RunFacts facts;  // without the files, which the front knows
  ModuleTexts module;
  std::string mapping_text;             // of the mapping file; empty: none
  std::optional<api::Edition> edition;  // of the organisation, where it is known
  std::string archive_header;
  std::vector<size_t> kept_columns;     // that are sent; empty: all
  std::vector<std::string> names;       // the user's names of the columns
  std::vector<std::string> sent_names;  // those in the archives: API names where they fit, column_N elsewhere
  std::string header_bytes;             // the input's own header
  std::string present_field;

  Rules rules() const { return {checker.get(), repeats.get(), seen.get()}; }
  ReconcileOptions reconcile_options(const RunDirectory& directory) const;
  // Takes over what was settled about the input: until then, columns of dates without a format have the default one.
  Result<void> take(const Settled& settled, const LoadOptions& options);
};

Result<void> validate_load(const LoadOptions& options);

// Signs in, reads the module's fields unless they are `kept` from an earlier call or saved in a file, maps the header
// and refuses what cannot be loaded: faults of the header and missing columns (input_data), an operation that lacks its
// find_by or a mapping that does not fit (configuration), a sign-in that fails (not_allowed), a stop request
// (transient).
Result<LoadPlan> make_plan(const LoadOptions& options, const csv::Header& header,
                           const std::optional<ModuleTexts>& kept, api::Transport& transport, const Clock& clock,
                           std::stop_token stop, const Tell& tell);

}  // namespace bulkwrite::run
