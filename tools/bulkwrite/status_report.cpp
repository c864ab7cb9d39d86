#include "tools/bulkwrite/status_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/bulkwrite/display.h"

namespace bulkwrite::cli {
namespace {

std::string target_text(const run::RunFacts& facts) {
  return fmt::format("{} {}{} into {}", facts.operation, facts.module,
                     facts.find_by.empty() ? "" : " by " + facts.find_by, facts.target);
}

std::string files_text(const run::RunFacts& facts) {
  if (facts.files.empty()) return "";
  const std::string first = facts.files.front().path;
  return facts.files.size() == 1 ? first : fmt::format("{} and {} more", first, facts.files.size() - 1);
}

std::string standing(const run::RunStatus& status) {
  if (!status.finished) return "unfinished";
  const int code = run::exit_codes(*status.summary).front();
  return status.uncertain.empty() ? fmt::format("finished, exit code {}", code)
                                  : fmt::format("finished, chunks uncertain: {}", status.uncertain.size());
}

void print_uncertain(const run::RunStatus& status, const run::ChunkRow& row) {
  std::vector<std::string> parts;
  for (const csv::Part& part : row.ranges.parts)
    parts.push_back(fmt::format("records {}-{} of {}", part.first_record, part.first_record + part.records - 1,
                                part.source < status.sources.size() ? status.sources[part.source].name : "?"));
  fmt::print("uncertain: chunk {}, {}: {}\n", row.ranges.chunk_index, fmt::join(parts, ", "), row.why);
}

void print_next(const run::RunStatus& status) {
  const std::string run_dir = status.path.string();
  if (!status.finished)
    fmt::print("next: bulkwrite resume {}\n", run_dir);
  else if (!status.uncertain.empty())
    fmt::print(
        "next: look in the CRM whether the records of an uncertain chunk are there, then\n"
        "      bulkwrite resolve {} CHUNK --job-id ID | --resubmit | --abandon, and bulkwrite resume {}\n",
        run_dir, run_dir);
  else
    fmt::print("next: nothing is left to do\n");
}

}  // namespace

void print_status(const run::RunStatus& status) {
  fmt::print("run:    {} ({})\n", status.path.string(), standing(status));
  fmt::print("does:   {}\n", target_text(status.facts));
  fmt::print("input:  {}{}\n", files_text(status.facts), status.input_ended ? "" : " (not read to its end)");
  fmt::print("  {:<12} {:>8} {:>13}\n", "state", "chunks", "records");
  for (const auto& [state, chunks] : status.chunks)
    fmt::print("  {:<12} {:>8} {:>13}\n", run::state_name(state), count_text(chunks),
               count_text(status.records.at(state)));
  for (const run::ChunkRow& row : status.uncertain) print_uncertain(status, row);
  print_next(status);
}

void print_runs(const std::vector<run::RunStatus>& runs) {
  for (const run::RunStatus& status : runs)
    fmt::print("{}  {}  {}  ({})\n", status.path.string(), target_text(status.facts), files_text(status.facts),
               standing(status));
}

}  // namespace bulkwrite::cli
