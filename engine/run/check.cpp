#include "engine/run/check.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/run/header_mapping.h"
#include "engine/run/in_order.h"
#include "engine/run/mapping_file.h"
#include "engine/run/mapping_text.h"
#include "engine/run/scratch_directory.h"
#include "engine/run/survey.h"
#include "engine/run/unknown_choices.h"
#include "engine/schema/checker.h"
#include "engine/schema/mapping.h"
#include "engine/schema/schema.h"

namespace bulkwrite::run {
namespace {

struct CheckedChunk {
  uint64_t records = 0, left_out = 0;
  std::vector<Reject> rejects;
  std::optional<NotUtf8> not_utf8;
  UnknownChoices unknown_choices;
};

Result<CheckedChunk> check_chunk(const csv::Chunk& chunk, const Rules& all, const std::vector<std::string>& names,
                                 Profile* profile) {
  auto rules = ChunkRules::of_new(all, chunk);
  if (!rules) return std::move(rules).error();
  CheckedChunk checked{.records = chunk.records(), .rejects = {}, .not_utf8 = {}, .unknown_choices = {}};
  if (chunk.too_long) {
    checked.rejects.push_back(describe_too_long(chunk.parts.front()));
    return checked;
  }
  Judge judge(chunk, rules->rules());
  if (profile == nullptr && judge.accepts_all()) return checked;
  while (judge.next()) {
    checked.left_out += judge.is_left_out() ? 1 : 0;
    checked.unknown_choices.note(judge);
    if (profile != nullptr && !judge.is_broken())
      profile->add(judge.fields(), chunk.parts[judge.record().part].source, judge.record().record_number);
    if (judge.problems().empty()) continue;
    checked.rejects.push_back(describe_reject(chunk, judge, names));
    checked.rejects.back().bytes.clear();
  }
  checked.not_utf8 = judge.not_utf8();
  return checked;
}

// What is known of the columns, and what their records are judged by; nothing where no schema is given.
struct Judging {
  std::vector<std::optional<schema::Field>> fields;
  std::optional<schema::RecordChecker> checker;
  std::shared_ptr<const Repeats> repeats;
  std::optional<ScratchDirectory> scratch;  // of what was seen
  std::shared_ptr<SeenValues> seen;

  Rules rules() const { return {checker ? &*checker : nullptr, repeats.get(), seen.get()}; }
};

// As a load would have it, or refuse it.
Result<schema::Mapping> map_as_load(const CheckOptions& options, const csv::Header& header, const Tell& tell) {
  if (auto ok = refuse_header_faults(header); !ok) return std::move(ok).error();
  auto file = read_mapping(options.mapping_file);
  if (!file) return std::move(file).error();
  auto schema = read_schema(*options.module, options.module_name, mapping_options(options));
  if (!schema) return std::move(schema).error();
  auto mapping = map_header(header.names, *schema, file->rules, mapping_options(options));
  if (mapping) tell_unmapped(*mapping, header.names, tell);
  return mapping;
}

Result<Judging> make_judging(const CheckOptions& options, Front& front, Progress& progress, std::stop_token stop,
                             const Tell& tell) {
  if (!options.module)
    return Judging{std::vector<std::optional<schema::Field>>(front.header().names.size()), {}, {}, {}, {}};
  auto mapping = map_as_load(options, front.header(), tell);
  if (!mapping) return std::move(mapping).error();
  auto scratch = ScratchDirectory::make();
  if (!scratch) return std::move(scratch).error();
  const SurveyOptions how{.input = options.input,
                          .unknown_choice = options.unknown_choice,
                          .find_by = options.find_by,
                          .on_repeat = options.on_repeat,
                          .workers = options.workers,
                          .place = {scratch->path()},
                          .progress = &progress};
  auto settled = settle(front, how, *mapping, stop, tell);
  if (!settled) return std::move(settled).error();
  const schema::Mapping with = with_formats(*std::move(mapping), settled->decisions);
  auto checker = schema::RecordChecker::make(with, options.unknown_choice);
  if (!checker) return std::move(checker).error();
  return Judging{with.columns, *std::move(checker), settled->repeats, *std::move(scratch), settled->seen};
}

Result<void> validate_check(const CheckOptions& options) {
  if (!options.module && (options.operation != schema::Operation::insert || !options.find_by.empty())) {
    return Error{ErrorKind::usage,
                 "--operation and --find-by are about the fields of a module: name it with --module or --schema"};
  }
  return check_module(options.module_name);
}

// The profiles of the workers, one each.
class Profiles {
 public:
  explicit Profiles(const std::vector<std::optional<schema::Field>>& fields) : fields_(fields) {}

  Profile* add() {
    auto made = std::make_unique<Profile>(fields_);
    const std::scoped_lock lock(mutex_);
    profiles_.push_back(std::move(made));
    return profiles_.back().get();
  }
  // Once no worker adds to them any more.
  InputProfile merged(const std::vector<std::string>& names) const {
    Profile all(fields_);
    for (const auto& profile : profiles_) all.merge(*profile);
    return {all.records(), all.columns(names), {}};
  }

 private:
  const std::vector<std::optional<schema::Field>>& fields_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Profile>> profiles_;
};

}  // namespace

Result<CheckReport> check(const CheckOptions& options, Progress& progress, std::stop_token stop, const Tell& told,
                          const std::function<void(const Reject&, const std::string& source)>& found) {
  const auto begun = std::chrono::steady_clock::now();
  if (auto ok = validate_check(options); !ok) return std::move(ok).error();
  const Tell tell = one_at_a_time(told);
  auto front = Front::open(for_workers(options.input, options.workers, WorkerTask::look), progress, tell, stop);
  if (!front && stop.stop_requested()) return CheckReport();  // before anything was checked
  if (!front) return std::move(front).error();
  const csv::Header& header = (*front)->header();
  tell((*front)->dialect_text());
  if (!options.module)  // otherwise they are refused, as a load refuses them
    for (const std::string& fault : csv::header_faults(header.names)) tell("warning: the header has " + fault);
  auto judging = make_judging(options, **front, progress, stop, tell);
  if (!judging && stop.stop_requested()) return CheckReport();
  if (!judging) return std::move(judging).error();
  const Rules rules = judging->rules();

  CheckReport report;
  NotUtf8Hint hint(tell, [&](uint32_t source) { return (*front)->source(source).name; });
  UnknownChoices unknown_choices;
  NoPieces pieces;
  Profiles profiles(judging->fields);
  const auto make_worker = [&]() -> std::function<Result<CheckedChunk>(csv::Chunk&)> {
    Profile* const profile = options.profile ? profiles.add() : nullptr;
    return [&, profile](csv::Chunk& chunk) { return check_chunk(chunk, rules, header.names, profile); };
  };
  const auto consume = [&](CheckedChunk chunk) -> Result<void> {
    report.summary.records_read += chunk.records;
    report.summary.rejected += chunk.rejects.size();
    report.summary.repeated += chunk.left_out;
    ++report.summary.chunks;
    hint.found(chunk.not_utf8);
    unknown_choices.add(chunk.unknown_choices);
    for (const Reject& reject : chunk.rejects) {
      const std::string source = (*front)->source(reject.source).name;
      report.add(reject, source);
      found(reject, source);
    }
    return {};
  };
  const PassEnd end =
      pass_in_order<CheckedChunk>(**front, pieces, worker_count(options.workers), stop, make_worker, consume);

  Summary& summary = report.summary;
  if (end.fault) return *end.fault;
  if (options.profile) {
    report.profile = profiles.merged(header.names);
    report.profile->sources = (*front)->source_names();
  }
  if (end.input) summary.errors.push_back(*end.input);
  for (const std::string& warning : unknown_choices.warnings(header.names)) tell(warning);
  summary.not_sent = summary.records_read - summary.rejected;
  summary.blank_lines = (*front)->blank_lines();
  summary.bytes_read = progress.bytes_read;
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return report;
}

}  // namespace bulkwrite::run
