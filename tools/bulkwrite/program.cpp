#include "tools/bulkwrite/program.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <iostream>
#include <variant>

#include "tools/bulkwrite/arguments.h"
#include "tools/bulkwrite/display.h"
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
  if (auto chosen = choose_target(command.sandbox, command.options, child); !chosen)
    return report(summary_of(std::move(chosen).error(), signals), Shown::load);
  return show_loading(command.options, signals, [&](run::Progress& progress, const run::Tell& tell) {
    return run::load(command.options, progress, signals.stop_token(), tell);
  });
}

int execute(ResumeCommand command, Signals& signals) {
  auto status = run::status_of(command.run_dir);
  if (!status) return report(summary_of(std::move(status).error(), signals), Shown::load);
  std::unique_ptr<SandboxChild> child;
  if (run::has_more_to_do(*status, command.options)) {
    const std::string& target = command.sandbox.empty() ? status->facts.target : command.sandbox;
    if (auto chosen = choose_target(target, command.options, child); !chosen)
      return report(summary_of(std::move(chosen).error(), signals), Shown::load);
  }
  return show_loading(command.options, signals, [&](run::Progress& progress, const run::Tell& tell) {
    return run::resume(command.run_dir, command.options, progress, signals.stop_token(), tell);
  });
}

int complain(const Error& error) {
  fmt::print(stderr, "bulkwrite: error: {}\n", error.message);
  return run::exit_code_of(error.kind);
}

int execute(StatusCommand command, Signals&) {
  const auto status = run::status_of(command.run_dir);
  if (!status) return complain(status.error());
  if (command.json)
    fmt::print("{}\n", run::to_json(*status));
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
    for (const run::RunStatus& status : runs) fmt::print("{}\n", run::to_json(status));
  else if (runs.empty())
    fmt::print(stderr, "no runs in {}\n", command.root.string());
  else
    print_runs(runs);
  return 0;
}

// Only a yes is one.
bool is_agreed(const char* question) {
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

int execute(ResolveCommand command, Signals&) {
  unblock_signals();  // there is nothing to stop softly
  const auto explained = run::explain(command.run_dir, command.chunk_index, command.resolution);
  if (!explained) return complain(explained.error());
  fmt::print(stderr, "{}\n", *explained);
  if (!command.agreed && isatty(STDIN_FILENO) == 0)
    return complain({ErrorKind::usage, "nothing was done: there is nobody to ask; say --yes if that is what you want"});
  if (!command.agreed && !is_agreed("do it?")) {
    fmt::print(stderr, "nothing was done\n");
    return 0;
  }
  if (auto done = run::resolve(command.run_dir, command.chunk_index, command.resolution); !done)
    return complain(done.error());
  fmt::print(stderr, "done; next: bulkwrite resume {}\n", command.run_dir.string());
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

int execute(CheckCommand command, Signals& signals) {
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
  if (!outcome) return report(summary_of(outcome.error(), signals), Shown::check);
  if (shown > command.problems_shown_max)
    fmt::print(stderr, "... and {} more (--show N)\n", shown - command.problems_shown_max);
  for (const auto& [rule, count] : outcome->rules) fmt::print(stderr, "  {:<16} {:>10}\n", rule, count_text(count));
  return report(summary_of(outcome->summary, signals), Shown::check);
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
