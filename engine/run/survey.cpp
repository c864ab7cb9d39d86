#include "engine/run/survey.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "engine/csv/field.h"
#include "engine/run/in_order.h"
#include "engine/run/judge.h"
#include "engine/run/repeat_finder.h"
#include "engine/schema/date_evidence.h"

namespace bulkwrite::run {
namespace {

// What a chunk says.
struct Answers {
  std::vector<schema::DateEvidence> dates;  // as the questions have them
  std::vector<Occurrence> occurrences;
};

// Asks chunks. One thread.
class Asker {
 public:
  Asker(const schema::Mapping& mapping, const Questions& questions, const schema::RecordChecker* checker)
      : questions_(questions), checker_(checker), uniques_(questions.uniques) {
    for (const size_t column : questions.dates) candidates_.emplace_back(mapping.columns[column]->type);
  }

  Answers ask(const csv::Chunk& chunk) {
    Answers answers{.dates = std::vector<schema::DateEvidence>(questions_.dates.size()), .occurrences = {}};
    if (chunk.too_long) return answers;
    for (Judge judge(chunk, checker_); judge.next();) {
      const bool is_broken = !judge.problems().empty() && !judge.problems().front().column;
      if (!is_broken) look_at_dates(judge, answers);
      uniques_.find(judge, chunk, answers.occurrences);
    }
    return answers;
  }

  Result<Decisions> settle(const std::vector<schema::DateEvidence>& dates, const std::vector<std::string>& names) {
    Decisions decisions{.formats = {}, .on_repeat = questions_.on_repeat, .unique_columns = {}, .sources = {}};
    for (size_t i = 0; i < questions_.dates.size(); ++i) {
      const size_t column = questions_.dates[i];
      auto format = dates[i].settle(candidates_[i], names[column]);
      if (!format) return std::move(format).error();
      if (!format->empty()) decisions.formats.push_back({column, names[column], *std::move(format)});
    }
    for (const UniqueColumn& unique : questions_.uniques) decisions.unique_columns.push_back(names[unique.column]);
    return decisions;
  }

 private:
  void look_at_dates(const Judge& judge, Answers& answers) {
    for (size_t i = 0; i < questions_.dates.size(); ++i) {
      const std::string_view value = csv::value_of(judge.fields()[questions_.dates[i]], scratch_);
      if (!value.empty()) answers.dates[i].add(candidates_[i].fitting(value), value);
    }
  }

  const Questions& questions_;
  const schema::RecordChecker* const checker_;
  std::vector<schema::DateCandidates> candidates_;
  Occurrences uniques_;
  std::string scratch_;
};

bool are_same(const std::vector<source::FileIdentity>& a, const std::vector<source::FileIdentity>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.path == other.path && one.size == other.size && one.mtime_ns == other.mtime_ns;
  });
}

// One pass over the input, by the formats that the mapping has.
Result<Decisions> pass(const SurveyOptions& options, const schema::Mapping& mapping, const Questions& questions,
                       const std::vector<std::string>& names, const std::vector<source::FileIdentity>& files,
                       std::stop_token stop, RepeatFinder* repeats) {
  auto checker = schema::RecordChecker::make(mapping, options.unknown_choice);
  if (!checker) return std::move(checker).error();
  Progress unseen;
  auto front =
      Front::open(for_workers(options.input, options.workers, WorkerTask::look), unseen, [](const std::string&) {});
  if (!front) return std::move(front).error();
  if (!are_same((*front)->files(), files))
    return Error{ErrorKind::input_data, "the input has been written while it was looked through: try again"};

  NoPieces pieces;
  std::vector<schema::DateEvidence> dates(questions.dates.size());
  const auto make_worker = [&]() -> std::function<Result<Answers>(csv::Chunk&)> {
    return [asker = std::make_shared<Asker>(mapping, questions, &*checker)](csv::Chunk& chunk) -> Result<Answers> {
      return asker->ask(chunk);
    };
  };
  const auto consume = [&](Answers answers) -> Result<void> {
    if (options.progress != nullptr) options.progress->bytes_looked_through = unseen.bytes_passed.load();
    for (size_t i = 0; i < dates.size(); ++i) dates[i].add(answers.dates[i]);
    return repeats == nullptr ? Result<void>() : repeats->add(answers.occurrences);
  };
  const PassEnd end =
      pass_in_order<Answers>(**front, pieces, worker_count(options.workers), stop, make_worker, consume);
  if (end.fault) return *end.fault;
  if (stop.stop_requested()) return Error{ErrorKind::transient, "stopped while the input was looked through"};
  auto decisions = Asker(mapping, questions, nullptr).settle(dates, names);
  if (!decisions) return decisions;
  decisions->sources = (*front)->source_names();
  decisions->records = unseen.records_read;
  decisions->chunks = unseen.chunks_cut;
  return decisions;
}

std::vector<std::string> formats_of(const schema::Mapping& mapping, const Questions& questions) {
  std::vector<std::string> formats;
  for (const size_t column : questions.dates) formats.emplace_back(schema::format_of(*mapping.columns[column]));
  return formats;
}

// What is looked for, for people.
std::string text_of(const Questions& questions, const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  for (const size_t column : questions.dates) parts.push_back("the format of " + names[column]);
  for (const UniqueColumn& unique : questions.uniques) parts.push_back("repeats in " + names[unique.column]);
  return fmt::format("{}", fmt::join(parts, ", "));
}

void tell_what_is(const Settled& settled, const Tell& tell) {
  for (const Decisions::Format& one : settled.decisions.formats)
    tell(fmt::format("{} is written as {}, by its values", one.name, one.format));
  if (settled.seen != nullptr)
    tell(fmt::format("repeats in {} are looked for as the records come (--on-repeat {})",
                     fmt::join(settled.decisions.unique_columns, ", "), on_repeat_name(settled.decisions.on_repeat)));
  if (settled.repeats == nullptr || settled.repeats->rows().empty()) return;
  tell(fmt::format("{} values of {} occur in {} record too: {} (--on-repeat {})", settled.repeats->rows().size(),
                   fmt::join(settled.decisions.unique_columns, ", "),
                   settled.decisions.on_repeat == OnRepeat::last ? "a later" : "an earlier",
                   settled.repeats->are_left_out() ? "theirs are left out" : "theirs are rejected",
                   on_repeat_name(settled.decisions.on_repeat)));
}

// Of a stream: the formats that the first chunk does not show.
void tell_supposed(const Decisions& decisions, const schema::Mapping& mapping, const Questions& questions,
                   const std::vector<std::string>& names, const Tell& tell) {
  for (const size_t column : questions.dates) {
    const auto is_it = [&](const Decisions::Format& one) { return one.column == column; };
    if (std::none_of(decisions.formats.begin(), decisions.formats.end(), is_it))
      tell(fmt::format("{} has no value in the first chunk: supposed is {} (--date-format says otherwise)",
                       names[column], schema::format_of(*mapping.columns[column])));
  }
}

std::vector<UniqueColumn> unique_columns(const schema::Mapping& mapping, std::string_view find_by) {
  std::vector<UniqueColumn> uniques;
  for (size_t column = 0; column < mapping.columns.size(); ++column) {
    const std::optional<schema::Field>& field = mapping.columns[column];
    if (field && (field->unique || field->api_name == find_by)) uniques.push_back({column, field->case_matters});
  }
  return uniques;
}

Result<Settled> take(const Front& front, const SurveyOptions& options, const schema::Mapping& mapping,
                     Decisions decisions, uint64_t first_chunk, const Tell& tell) {
  Settled settled{.decisions = std::move(decisions), .repeats = nullptr, .seen = nullptr};
  const OnRepeat on_repeat = settled.decisions.on_repeat;
  if (on_repeat != OnRepeat::off && settled.decisions.while_streaming) {
    auto seen = SeenValues::open({.file = options.place.seen(),
                                  .columns = unique_columns(mapping, options.find_by),
                                  .on_repeat = on_repeat,
                                  .first_chunk = first_chunk,
                                  .source_names = [&front] { return front.source_names(); }});
    if (!seen) return std::move(seen).error();
    settled.seen = *std::move(seen);
  } else if (on_repeat != OnRepeat::off) {
    auto found = Repeats::open(options.place.repeats(), on_repeat, settled.decisions.sources);
    if (!found) return std::move(found).error();
    settled.repeats = std::make_shared<const Repeats>(*std::move(found));
  }
  tell_what_is(settled, tell);
  return settled;
}

}  // namespace

Result<Questions> questions(const schema::Mapping& mapping, std::string_view find_by, OnRepeat on_repeat,
                            bool reads_twice) {
  if (on_repeat == OnRepeat::last && !reads_twice)
    return Error{ErrorKind::usage,
                 "--on-repeat last needs an input that can be read twice, and a pipe cannot: write it into a file "
                 "first, or say --on-repeat first, reject or off"};
  if (on_repeat == OnRepeat::automatic) on_repeat = reads_twice ? OnRepeat::reject : OnRepeat::off;
  Questions questions;
  for (size_t column = 0; column < mapping.columns.size(); ++column) {
    if (!mapping.columns[column]) continue;
    const schema::Field& field = *mapping.columns[column];
    const bool is_date = field.type == schema::FieldType::date || field.type == schema::FieldType::datetime;
    if (is_date && field.format.empty()) questions.dates.push_back(column);
  }
  if (on_repeat != OnRepeat::off) questions.uniques = unique_columns(mapping, find_by);
  questions.on_repeat = questions.uniques.empty() ? OnRepeat::off : on_repeat;
  return questions;
}

void default_formats(schema::Schema& schema, const std::string& of_dates, const std::string& of_datetimes) {
  for (schema::Field& field : schema.fields) {
    if (!field.format.empty()) continue;
    if (field.type == schema::FieldType::date) field.format = of_dates;
    if (field.type == schema::FieldType::datetime) field.format = of_datetimes;
  }
}

Result<void> give_formats(schema::Mapping& mapping, const std::vector<std::string>& names,
                          const std::map<std::string, std::string>& formats) {
  using schema::FieldType;
  constexpr std::array kWithout{FieldType::text,
                                FieldType::textarea,
                                FieldType::email,
                                FieldType::phone,
                                FieldType::website,
                                FieldType::picklist,
                                FieldType::multiselectpicklist,
                                FieldType::boolean,
                                FieldType::lookup,
                                FieldType::ownerlookup,
                                FieldType::other};
  for (const auto& [name, format] : formats) {
    const auto column = static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (column == names.size() || !mapping.columns[column])
      return Error{ErrorKind::configuration,
                   fmt::format("the format {} is for {}, which is no column that goes to a field", format, name)};
    schema::Field& field = *mapping.columns[column];
    if (std::find(kWithout.begin(), kWithout.end(), field.type) != kWithout.end())
      return Error{ErrorKind::configuration,
                   fmt::format("the format {} is for {}, which holds neither dates nor numbers", format, name)};
    field.format = format;
  }
  return {};
}

Result<Decisions> survey(const SurveyOptions& options, const schema::Mapping& mapping, const Questions& questions,
                         const std::vector<std::string>& names, const std::vector<source::FileIdentity>& files,
                         std::stop_token stop) {
  schema::Mapping supposed = mapping;
  for (bool again = false;; again = true) {
    std::optional<RepeatFinder> repeats;
    if (!questions.uniques.empty()) repeats.emplace(options.place.path, questions.on_repeat);
    auto decisions = pass(options, supposed, questions, names, files, stop, repeats ? &*repeats : nullptr);
    if (!decisions || !repeats) return decisions;
    schema::Mapping settled = with_formats(mapping, *decisions);
    if (again || formats_of(settled, questions) == formats_of(supposed, questions)) {
      if (auto ok = repeats->write(options.place.repeats()); !ok) return std::move(ok).error();
      return decisions;
    }
    supposed = std::move(settled);
  }
}

Result<Decisions> look_at_first_chunk(const csv::Chunk& chunk, const schema::Mapping& mapping,
                                      const Questions& questions, const std::vector<std::string>& names) {
  Asker asker(mapping, questions, nullptr);
  return asker.settle(asker.ask(chunk).dates, names);
}

schema::Mapping with_formats(schema::Mapping mapping, const Decisions& decisions) {
  for (const Decisions::Format& one : decisions.formats)
    if (one.column < mapping.columns.size() && mapping.columns[one.column])
      mapping.columns[one.column]->format = one.format;
  return mapping;
}

Result<Settled> settle(Front& front, const SurveyOptions& options, const schema::Mapping& mapping, std::stop_token stop,
                       const Tell& tell) {
  auto asked = questions(mapping, options.find_by, options.on_repeat, reads_twice(front));
  if (!asked) return std::move(asked).error();
  if (!asked->any()) return Settled();
  const std::vector<std::string>& names = front.header().names;
  if (reads_twice(front)) {
    tell("looking through the whole input, for " + text_of(*asked, names));
    auto decisions = survey(options, mapping, *asked, names, front.files(), stop);
    if (!decisions) return std::move(decisions).error();
    return take(front, options, mapping, *std::move(decisions), 0, tell);
  }
  auto chunk = front.first_chunk();
  if (!chunk) return std::move(chunk).error();
  auto decisions = look_at_first_chunk(*chunk, mapping, *asked, names);
  if (!decisions) return std::move(decisions).error();
  decisions->while_streaming = !asked->uniques.empty();
  tell_supposed(*decisions, mapping, *asked, names, tell);
  return take(front, options, mapping, *std::move(decisions), 0, tell);
}

Result<Settled> settled_before(const Front& front, const SurveyOptions& options, const schema::Mapping& mapping,
                               const std::filesystem::path& decisions_file, uint64_t first_chunk, const Tell& tell) {
  auto text = read_file(decisions_file);
  if (!text) return std::move(text).error();
  auto decisions = decisions_from_json(*text);
  if (!decisions) return in_context(decisions_file.string(), std::move(decisions).error());
  return take(front, options, mapping, *std::move(decisions), first_chunk, tell);
}

}  // namespace bulkwrite::run
