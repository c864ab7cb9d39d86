#include "engine/run/run_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/file.h"
#include "engine/run/run_directory.h"
#include "engine/run/run_lock.h"
#include "engine/run/run_options.h"

namespace bulkwrite::run {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code failure;
  return std::filesystem::exists(path, failure);
}

Result<std::unique_ptr<Ledger>> look_at(const RunDirectory& directory) {
  if (is_there(directory.ledger())) return Ledger::look_at(directory.ledger());
  return Error{ErrorKind::no_input, directory.path.string() + " holds no run: there is no ledger.db in it"};
}

Result<ChunkRow> uncertain_chunk(Ledger& ledger, uint64_t chunk_index) {
  auto row = ledger.chunk(chunk_index);
  if (!row) return std::move(row).error();
  if (!row->has_value()) return Error{ErrorKind::usage, fmt::format("the run has no chunk {}", chunk_index)};
  const ChunkState state = (*row)->state;
  if (state == ChunkState::uncertain || state == ChunkState::creating) return **std::move(row);
  return Error{ErrorKind::usage, fmt::format("chunk {} is {}, and only an uncertain one can be resolved", chunk_index,
                                             state_name(state))};
}

bool is_of_same_files(const RunFacts& one, const RunFacts& other) {
  return one.target == other.target && one.module == other.module &&
         std::equal(one.files.begin(), one.files.end(), other.files.begin(), other.files.end(),
                    [](const auto& a, const auto& b) { return a.path == b.path; });
}

}  // namespace

bool is_safe_to_resend(const RunFacts& facts) {
  return facts.operation != "insert" || !facts.find_by.empty();
}

Result<RunStatus> status_of(const std::filesystem::path& run_dir) {
  const RunDirectory directory{run_dir};
  auto ledger = look_at(directory);
  if (!ledger) return std::move(ledger).error();
  auto facts = (*ledger)->facts();
  if (!facts) return std::move(facts).error();
  auto ended = (*ledger)->ended_with_blank_lines();
  if (!ended) return std::move(ended).error();
  auto states = (*ledger)->states();
  if (!states) return std::move(states).error();
  auto sources = (*ledger)->sources();
  if (!sources) return std::move(sources).error();

  RunStatus status{
      .path = run_dir, .facts = *std::move(facts), .input_ended = ended->has_value(), .sources = *std::move(sources)};
  const bool resend_is_safe = is_safe_to_resend(status.facts);
  bool is_over = status.input_ended;
  for (const auto& [chunk_index, state] : *states) {
    const NextStep step = next_step(state, resend_is_safe);
    is_over &= step == NextStep::nothing || (step == NextStep::hear_of && state == ChunkState::uncertain);
    auto row = (*ledger)->chunk(chunk_index);
    if (!row) return std::move(row).error();
    ++status.chunks[state];
    status.records[state] += (*row)->sent;
    if (state == ChunkState::uncertain) status.uncertain.push_back(**std::move(row));
  }
  if (auto text = read_file(directory.summary()); text)
    if (auto summary = summary_from_json(*text); summary) status.summary = *std::move(summary);
  status.finished = is_over && status.summary.has_value();
  return status;
}

std::vector<std::filesystem::path> runs_under(const std::filesystem::path& runs_root) {
  std::vector<std::filesystem::path> runs;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(runs_root, failure))
    if (is_there(RunDirectory{entry.path()}.ledger())) runs.push_back(entry.path());
  std::sort(runs.begin(), runs.end());
  return runs;
}

std::optional<RunStatus> find_run(const std::filesystem::path& runs_root, const RunFacts& facts,
                                  const std::function<void(const std::string&)>& tell) {
  for (const source::FileIdentity& file : facts.files)
    if (file.mtime_ns == 0) return std::nullopt;  // a pipe: nobody can tell one from another
  std::vector<std::filesystem::path> runs = runs_under(runs_root);
  std::reverse(runs.begin(), runs.end());
  for (const std::filesystem::path& run : runs) {
    auto status = status_of(run);
    if (!status) {
      tell(fmt::format("warning: whether {} has loaded this input cannot be told: {}", run.string(),
                       status.error().message));
      continue;
    }
    const std::string what = difference(status->facts, facts);
    if (what.empty()) return *std::move(status);
    if (!status->finished && is_of_same_files(status->facts, facts))
      tell(
          fmt::format("warning: {} has begun to load this input and is not finished, but {}: what it has sent will be "
                      "sent again",
                      run.string(), what));
  }
  return std::nullopt;
}

std::string profile_of_run(const std::filesystem::path& run_dir) {
  auto ledger = look_at(RunDirectory{run_dir});
  if (!ledger) return "";
  const auto facts = (*ledger)->facts();
  return facts ? profile_of(*facts) : "";
}

std::string to_json(const RunStatus& status) {
  const RunFacts& facts = status.facts;
  nlohmann::ordered_json json{{"run_dir", status.path.string()},
                              {"finished", status.finished},
                              {"exit_code", status.summary ? nlohmann::ordered_json(exit_codes(*status.summary).front())
                                                           : nlohmann::ordered_json()},
                              {"target", facts.target},
                              {"org", facts.org},
                              {"module", facts.module},
                              {"operation", facts.operation},
                              {"find_by", facts.find_by},
                              {"files", nlohmann::ordered_json::array()},
                              {"input_ended", status.input_ended},
                              {"states", nlohmann::ordered_json::object()},
                              {"uncertain", nlohmann::ordered_json::array()}};
  for (const source::FileIdentity& file : facts.files) json["files"].push_back(file.path);
  for (const auto& [state, chunks] : status.chunks)
    json["states"][std::string(state_name(state))] = {{"chunks", chunks}, {"records", status.records.at(state)}};
  for (const ChunkRow& row : status.uncertain) {
    nlohmann::ordered_json parts = nlohmann::ordered_json::array();
    for (const csv::Part& part : row.ranges.parts)
      parts.push_back({{"source", part.source < status.sources.size() ? status.sources[part.source].name : ""},
                       {"first_record", part.first_record},
                       {"records", part.records}});
    json["uncertain"].push_back({{"chunk_index", row.ranges.chunk_index},
                                 {"records", row.sent},
                                 {"why", row.why},
                                 {"creates", row.creates},
                                 {"parts", std::move(parts)}});
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<std::string> explain(const std::filesystem::path& run_dir, uint64_t chunk_index, const Resolution& resolution) {
  auto ledger = look_at(RunDirectory{run_dir});
  if (!ledger) return std::move(ledger).error();
  auto row = uncertain_chunk(**ledger, chunk_index);
  if (!row) return std::move(row).error();
  const std::string what = fmt::format("chunk {} ({} records)", chunk_index, row->sent);
  switch (resolution.kind) {
    case Resolution::Kind::job:
      return fmt::format(
          "{} takes job {} as its own: the next resume asks the service for that job and fetches its "
          "results. Its records are not sent again.",
          what, resolution.job_id);
    case Resolution::Kind::resubmit:
      return fmt::format(
          "{} will be sent again by the next resume. If its first job exists after all, every record of "
          "it will be in the CRM twice: look there first.",
          what);
    case Resolution::Kind::abandon:
      return fmt::format(
          "{} is left as it is: its records count as not sent, and this run never sends them. If its "
          "job exists, they are in the CRM all the same.",
          what);
  }
  return what;
}

Result<void> resolve(const std::filesystem::path& run_dir, uint64_t chunk_index, const Resolution& resolution) {
  auto lock = RunLock::take(run_dir);
  if (!lock) return std::move(lock).error();
  auto ledger = Ledger::open(RunDirectory{run_dir}.ledger());
  if (!ledger) return std::move(ledger).error();
  if (auto row = uncertain_chunk(**ledger, chunk_index); !row) return std::move(row).error();
  // The result files of the last session no longer hold; the next resume writes them anew.
  if (auto ok = remove_file(RunDirectory{run_dir}.summary()); !ok) return ok;
  return resolve(**ledger, chunk_index, resolution);
}

Result<void> resolve(Ledger& ledger, uint64_t chunk_index, const Resolution& resolution) {
  if (auto row = uncertain_chunk(ledger, chunk_index); !row) return std::move(row).error();
  switch (resolution.kind) {
    case Resolution::Kind::job:
      return ledger.set_state(chunk_index, ChunkState::in_flight, resolution.job_id, "named by the user");
    case Resolution::Kind::resubmit:
      return ledger.set_state(chunk_index, ChunkState::not_sent, "", "to be sent again by the user's word");
    case Resolution::Kind::abandon:
      return ledger.set_state(chunk_index, ChunkState::abandoned, "", "abandoned by the user");
  }
  return {};
}

}  // namespace bulkwrite::run
