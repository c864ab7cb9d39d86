#include "tools/bulkwrite/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

namespace bulkwrite::cli {
namespace {

constexpr int kUsage = 64;

const std::map<std::string, schema::Operation> kOperations{{"insert", schema::Operation::insert},
                                                           {"update", schema::Operation::update},
                                                           {"upsert", schema::Operation::upsert}};
const std::map<std::string, run::Packing> kPackings{{"fast", run::Packing::fast}, {"small", run::Packing::small}};

template <typename Value>
void add_choice(CLI::App& app, const std::string& name, Value& value, const std::map<std::string, Value>& choices,
                const std::string& default_choice, const std::string& text) {
  app.add_option_function<std::string>(
         name, [&value, &choices](const std::string& chosen) { value = choices.at(chosen); }, text)
      ->check(CLI::IsMember(choices))
      ->default_str(default_choice);
}

// Options that mean the same for every command that reads an input.
void add_input_options(CLI::App& app, run::InputOptions& input) {
  app.add_option("FILE", input.files, "CSV files in this order: paths, globs, - for stdin; also .gz .zst .xz .bz2 .zip")
      ->required();
  app.add_option_function<std::string>(
         "--delimiter",
         [&input](const std::string& text) {
           if (text == "tab" || text == "\\t")
             input.delimiter = '\t';
           else if (text.size() == 1)
             input.delimiter = text.front();
           else
             throw CLI::ValidationError("--delimiter", "must be one of , ; : | or tab");
         },
         "one of , ; : | or tab; default: detected from the header")
      ->type_name("C");
  app.add_option("--records", input.records_max, "records in a chunk, at most 25000")->capture_default_str();
  app.add_option("--bytes", input.bytes_max, "bytes of a chunk's CSV, header included, at most 25000000")
      ->capture_default_str();
  app.add_option("--max-record-bytes", input.record_bytes_max, "how long a quoted field may stay open")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--on-unclosed-quote",
         [&input](const std::string& text) { input.resync_on_unclosed_quote = text == "resync"; },
         "stop: the input ends there (exit 65); resync: reject the record and go on behind its first line end")
      ->check(CLI::IsMember({"stop", "resync"}))
      ->default_str("stop");
}

void add_workers(CLI::App& app, unsigned& workers) {
  app.add_option("--workers", workers, "threads that check and compress; default: one a core")
      ->check(CLI::Range(1U, 256U));
}

void add_packing(CLI::App& app, run::Packing& packing) {
  add_choice(app, "--level", packing, kPackings, "small", "fast: less work; small: fewer bytes to send");
}

void add_milliseconds(CLI::App& app, const std::string& name, std::chrono::milliseconds& value,
                      const std::string& text) {
  app.add_option_function<double>(
         name, [&value](double seconds) { value = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)); },
         text)
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS")
      ->default_str(fmt::format("{:g}", static_cast<double>(value.count()) / 1000));
}

CLI::App* add_load(CLI::App& app, LoadCommand& load) {
  CLI::App* const command =
      app.add_subcommand("load", "check, cut, pack, upload, create the jobs, and reconcile their results");
  run::LoadOptions& options = load.options;
  add_input_options(*command, options.input);
  command->add_option("--module", options.module, "API name of the module, such as Leads")->required();
  add_choice(*command, "--operation", options.operation, kOperations, "insert",
             "what the service does with the records");
  command->add_option("--find-by", options.find_by,
                      "API name of the unique field, or id, by which existing records are found");
  command->add_option("--sandbox", load.sandbox,
                      "load into a sandbox: a database file, for one of our own, or the URL of a running one");
  command->add_option("--run-dir", options.run_dir,
                      "where the run keeps its files; default: bulkwrite-runs/<UTC time>-<id>");
  command->add_option("--date-format", options.date_format, "of date columns, such as yyyy-MM-dd or dd/MM/yyyy")
      ->default_str("yyyy-MM-dd");
  command->add_option("--datetime-format", options.datetime_format, "of datetime columns")
      ->default_str("yyyy-MM-dd HH:mm:ss");
  command->add_option("--max-rejects", options.rejects_max, "stop (exit 3) when more records than this are rejected");
  add_workers(*command, options.workers);
  add_packing(*command, options.packing);
  command->add_option("--jobs", options.jobs_max, "jobs that run at once")
      ->check(CLI::Range(1U, 1000U))
      ->capture_default_str();
  command->add_option("--uploads", options.uploads_max, "archives held between packing and their job")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str();
  command->add_option("--attempts", options.attempts_max, "of one request that may be repeated")
      ->check(CLI::Range(1U, 100U))
      ->capture_default_str();
  add_milliseconds(*command, "--job-deadline", options.job_deadline, "how long to wait for one job");
  add_milliseconds(*command, "--request-timeout", options.request_timeout, "how long to wait for one reply");
  return command;
}

CLI::App* add_pack(CLI::App& app, PackCommand& pack) {
  CLI::App* const command = app.add_subcommand("pack", "check, cut and pack into a directory of archives; no network");
  add_input_options(*command, pack.options.input);
  command->add_option("-o,--output", pack.options.directory, "directory for the archives; new or empty")->required();
  add_workers(*command, pack.options.workers);
  add_packing(*command, pack.options.packing);
  return command;
}

CLI::App* add_check(CLI::App& app, CheckCommand& check) {
  CLI::App* const command = app.add_subcommand("check", "read and check only, and say what is wrong and where");
  add_input_options(*command, check.options.input);
  command->add_option("--schema", check.options.schema_file, "fields and their rules (data/leads.schema.json is one)");
  command->add_option("--show", check.problems_shown_max, "problems to print; all are counted")->capture_default_str();
  add_workers(*command, check.options.workers);
  return command;
}

}  // namespace

Command parse_arguments(int argc, char** argv) {
  CLI::App app("bulkwrite: loads huge CSV files through the Zoho CRM Bulk Write API", "bulkwrite");
  app.set_version_flag("--version", std::string("bulkwrite ") + run::version());
  app.require_subcommand(1);
  LoadCommand load;
  PackCommand pack;
  CheckCommand check;
  const CLI::App* const load_command = add_load(app, load);
  const CLI::App* const pack_command = add_pack(app, pack);
  add_check(app, check);
  app.footer("Exit codes and the files of a run: docs/. Each command has a --help of its own.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Leave{app.exit(error) == 0 ? 0 : kUsage};
  }
  if (load_command->parsed()) return load;
  if (pack_command->parsed()) return pack;
  return check;
}

}  // namespace bulkwrite::cli
