#include "tools/bulkwrite/program.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <variant>

#include "engine/run/run_options.h"
#include "tools/bulkwrite/account_commands.h"
#include "tools/bulkwrite/arguments.h"
#include "tools/bulkwrite/display.h"
#include "tools/bulkwrite/findings.h"
#include "tools/bulkwrite/print.h"
#include "tools/bulkwrite/report.h"
#include "tools/bulkwrite/signals.h"
#include "tools/bulkwrite/status_report.h"
#include "tools/bulkwrite/target.h"

namespace bulkwrite::cli {
namespace {

// A call that ended before it began still says so in one line of JSON.
run::Summary summary_of(Result<run::Summary> outcome, const Signals& signals) {
  run::Summary summary;
  if (outcome)
    summary = *std::move(outcome);
  else
    summary.errors.push_back(std::move(outcome).error());
  summary.signal = signals.received();
  return summary;
}

int execute(Leave leave, Signals&) {
  return leave.exit_code;
}

// Loads or resumes, with the display that goes with it.
template <typename Loading>
int show_loading(run::LoadOptions& options, Signals& signals, const Loading& loading) {
  run::Progress progress;
  options.stop_signal = [&] { return signals.received(); };
  Result<run::Summary> outcome = [&] {
    Display display(progress, Display::Work::load, signals.stop_token());
    return loading(progress, [&](const std::string& line) { display.say(line); });
  }();
  return report(summary_of(std::move(outcome), signals), Shown::load);
}

int execute(LoadCommand command, Signals& signals) {
  std::unique_ptr<SandboxChild> child;
  if (!command.settings) return report(summary_of(command.settings.error(), signals), Shown::load);
  if (auto chosen = choose_target(command.sandbox, *command.settings, command.options, child); !chosen)
    return report(summary_of(std::move(chosen).error(), signals), Shown::load);
  return show_loading(command.options, signals, [&](run::Progress& progress, const run::Tell& tell) {
    return run::load(command.options, progress, signals.stop_token(), tell);
  });
}

// Where the run went before, unless the call says otherwise: a sandbox, or the profile that it was begun with.
Result<void> choose_target_of_run(const run::RunFacts& facts, ResumeCommand& command,
                                  std::unique_ptr<SandboxChild>& child) {
  if (!command.settings) return command.settings.error();
  const std::string profile = run::profile_of(facts);
  const std::string& sandbox = command.sandbox.empty() && profile.empty() ? facts.target : command.sandbox;
  return choose_target(sandbox, *command.settings, command.options, child);
}

int execute(ResumeCommand command, Signals& signals) {
  auto status = run::status_of(command.run_dir);
  if (!status) return report(summary_of(std::move(status).error(), signals), Shown::load);
  std::unique_ptr<SandboxChild> child;
  if (run::has_more_to_do(*status, command.options)) {
    if (auto chosen = choose_target_of_run(status->facts, command, child); !chosen)
      return report(summary_of(std::move(chosen).error(), signals), Shown::load);
  }
  return show_loading(command.options, signals, [&](run::Progress& progress, const run::Tell& tell) {
    return run::resume(command.run_dir, command.options, progress, signals.stop_token(), tell);
  });
}

int execute(StatusCommand command, Signals&) {
  const auto status = run::status_of(command.run_dir);
  if (!status) return complain(status.error());
  if (command.json)
    print_to(stdout, "{}\n", run::to_json(*status));
  else
    print_status(*status);
  return 0;
}

int execute(RunsCommand command, Signals&) {
  std::vector<run::RunStatus> runs;
  for (const std::filesystem::path& run_dir : run::runs_under(command.root)) {
    auto status = run::status_of(run_dir);
    if (status)
      runs.push_back(*std::move(status));
    else
      complain(status.error());
  }
  if (command.json)
    for (const run::RunStatus& status : runs) print_to(stdout, "{}\n", run::to_json(status));
  else if (runs.empty())
    print_to(stderr, "no runs in {}\n", command.root.string());
  else
    print_runs(runs);
  return 0;
}

// Only a yes is one.
bool is_agreed(const char* question) {
  print_to(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int execute(ResolveCommand command, Signals&) {
  unblock_signals();  // there is nothing to stop softly
  const auto explained = run::explain(command.run_dir, command.chunk_index, command.resolution);
  if (!explained) return complain(explained.error());
  print_to(stderr, "{}\n", *explained);
  if (!command.agreed && isatty(STDIN_FILENO) == 0)
    return complain({ErrorKind::usage, "nothing was done: there is nobody to ask; say --yes if that is what you want"});
  if (!command.agreed && !is_agreed("do it?")) {
    print_to(stderr, "nothing was done\n");
    return 0;
  }
  if (auto done = run::resolve(command.run_dir, command.chunk_index, command.resolution); !done)
    return complain(done.error());
  print_to(stderr, "done; next: bulkwrite resume {}\n", command.run_dir.string());
  return 0;
}

int execute(PackCommand command, Signals& signals) {
  run::Progress progress;
  Result<run::Summary> outcome = [&] {
    Display display(progress, Display::Work::pack, signals.stop_token());
    return run::pack(command.options, progress, signals.stop_token(),
                     [&](const std::string& line) { display.say(line); });
  }();
  return report(summary_of(std::move(outcome), signals), Shown::pack);
}

int execute(FieldsCommand command, Signals& signals) {
  return show_fields(command, signals.stop_token());
}

int execute(MapCommand command, Signals& signals) {
  return propose_mapping(command, signals.stop_token());
}

int execute(CheckCommand command, Signals& signals) {
  if (!command.source.settings) return report(summary_of(command.source.settings.error(), signals), Shown::check);
  if (!command.source.schema_file.empty() || !command.source.module.empty()) {
    auto module = find_module(command.source, signals.stop_token());
    if (!module) return report(summary_of(std::move(module).error(), signals), Shown::check);
    command.options.module = *std::move(module);
    command.options.module_name = command.source.module;
  }
  run::Progress progress;
  uint64_t shown = 0;
  const auto outcome = [&] {
    Display display(progress, Display::Work::check, signals.stop_token());
    const auto found = [&](const run::Reject& reject, const std::string& source) {
      for (const auto& why : reject.reasons) {
        if (shown++ >= command.problems_shown_max) return;
        display.say(fmt::format("{}: record {} (byte {}): {}{}{}", source, reject.record_number, reject.byte_offset,
                                why.rule, why.column.empty() ? "" : " in " + why.column,
                                why.excerpt.empty() ? "" : ": " + why.excerpt));
      }
    };
    return run::check(
        command.options, progress, signals.stop_token(), [&](const std::string& line) { display.say(line); }, found);
  }();
  run::CheckReport told;
  if (outcome) told = *outcome;
  told.summary = summary_of(outcome ? Result<run::Summary>(told.summary) : outcome.error(), signals);
  if (shown > command.problems_shown_max)
    print_to(stderr, "... and {} more (--show N)\n", shown - command.problems_shown_max);
  if (!command.json) print_findings(told);
  return report(told.summary, Shown::check, command.json ? run::to_json(told) : run::to_json(told.summary));
}

int execute(AuthCommand command, Signals& signals) {
  const int code = run_auth(command, signals.stop_token());
  return code != 0 && signals.received() != 0 ? 128 + signals.received() : code;
}

int execute(ConfigCommand command, Signals&) {
  return show_config(command);
}

}  // namespace

int run_program(int argc, char** argv) {
  // Chunks and archives come and go by the megabyte. With a threshold of its own choice glibc moves them into its
  // arenas, where they leave holes: a third more memory on a long run.
  mallopt(M_MMAP_THRESHOLD, 512 * 1024);
  Command command = parse_arguments(argc, argv);
  Signals signals;
  return std::visit([&](auto& chosen) { return execute(std::move(chosen), signals); }, command);
}

}  // namespace bulkwrite::cli
