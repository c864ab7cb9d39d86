// What only the whole input can tell is settled before the first upload: how dates are written, and which records
// repeat a value that only one may have.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/run/decisions.h"
#include "engine/run/front.h"
#include "engine/run/options.h"
#include "engine/run/repeats.h"
#include "engine/run/run_directory.h"
#include "engine/run/seen_values.h"
#include "engine/run/tell.h"
#include "engine/schema/checker.h"
#include "engine/schema/mapping.h"

namespace bulkwrite::run {

// What is to be settled.
struct Questions {
  std::vector<size_t> dates;          // columns of dates and times that have no format
  std::vector<UniqueColumn> uniques;  // columns of unique fields, and of the field by which records are found
  OnRepeat on_repeat = OnRepeat::off;

  bool any() const { return !dates.empty() || !uniques.empty(); }
};

// `on_repeat` may be automatic. usage: it is last, and the input can be read only once, which `reads_twice` tells.
Result<Questions> questions(const schema::Mapping& mapping, std::string_view find_by, OnRepeat on_repeat,
                            bool reads_twice);

// Gives fields of dates and of times that have no format these; an empty one gives none.
void default_formats(schema::Schema& schema, const std::string& of_dates, const std::string& of_datetimes);
// Gives columns the formats that the user named for them. configuration: no such column, or it is of a type without.
Result<void> give_formats(schema::Mapping& mapping, const std::vector<std::string>& names,
                          const std::map<std::string, std::string>& formats);

// Whether no file of the input is a pipe.
inline bool reads_twice(const Front& front) {
  return front.total_bytes().has_value();
}

struct SurveyOptions {
  InputOptions input;
  schema::UnknownChoice unknown_choice = schema::UnknownChoice::is_remark;
  std::string find_by;
  OnRepeat on_repeat = OnRepeat::automatic;
  unsigned workers = 0;
  RunDirectory place;            // of the repeats, of what a stream has shown, and of temporary files
  Progress* progress = nullptr;  // told how far the look through the input is; may be null
};

// What was settled, ready to be judged by.
struct Settled {
  Decisions decisions;
  std::shared_ptr<const Repeats> repeats;  // null: nobody looked for them before
  std::shared_ptr<SeenValues> seen;        // of a stream; null: nobody looks for them as they come
};

// Settles what is to be settled of the front's input, before it runs, and tells it. Of an input that can be read only
// once, formats are settled by its first chunk, and repeats are found as they come. Errors: of questions() and
// survey(); input_data where a file has been written meanwhile.
Result<Settled> settle(Front& front, const SurveyOptions& options, const schema::Mapping& mapping, std::stop_token stop,
                       const Tell& tell);
// What an earlier session has settled. This one begins with `first_chunk`.
Result<Settled> settled_before(const Front& front, const SurveyOptions& options, const schema::Mapping& mapping,
                               const std::filesystem::path& decisions_file, uint64_t first_chunk, const Tell& tell);

// Reads the whole input once; twice where dates are not written as was supposed and records must be judged by them.
// Fails where a format cannot be settled (configuration) or a file cannot be written (cannot_write), and when asked to
// stop (transient). Where the input cannot be read to its end, what comes before counts: who reads it next finds that
// out at the same place. `names` are the header's, `files` the input's.
Result<Decisions> survey(const SurveyOptions& options, const schema::Mapping& mapping, const Questions& questions,
                         const std::vector<std::string>& names, const std::vector<source::FileIdentity>& files,
                         std::stop_token stop);

// The formats of dates by the first chunk of an input that can be read only once.
Result<Decisions> look_at_first_chunk(const csv::Chunk& chunk, const schema::Mapping& mapping,
                                      const Questions& questions, const std::vector<std::string>& names);

// The mapping with the formats that were settled.
schema::Mapping with_formats(schema::Mapping mapping, const Decisions& decisions);

}  // namespace bulkwrite::run
