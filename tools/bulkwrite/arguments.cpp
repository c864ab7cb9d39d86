#include "tools/bulkwrite/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>

#include "tools/bulkwrite/setting_flags.h"

namespace bulkwrite::cli {
namespace {

constexpr int kUsage = 64;

const std::map<std::string, schema::Operation> kOperations{{"insert", schema::Operation::insert},
                                                           {"update", schema::Operation::update},
                                                           {"upsert", schema::Operation::upsert}};
const std::map<std::string, run::Packing> kPackLevels{
    {"none", run::Packing::none}, {"fast", run::Packing::fast}, {"small", run::Packing::small}};
const std::map<std::string, run::Packing> kLoadLevels{
    {"auto", run::Packing::automatic}, {"fast", run::Packing::fast}, {"small", run::Packing::small}};

template <typename Value>
void add_choice(CLI::App& app, const std::string& name, Value& value, const std::map<std::string, Value>& choices,
                const std::string& default_choice, const std::string& text) {
  app.add_option_function<std::string>(
         name, [&value, &choices](const std::string& chosen) { value = choices.at(chosen); }, text)
      ->check(CLI::IsMember(choices))
      ->default_str(default_choice);
}

void add_kernel(CLI::App& app, run::InputOptions& input) {
  app.add_option("--kernel", input.kernel,
                 "for experts: what finds the records: scalar, avx2 or avx512; the results are the same; default: the "
                 "fastest that the machine can run")
      ->type_name("NAME");
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
  app.add_option("--encoding", input.encoding,
                 "of the files, as `iconv -l` names it, such as windows-1252: read as UTF-8; default: UTF-8, or what a "
                 "byte order mark says")
      ->type_name("NAME");
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
  app.add_option("--scanners", input.scanners,
                 "threads that scan a plain file ahead; 0: none; default: as many as the workers need")
      ->check(CLI::Range(0U, run::kScannersMax));
  add_kernel(app, input);
}

void add_workers(CLI::App& app, unsigned& workers) {
  app.add_option("--workers", workers, "threads that check and compress; default: one a core")
      ->check(CLI::Range(1U, 256U));
}

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

void add_milliseconds(CLI::App& app, const std::string& name, std::chrono::milliseconds& value,
                      const std::string& text) {
  app.add_option_function<double>(
         name, [&value](double seconds) { value = milliseconds_of(seconds); }, text)
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS")
      ->default_str(fmt::format("{:g}", static_cast<double>(value.count()) / 1000));
}

// "500" or "2%".
run::FailedMax failed_max_of(const std::string& text) {
  const bool is_percent = text.ends_with('%');
  const std::string digits = text.substr(0, text.size() - (is_percent ? 1 : 0));
  const char* const end = digits.data() + digits.size();
  uint64_t records = 0;
  double percent = 0;
  if (is_percent ? CLI::detail::lexical_cast(digits, percent) && percent >= 0 && percent <= 100
                 : std::from_chars(digits.data(), end, records).ptr == end && !digits.empty())
    return is_percent ? run::FailedMax{std::nullopt, percent} : run::FailedMax{records, std::nullopt};
  throw CLI::ValidationError("--max-failed", "must be a number of records, or a percentage such as 2%");
}

void add_picklist(CLI::App& app, schema::UnknownChoice& unknown_choice) {
  static const std::map<std::string, schema::UnknownChoice> kChoices{{"add", schema::UnknownChoice::is_remark},
                                                                     {"strict", schema::UnknownChoice::is_violation}};
  add_choice(
      app, "--picklist", unknown_choice, kChoices, "add",
      "what a value that its picklist does not have is: add: the service adds it, and a warning says so; strict: "
      "the record is rejected");
}

void add_on_repeat(CLI::App& app, run::OnRepeat& on_repeat) {
  static const std::map<std::string, run::OnRepeat> kChoices{{"reject", run::OnRepeat::reject},
                                                             {"first", run::OnRepeat::first},
                                                             {"last", run::OnRepeat::last},
                                                             {"off", run::OnRepeat::off}};
  add_choice(app, "--on-repeat", on_repeat, kChoices, "reject, and off where the input can be read only once",
             "records that repeat a value of a unique field or of --find-by: reject: all but the first are rejected; "
             "first, last: all but that one are left out, which is no failure; off: all are sent");
}

// A format for all columns of a type, or COLUMN=FORMAT for one.
void add_format(CLI::App& app, const std::string& name, std::string& of_all,
                std::map<std::string, std::string>& of_columns, const std::string& text) {
  app.add_option_function<std::vector<std::string>>(
         name,
         [&of_all, &of_columns](const std::vector<std::string>& given) {
           for (const std::string& one : given) {
             const size_t equals = one.find('=');
             (equals == std::string::npos ? of_all : of_columns[one.substr(0, equals)]) =
                 equals == std::string::npos ? one : one.substr(equals + 1);
           }
         },
         text)
      ->type_name("[COLUMN=]FORMAT")
      ->allow_extra_args(false)
      ->default_str("as the values show");
}

// What may be asked of the service.
void add_limits(CLI::App& app, run::LoadOptions& options) {
  app.add_option("--max-credits", options.credits_max,
                 "API credits that this call may spend; stops (exit 5) before one more job could pass them")
      ->check(CLI::NonNegativeNumber);  // CLI11 takes -1 for the largest number of all
  app.add_option_function<std::string>(
         "--max-failed", [&options](const std::string& text) { options.failed_max = failed_max_of(text); },
         "create no more jobs (exit 3) when more records than this, or more than this part of them (2%), are not taken")
      ->type_name("N|P%");
  app.add_option_function<std::string>(
         "--canary", [&options](const std::string& text) { options.canary = text == "on"; },
         "on: no second job is created before the verdicts of the first are in, and none if it has taken no record")
      ->check(CLI::IsMember({"on", "off"}))
      ->default_str("on");
  app.add_option("--concurrency", options.calls_max,
                 "calls under way at once; default: what the organisation's edition grants, or 5")
      ->check(CLI::Range(1U, 100U));
  app.add_option("--downloads-per-minute", options.downloads_a_minute_max,
                 "results fetched a minute; 0, and the default for a sandbox: no limit")
      ->check(CLI::Range(0U, 10'000U))
      ->default_str("10");
}

// How a load is carried out, as against what is loaded: a run that goes on may be told another way.
void add_ways(CLI::App& app, run::LoadOptions& options) {
  app.add_option("--max-rejects", options.rejects_max, "stop (exit 3) when more records than this are rejected")
      ->check(CLI::NonNegativeNumber);
  app.add_option_function<double>(
         "--max-duration", [&options](double seconds) { options.duration_max = milliseconds_of(seconds); },
         "stop softly (exit 5) after this time; `resume` goes on")
      ->check(CLI::PositiveNumber)
      ->type_name("SECONDS");
  add_limits(app, options);
  add_workers(app, options.workers);
  add_choice(app, "--level", options.packing, kLoadLevels, "auto",
             "fast: least time; small: a seventh fewer bytes, five times the work; auto: chunk by chunk, smaller while "
             "archives wait for the network, faster while it waits for them");
  app.add_option("--jobs", options.jobs_max, "jobs that run at once")
      ->check(CLI::Range(1U, 1000U))
      ->capture_default_str();
  app.add_option("--uploads", options.uploads_max, "archives held between packing and their job")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str();
  app.add_option("--attempts", options.attempts_max, "of one request that may be repeated")
      ->check(CLI::Range(1U, 100U))
      ->capture_default_str();
  add_milliseconds(app, "--job-deadline", options.job_deadline, "how long to wait for one job");
  add_milliseconds(app, "--request-timeout", options.request_timeout, "how long to wait for one reply");
  app.add_option("--callback-listen", options.callback_listen,
                 "ADDRESS:PORT to listen on for the service's callbacks, which name the job of a lost reply");
  app.add_option("--callback-url", options.callback_url, "URL under which the service reaches --callback-listen");
  add_milliseconds(app, "--callback-wait", options.callback_wait, "how long to wait for the callback of a lost reply");
}

// What the service does with the records: a check judges a file for the load to come.
void add_operation(CLI::App& app, schema::Operation& operation, std::string& find_by) {
  add_choice(app, "--operation", operation, kOperations, "insert", "what the service does with the records");
  app.add_option("--find-by", find_by,
                 "API name of the field, unique or of external ids, or id, by which existing records are found");
}

void add_ignore_empty(CLI::App& app, bool& ignore_empty) {
  app.add_flag("--ignore-empty", ignore_empty,
               "a blank leaves the field as it is. WITHOUT THIS, on update and upsert a blank in the file EMPTIES the "
               "field of the record that is there already");
}

// Which column goes where, and what of it is sent.
void add_mapping(CLI::App& app, run::LoadOptions& options) {
  app.add_option("--mapping", options.mapping_file,
                 "CSV (column,field,format,find_by,default) or JSON that says where columns go; it counts before their "
                 "names. `bulkwrite map` proposes one");
  app.add_option("--schema", options.schema_file,
                 "the module's fields from a file (`bulkwrite fields -o`), instead of asking the service");
  app.add_option(
      "--key", options.key,
      "column that tells records apart, by which results are tied to them; default: that of --find-by, or one "
      "whose field is unique");
  app.add_flag("--drop-unmapped", options.drop_unmapped, "do not send columns that go to no field");
  add_ignore_empty(app, options.ignore_empty);
}

CLI::App* add_load(CLI::App& app, LoadCommand& load, run::Values& flags) {
  CLI::App* const command =
      app.add_subcommand("load", "check, cut, pack, upload, create the jobs, and reconcile their results");
  run::LoadOptions& options = load.options;
  add_input_options(*command, options.input);
  command->add_option("--module", options.module, "API name of the module, such as Leads")->required();
  add_operation(*command, options.operation, options.find_by);
  add_mapping(*command, options);
  command->add_option("--sandbox", load.sandbox,
                      "load into a sandbox: a database file, for one of our own, or the URL of a running one");
  command->add_option("--run-dir", options.run_dir,
                      "where the run keeps its files; one that holds this run already goes on with it; default: "
                      "bulkwrite-runs/<UTC time>-<id>");
  add_format(*command, "--date-format", options.date_format, options.column_formats,
             "of date columns, such as dd/MM/yyyy, or of one column; may be given more than once");
  add_format(*command, "--datetime-format", options.datetime_format, options.column_formats,
             "the same of datetime columns");
  add_on_repeat(*command, options.on_repeat);
  add_picklist(*command, options.unknown_choice);
  command->add_flag("--again", options.again, "load this input once more, although a run has loaded it already");
  command->add_flag("--dry-run", options.dry_run,
                    "read and check everything, say what the load would cost, and send nothing");
  command->add_flag("--strict", options.strict,
                    "refuse a file with columns that go to no field (exit 65), unless --mapping leaves them out; and a "
                    "record that is there already (present) counts as not taken (exit 2)");
  add_ways(*command, options);
  add_account_flags(*command, flags);
  return command;
}

void add_run_dir(CLI::App& app, std::filesystem::path& run_dir) {
  app.add_option("RUN_DIR", run_dir, "directory of the run")->required();
}

CLI::App* add_resume(CLI::App& app, ResumeCommand& resume, run::Values& flags) {
  CLI::App* const command = app.add_subcommand("resume", "go on with a run that was stopped or killed");
  add_run_dir(*command, resume.run_dir);
  command->add_option("--sandbox", resume.sandbox, "where the run went before, if that cannot be told from the run");
  add_ways(*command, resume.options);
  add_kernel(*command, resume.options.input);
  add_account_flags(*command, flags);
  return command;
}

CLI::App* add_status(CLI::App& app, StatusCommand& status) {
  CLI::App* const command =
      app.add_subcommand("status", "how a run stands: its chunks by state, and the uncertain ones");
  add_run_dir(*command, status.run_dir);
  command->add_flag("--json", status.json, "one line of JSON");
  return command;
}

CLI::App* add_runs(CLI::App& app, RunsCommand& runs) {
  CLI::App* const command = app.add_subcommand("runs", "the runs under a directory, a line each");
  command->add_option("DIR", runs.root, "directory that holds run directories")->capture_default_str();
  command->add_flag("--json", runs.json, "a line of JSON for each run");
  return command;
}

CLI::App* add_resolve(CLI::App& app, ResolveCommand& resolve) {
  using Kind = run::Resolution::Kind;
  CLI::App* const command =
      app.add_subcommand("resolve", "settle an uncertain chunk: look in the CRM first, then say what you found");
  add_run_dir(*command, resolve.run_dir);
  command->add_option("CHUNK", resolve.chunk_index, "index of the chunk, as `status` names it")->required();
  CLI::Option_group* const what = command->add_option_group("what to do, one of");
  what->add_option_function<std::string>(
          "--job-id",
          [&resolve](const std::string& id) {
            resolve.resolution = {Kind::job, id};
          },
          "its job exists and has this id: track it, fetch its results")
      ->type_name("ID");
  what->add_flag_callback(
      "--resubmit",
      [&resolve] {
        resolve.resolution = {Kind::resubmit, ""};
      },
      "its job does not exist: send the chunk again (if it does exist, every record is doubled)");
  what->add_flag_callback(
      "--abandon",
      [&resolve] {
        resolve.resolution = {Kind::abandon, ""};
      },
      "leave it: its records count as not sent, and this run never sends them");
  what->require_option(1);
  command->add_flag("--yes", resolve.agreed, "do it without asking");
  return command;
}

CLI::App* add_pack(CLI::App& app, PackCommand& pack) {
  CLI::App* const command = app.add_subcommand("pack", "check, cut and pack into a directory of archives; no network");
  add_input_options(*command, pack.options.input);
  command->add_option("-o,--output", pack.options.directory, "directory for the archives; new or empty")->required();
  add_workers(*command, pack.options.workers);
  add_choice(*command, "--level", pack.options.packing, kPackLevels, "fast",
             "none: stored, not compressed; fast: least time; small: a seventh smaller, five times the work");
  return command;
}

// A module, from a file or from the service.
void add_module(CLI::App& app, ModuleSource& source, run::Values& flags) {
  app.add_option("--schema", source.schema_file,
                 "its fields from a file (`bulkwrite fields -o`; data/leads.schema.json is one), instead of asking the "
                 "service");
  app.add_option("--sandbox", source.sandbox, "ask a sandbox: a database file, or the URL of a running one");
  add_account_flags(app, flags);
}

CLI::App* add_fields(CLI::App& app, FieldsCommand& fields, run::Values& flags) {
  CLI::App* const command =
      app.add_subcommand("fields", "the fields of a module, with what the service demands of their values");
  command->add_option("MODULE", fields.source.module, "API name, such as Leads")->required();
  command->add_flag("--json", fields.json, "one line of JSON, with all values of picklists");
  command->add_option("-o,--output", fields.output, "save them here, for --schema of load, check and map");
  add_module(*command, fields.source, flags);
  return command;
}

CLI::App* add_map(CLI::App& app, MapCommand& map, run::Values& flags) {
  CLI::App* const command =
      app.add_subcommand("map", "propose a mapping file for `load --mapping`, and say what goes nowhere and why");
  add_input_options(*command, map.input);
  command->add_option("--module", map.source.module, "API name of the module, such as Leads")->required();
  command->add_option("-o,--output", map.output, "the mapping file; JSON if it ends in .json; default: stdout, CSV");
  add_module(*command, map.source, flags);
  return command;
}

CLI::App* add_check(CLI::App& app, CheckCommand& check, run::Values& flags) {
  CLI::App* const command = app.add_subcommand(
      "check", "read and check only, and say what is wrong and where; with a module, refuse what load would refuse");
  add_input_options(*command, check.options.input);
  command->add_option("--module", check.source.module, "API name of the module that the records are for");
  add_operation(*command, check.options.operation, check.options.find_by);
  command->add_option("--mapping", check.options.mapping_file, "CSV or JSON that says where columns go, as of load");
  add_ignore_empty(*command, check.options.ignore_empty);
  add_module(*command, check.source, flags);
  add_picklist(*command, check.options.unknown_choice);
  add_format(*command, "--date-format", check.options.date_format, check.options.column_formats,
             "of date columns, such as dd/MM/yyyy, or of one column; may be given more than once");
  add_format(*command, "--datetime-format", check.options.datetime_format, check.options.column_formats,
             "the same of datetime columns");
  add_on_repeat(*command, check.options.on_repeat);
  command->add_option("--show", check.problems_shown_max, "problems to print; all are counted")->capture_default_str();
  command->add_flag("!--no-profile", check.options.profile, "leave out the profile of the columns, for speed");
  command->add_flag("--json", check.json, "one JSON document on stdout: summary, broken rules and profile");
  add_workers(*command, check.options.workers);
  return command;
}

CLI::App* add_login(CLI::App& auth, AuthCommand& login) {
  CLI::App* const command = auth.add_subcommand(
      "login", "exchange a self client's grant code for a profile that signs in by itself from then on (docs/zoho.md)");
  add_account_flags(*command, login.flags);
  command->add_option("--secret-file", login.secret_file,
                      "file with the client secret; default: BULKWRITE_CLIENT_SECRET, or a question at the terminal");
  command->add_option("--code-file", login.code_file,
                      "file with the grant code; default: BULKWRITE_GRANT_CODE, or a question at the terminal");
  return command;
}

void add_auth(CLI::App& app, AuthCommand& auth) {
  using What = AuthCommand::What;
  CLI::App* const command = app.add_subcommand("auth", "sign in at the service, see who we are there, sign out");
  command->require_subcommand(1);
  add_login(*command, auth)->callback([&auth] { auth.what = What::login; });
  CLI::App* const status =
      command->add_subcommand("status", "profile, data centre, organisation and token, as known here");
  add_account_flags(*status, auth.flags);
  status->add_flag("--check", auth.check, "ask the service whether it takes the token");
  status->add_flag("--json", auth.json, "one line of JSON");
  status->callback([&auth] { auth.what = What::status; });
  CLI::App* const revoke =
      command->add_subcommand("revoke", "end the refresh token at the service, and remove the profile");
  add_account_flags(*revoke, auth.flags);
  revoke->callback([&auth] { auth.what = What::revoke; });
}

CLI::App* add_config(CLI::App& app, run::Values& flags) {
  CLI::App* const command = app.add_subcommand("config", "what is set, and where");
  command->require_subcommand(1);
  CLI::App* const show = command->add_subcommand("show", "each setting, its value, and where that comes from");
  add_account_flags(*show, flags);
  return show;
}

}  // namespace

Command parse_arguments(int argc, char** argv) {
  CLI::App app("bulkwrite: loads huge CSV files through the Zoho CRM Bulk Write API", "bulkwrite");
  app.set_version_flag("--version", std::string("bulkwrite ") + run::version());
  app.require_subcommand(1);
  LoadCommand load;
  ResumeCommand resume;
  StatusCommand status;
  RunsCommand runs;
  ResolveCommand resolve;
  PackCommand pack;
  CheckCommand check;
  FieldsCommand fields;
  MapCommand map;
  AuthCommand auth;
  run::Values load_flags, resume_flags, module_flags, config_flags;
  CLI::App* const load_command = add_load(app, load, load_flags);
  CLI::App* const resume_command = add_resume(app, resume, resume_flags);
  const CLI::App* const status_command = add_status(app, status);
  const CLI::App* const runs_command = add_runs(app, runs);
  const CLI::App* const resolve_command = add_resolve(app, resolve);
  const CLI::App* const pack_command = add_pack(app, pack);
  CLI::App* const check_command = add_check(app, check, module_flags);
  CLI::App* const fields_command = add_fields(app, fields, module_flags);
  CLI::App* const map_command = add_map(app, map, module_flags);
  add_auth(app, auth);
  CLI::App* const config_command = add_config(app, config_flags);
  app.footer("Exit codes and the files of a run: docs/. Each command has a --help of its own.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Leave{app.exit(error) == 0 ? 0 : kUsage};
  }
  if (load_command->parsed()) {
    load.settings = read_settings(*load_command, load_flags);
    return load;
  }
  if (resume_command->parsed()) {
    resume.settings = read_settings(*resume_command, resume_flags, run::profile_of_run(resume.run_dir));
    return resume;
  }
  if (status_command->parsed()) return status;
  if (runs_command->parsed()) return runs;
  if (resolve_command->parsed()) return resolve;
  if (pack_command->parsed()) return pack;
  if (check_command->parsed()) {
    check.source.settings = read_settings(*check_command, module_flags);
    return check;
  }
  if (fields_command->parsed()) {
    fields.source.settings = read_settings(*fields_command, module_flags);
    return fields;
  }
  if (map_command->parsed()) {
    map.source.settings = read_settings(*map_command, module_flags);
    return map;
  }
  if (config_command->parsed())
    return ConfigCommand{read_settings(*config_command, config_flags), standards_of(*load_command)};
  return auth;
}

}  // namespace bulkwrite::cli
