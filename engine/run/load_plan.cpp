#include "engine/run/load_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <random>

#include "engine/base/file.h"
#include "engine/csv/cutter.h"
#include "engine/run/front.h"
#include "engine/run/header_mapping.h"
#include "engine/run/mapping_file.h"
#include "engine/run/mapping_text.h"
#include "engine/run/member.h"
#include "engine/run/run_options.h"

namespace bulkwrite::run {
namespace {

Result<ModuleTexts> module_texts(const LoadOptions& options, const std::optional<ModuleTexts>& kept,
                                 api::Session& session) {
  if (kept) return *kept;
  return options.schema_file.empty() ? fetch_module(session, options.module) : read_module(options.schema_file);
}

// What only a load asks of a mapping: what results repeat, and whether every column must go somewhere.
Result<schema::Mapping> map_to_load(const LoadOptions& options, const std::vector<std::string>& names,
                                    const schema::Schema& schema, const std::vector<schema::ColumnRule>& rules) {
  auto mapping = map_header(names, schema, rules, mapping_options(options));
  if (!mapping) return mapping;
  if (auto ok = schema::put_key_first(*mapping, names, options.key, options.find_by); !ok) return std::move(ok).error();
  const auto unmapped = unmapped_names(*mapping, names, false);
  if (options.strict && !unmapped.empty()) {
    return Error{ErrorKind::input_data,
                 fmt::format("--strict: no field for {}; say in a mapping file (--mapping) where they go, or that they "
                             "are left out",
                             fmt::join(unmapped, ", "))};
  }
  return mapping;
}

// The columns that are sent where the others are dropped; empty: all of them are.
std::vector<size_t> kept_columns(const LoadOptions& options, const schema::Mapping& mapping) {
  if (!options.drop_unmapped || mapping.unmapped.empty()) return {};
  std::vector<size_t> kept = mapping.order;
  std::sort(kept.begin(), kept.end());
  return kept;
}

api::FieldMapping field_mapping(const schema::Field& field, std::optional<size_t> column) {
  const bool is_lookup = field.type == schema::FieldType::lookup || field.type == schema::FieldType::ownerlookup;
  return {.api_name = field.api_name,
          .column = column,
          .format = std::string(schema::format_of(field)),
          .find_by = is_lookup && field.find_by.empty() ? "id" : field.find_by,
          .default_value = field.default_value};
}

api::JobSpec job_spec(const LoadOptions& options, const schema::Mapping& mapping, const std::vector<size_t>& kept) {
  api::JobSpec job{.operation = operation_name(options.operation),
                   .module = options.module,
                   .find_by = options.find_by,
                   .mappings = {},
                   .ignore_empty = options.ignore_empty};
  const auto place_of = [&](size_t column) {
    if (kept.empty()) return column;
    return static_cast<size_t>(std::lower_bound(kept.begin(), kept.end(), column) - kept.begin());
  };
  for (const size_t column : mapping.order)
    job.mappings.push_back(field_mapping(*mapping.columns[column], place_of(column)));
  for (const schema::Field& field : mapping.constants) job.mappings.push_back(field_mapping(field, std::nullopt));
  return job;
}

std::string unnamed(size_t column) {
  return fmt::format("column_{}", column + 1);
}

// By column. The cutter has left room for the header's own names and for column_N: where API names need more, those
// that are too long go without.
std::vector<std::string> names_to_send(const schema::Mapping& mapping, const csv::Header& header) {
  std::vector<std::string> names;
  for (size_t i = 0; i < mapping.columns.size(); ++i)
    names.push_back(mapping.columns[i] ? mapping.columns[i]->api_name : unnamed(i));
  if (header_line(names, header.delimiter).size() <= csv::header_allowance(header)) return names;
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i].size() > std::max(header.names[i].size(), unnamed(i).size())) names[i] = unnamed(i);
  return names;
}

std::string archive_header(const LoadPlan& plan, char delimiter) {
  if (plan.kept_columns.empty()) return header_line(plan.sent_names, delimiter);
  std::vector<std::string> names;
  for (const size_t column : plan.kept_columns) names.push_back(plan.sent_names[column]);
  // See MemberBuilder.
  if (names.size() == 1) names.push_back(unnamed(plan.mapping.unmapped.front().column));
  return header_line(names, delimiter);
}

std::string sent_name_of(const LoadPlan& plan, std::string_view api_name) {
  for (const size_t column : plan.mapping.order)
    if (plan.mapping.columns[column]->api_name == api_name) return plan.sent_names[column];
  return "";
}

api::DispatcherOptions dispatcher_options(const LoadOptions& options, api::JobSpec job, uint64_t jitter_seed) {
  api::DispatcherOptions out;
  out.job = std::move(job);
  out.submission.resend_is_safe = options.operation != schema::Operation::insert || !options.find_by.empty();
  out.submission.poll_min = options.poll_min;
  out.submission.poll_max = options.poll_max;
  out.submission.job_deadline = options.job_deadline;
  if (!options.callback_url.empty()) out.submission.callback_wait = options.callback_wait;
  out.submission.retry.attempts_max = options.attempts_max;
  out.archives_held_max = options.uploads_max;
  out.jobs_in_flight_max = options.jobs_max;
  out.downloads_a_minute_max = options.downloads_a_minute_max.value_or(out.downloads_a_minute_max);
  out.canary = options.canary;
  out.request_timeout = options.request_timeout;
  out.stop_grace = options.stop_grace;
  out.jitter_seed = jitter_seed;
  return out;
}

}  // namespace

Result<void> validate_load(const LoadOptions& options) {
  if (auto ok = validate(options.input); !ok) return ok;
  if (options.module.empty()) return Error{ErrorKind::usage, "name the module with --module, such as --module Leads"};
  if (options.callback_listen.empty() != options.callback_url.empty()) {
    return Error{ErrorKind::usage,
                 "--callback-listen and --callback-url go together: where we listen, and how the service gets there"};
  }
  if (auto ok = check_module(options.module); !ok) return ok;
  if (options.target.api_base.empty()) return Error{ErrorKind::usage, "no target to load into"};
  return {};
}

Result<LoadPlan> make_plan(const LoadOptions& options, const csv::Header& header,
                           const std::optional<ModuleTexts>& kept, api::Transport& transport, const Clock& clock,
                           std::stop_token stop, const Tell& tell) {
  if (auto ok = refuse_header_faults(header); !ok) return std::move(ok).error();
  LoadPlan plan;
  auto file = read_mapping(options.mapping_file);
  if (!file) return std::move(file).error();
  const uint64_t jitter_seed = options.jitter_seed != 0 ? options.jitter_seed : std::random_device{}();
  plan.session = std::make_unique<api::Session>(transport, clock, options.target, options.credentials, jitter_seed,
                                                std::move(stop));
  plan.session->limit_credits(options.credits_max);
  if (auto ok = plan.session->sign_in(); !ok) return std::move(ok).error();
  if (auto ok = plan.session->find_org(); !ok) return std::move(ok).error();
  auto module = module_texts(options, kept, *plan.session);
  if (!module) return std::move(module).error();
  plan.module = *std::move(module);
  auto schema = read_schema(plan.module, options.module, mapping_options(options));
  if (!schema) return std::move(schema).error();

  auto mapping = map_to_load(options, header.names, *schema, file->rules);
  if (!mapping) return std::move(mapping).error();
  plan.mapping = *std::move(mapping);
  plan.mapping_text = std::move(file->text);
  tell_unmapped(plan.mapping, header.names, tell, options.drop_unmapped);
  auto checker = schema::RecordChecker::make(plan.mapping, options.unknown_choice);
  if (!checker) return std::move(checker).error();
  plan.checker = std::make_shared<const schema::RecordChecker>(*std::move(checker));

  plan.names = header.names;
  plan.header_bytes = header.bytes;
  plan.kept_columns = kept_columns(options, plan.mapping);
  plan.sent_names = names_to_send(plan.mapping, header);
  plan.archive_header = archive_header(plan, header.delimiter);
  plan.dispatcher_options =
      dispatcher_options(options, job_spec(options, plan.mapping, plan.kept_columns), jitter_seed);
  const std::string job = api::create_body(plan.dispatcher_options.job, "", "");
  plan.edition = plan.session->edition();
  plan.dispatcher_options.requests_in_flight_max =
      options.calls_max.value_or(plan.edition ? plan.edition->calls_at_once : api::kCallsAtOnce);
  if (options.operation == schema::Operation::insert) plan.present_field = sent_name_of(plan, options.find_by);
  plan.facts = {.module = options.module,
                .operation = operation_name(options.operation),
                .find_by = options.find_by,
                .org = plan.session->target().org,
                .target = options.target_name.empty() ? options.target.api_base : options.target_name,
                .job = job,
                .cut = cut_text(options.input),
                .header = header.bytes,
                .delimiter = header.delimiter,
                .files = {},
                .options = options_text(options)};
  return plan;
}

Result<void> LoadPlan::take(const Settled& settled, const LoadOptions& options) {
  mapping = with_formats(std::move(mapping), settled.decisions);
  auto made = schema::RecordChecker::make(mapping, options.unknown_choice);
  if (!made) return std::move(made).error();
  checker = std::make_shared<const schema::RecordChecker>(*std::move(made));
  repeats = settled.repeats;
  seen = settled.seen;
  on_repeat = settled.decisions.on_repeat;
  dispatcher_options.job = job_spec(options, mapping, kept_columns);
  return {};
}

ReconcileOptions LoadPlan::reconcile_options(const RunDirectory& directory) const {
  return {.run_dir = directory.path,
          .header_bytes = header_bytes,
          .names = names,
          .sent_names = sent_names,
          .mapped_columns = mapping.order,
          .present_field = present_field};
}

}  // namespace bulkwrite::run
