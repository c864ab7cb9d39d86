#include "tools/bulkwrite/program.h"

#include <fmt/format.h>
#include <malloc.h>

#include <variant>

#include "tools/bulkwrite/arguments.h"
#include "tools/bulkwrite/display.h"
#include "tools/bulkwrite/report.h"
#include "tools/bulkwrite/signals.h"
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

int execute(LoadCommand command, Signals& signals) {
  run::Progress progress;
  std::unique_ptr<SandboxChild> child;
  Result<run::Summary> outcome = run::Summary{};
  if (auto chosen = choose_target(command.sandbox, command.options, child); !chosen) {
    outcome = std::move(chosen).error();
  } else {
    Display display(progress, Display::Work::load, signals.stop_token());
    command.options.stop_signal = [&] { return signals.received(); };
    outcome =
        run::load(command.options, progress, signals.stop_token(), [&](const std::string& line) { display.say(line); });
  }
  return report(summary_of(std::move(outcome), signals), Shown::load);
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
