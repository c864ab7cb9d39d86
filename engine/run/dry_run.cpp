#include "engine/run/dry_run.h"

#include "engine/run/in_order.h"
#include "engine/run/judge.h"
#include "engine/run/seen_values.h"
#include "engine/run/unknown_choices.h"

namespace bulkwrite::run {
namespace {

struct Judged {
  uint64_t records = 0, accepted = 0, left_out = 0;
  std::optional<NotUtf8> not_utf8;
  UnknownChoices unknown_choices;
};

Result<Judged> judge_chunk(const csv::Chunk& chunk, const Rules& all) {
  auto rules = ChunkRules::of_new(all, chunk);
  if (!rules) return std::move(rules).error();
  Judged judged{.records = chunk.records(), .not_utf8 = {}, .unknown_choices = {}};
  if (chunk.too_long) return judged;
  Judge judge(chunk, rules->rules());
  if (judge.accepts_all()) {
    judged.accepted = judged.records;
    return judged;
  }
  while (judge.next()) {
    judged.accepted += judge.problems().empty() ? 1 : 0;
    judged.left_out += judge.is_left_out() ? 1 : 0;
    judged.unknown_choices.note(judge);
  }
  judged.not_utf8 = judge.not_utf8();
  return judged;
}

}  // namespace

DryRun dry_run(Front& front, const LoadPlan& plan, const LoadOptions& options, Progress& progress, std::stop_token stop,
               const Tell& tell) {
  DryRun run{.summary = {}, .cost = {.is_exact = true}};
  Summary& summary = run.summary;
  NoPieces pieces;
  UnknownChoices unknown_choices;
  NotUtf8Hint hint(tell, [&](uint32_t source) { return front.source(source).name; });
  const auto make_worker = [&]() -> std::function<Result<Judged>(csv::Chunk&)> {
    return [&](csv::Chunk& chunk) -> Result<Judged> { return judge_chunk(chunk, plan.rules()); };
  };
  const auto consume = [&](Judged judged) -> Result<void> {
    unknown_choices.add(judged.unknown_choices);
    summary.records_read += judged.records;
    summary.not_sent += judged.accepted;
    summary.repeated += judged.left_out;
    ++summary.chunks;
    hint.found(judged.not_utf8);
    summary.jobs += judged.accepted > 0 ? 1 : 0;
    return {};
  };
  const PassEnd end = pass_in_order<Judged>(front, pieces, worker_count(options.workers), stop, make_worker, consume);
  for (const std::string& warning : unknown_choices.warnings(plan.names)) tell(warning);
  if (end.fault) summary.errors.push_back(*end.fault);
  if (end.input) summary.errors.push_back(*end.input);
  summary.rejected = summary.records_read - summary.not_sent;
  summary.blank_lines = front.blank_lines();
  summary.bytes_read = progress.bytes_read;
  summary.credits_spent = plan.session->credits().spent();
  summary.signal = options.stop_signal ? options.stop_signal() : 0;
  run.cost = {.records = summary.records_read, .chunks = summary.chunks, .jobs = summary.jobs, .is_exact = true};
  return run;
}

}  // namespace bulkwrite::run
