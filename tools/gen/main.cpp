// bulkwrite-gen: writes an export of any size from a seed, and says on stderr what is in it.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "tools/gen/records.h"

namespace bulkwrite::gen {
namespace {

constexpr int kExitUsage = 64, kExitCannotWrite = 73;
constexpr size_t kBufferBytes = 1 << 20;

struct CommandLine {
  uint64_t records = 0;
  Options options;
  std::string path = "-";
};

uint32_t per_million(double percent) {
  return static_cast<uint32_t>(std::lround(percent * 10'000));
}

std::string delimiter_of(const std::string& name) {
  if (name == "tab" || name == "\\t") return "\t";
  return name;
}

// An error message, or nothing. CLI11 itself would take -1 for a very large number.
std::string refuse_unless_whole(const std::string& text) {
  constexpr size_t kDigitsMax = 18;
  const bool whole = text.find_first_not_of("0123456789") == text.npos && text.size() <= kDigitsMax && !text.empty();
  return whole ? "" : text + " is not a whole number of at most 18 digits";
}

void declare(CLI::App& app, CommandLine& line, std::string& delimiter, std::string& module) {
  const auto share = [&app](const char* name, uint32_t& to, const std::string& help) {
    app.add_option_function<double>(
           name, [&to](double percent) { to = per_million(percent); }, help)
        ->check(CLI::Range(0.0, 100.0))
        ->type_name("PERCENT");
  };
  Options& options = line.options;
  app.add_option("--records", line.records, "How many records")->required()->check(refuse_unless_whole)->type_name("N");
  app.add_option("--seed", options.seed, "The same seed and options give the same bytes on any machine (1)")
      ->check(refuse_unless_whole)
      ->type_name("S");
  app.add_option("--module", module, "Leads (default) or Events_Log")->check(CLI::IsMember({"Leads", "Events_Log"}));
  share("--bad", options.bad, "Share of bad records, each with one fault (0); 0.1 is one in a thousand");
  share("--duplicates", options.duplicates, "Share of records with the Email of an earlier one (0)");
  share("--newlines", options.newlines, "Share of records with line ends in quotes (2)");
  share("--quoted", options.quoted, "Share of fields in quotes, beyond those that need them (15)");
  app.add_option("--delimiter", delimiter, "One of , ; : | and tab (,)")
      ->check(CLI::IsMember({",", ";", ":", "|", "tab", "\\t", "\t"}));
  app.add_flag("--crlf", options.crlf, "End records with CRLF");
  app.add_flag("--bom", options.bom, "Begin with a UTF-8 byte order mark");
  app.add_option("-o", line.path, "Where to write; - is stdout (default)")->type_name("FILE");
}

// 0, or errno.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int report_unwritable(const std::string& path, int error) {
  fmt::print(stderr, "bulkwrite-gen: cannot write {}: {}\n", path == "-" ? "to stdout" : path, std::strerror(error));
  return kExitCannotWrite;
}

void print_counts(const CommandLine& line, const std::string& module, const Counts& counts, uint64_t bytes) {
  std::string rules;
  for (size_t rule = 0; rule < kRules; ++rule) {
    rules +=
        fmt::format("{}\"{}\":{}", rule == 0 ? "" : ",", rule_name(static_cast<Rule>(rule)), counts.bad_by_rule[rule]);
  }
  fmt::print(stderr,
             "{{\"module\":\"{}\",\"seed\":{},\"records\":{},\"bytes\":{},\"bad\":{},\"bad_by_rule\":{{{}}},"
             "\"duplicates\":{},\"with_newlines\":{}}}\n",
             module, line.options.seed, counts.records, bytes, counts.bad, rules, counts.duplicates,
             counts.with_newlines);
}

int generate(const CommandLine& line, const std::string& module) {
  const bool to_stdout = line.path == "-";
  const int fd = to_stdout ? STDOUT_FILENO : open(line.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return report_unwritable(line.path, errno);

  Generator generator(line.options);
  std::string buffer;
  buffer.reserve(kBufferBytes + kBufferBytes / 16);
  uint64_t bytes = 0;
  int error = 0;
  const auto flush = [&] {
    bytes += buffer.size();
    error = write_all(fd, buffer);
    buffer.clear();
  };

  generator.append_header(buffer);
  for (uint64_t index = 0; index < line.records && error == 0; ++index) {
    generator.append_record(index, buffer);
    if (buffer.size() >= kBufferBytes) flush();
  }
  if (error == 0) flush();
  if (!to_stdout && close(fd) != 0 && error == 0) error = errno;
  if (error != 0) return report_unwritable(line.path, error);
  print_counts(line, module, generator.counts(), bytes);
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app("Writes a CSV export of CRM records, made from a seed. One line of JSON on stderr counts what is in it.",
               "bulkwrite-gen");
  CommandLine line;
  std::string delimiter = ",", module = "Leads";
  declare(app, line, delimiter, module);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  line.options.delimiter = delimiter_of(delimiter)[0];
  line.options.module = module == "Leads" ? Module::leads : Module::events_log;
  if (line.options.module == Module::events_log && line.options.duplicates > 0) {
    fmt::print(stderr, "bulkwrite-gen: --duplicates repeats the Email of Leads; Events_Log has no unique field\n");
    return kExitUsage;
  }
  return generate(line, module);
}

}  // namespace
}  // namespace bulkwrite::gen

int main(int argc, char** argv) {
  return bulkwrite::gen::run(argc, argv);
}
