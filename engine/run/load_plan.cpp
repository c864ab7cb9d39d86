#include "engine/run/load_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>

#include "engine/run/mapping_text.h"
#include "engine/run/member.h"
#include "engine/run/run_options.h"
#include "engine/run/schema_json.h"

namespace bulkwrite::run {
namespace {

Result<void> refuse_header_faults(const csv::Header& header) {
  const std::vector<std::string> faults = csv::header_faults(header.names);
  if (faults.empty()) return {};
  return Error{ErrorKind::input_data, fmt::format("the header cannot be loaded: {}", fmt::join(faults, "; "))};
}

Result<ModuleTexts> fetch_module(api::Session& session, const std::string& module) {
  auto fields = session.get_fields(module);
  if (!fields) return std::move(fields).error();
  auto layouts = session.get_layouts(module);
  if (!layouts) return std::move(layouts).error();
  return ModuleTexts{*std::move(fields), *std::move(layouts)};
}

Result<schema::Schema> read_schema(const ModuleTexts& module, const LoadOptions& options) {
  auto schema = schema_from_fields_json(module.fields, options.module);
  if (!schema) return in_context("the fields of " + options.module, std::move(schema).error());
  if (auto ok = mark_layout_required(*schema, module.layouts); !ok)
    return in_context("the layouts of " + options.module, std::move(ok).error());
  for (schema::Field& field : schema->fields) {
    if (field.type == schema::FieldType::date && field.format.empty()) field.format = options.date_format;
    if (field.type == schema::FieldType::datetime && field.format.empty()) field.format = options.datetime_format;
  }
  return schema;
}

api::JobSpec job_spec(const LoadOptions& options, const schema::Mapping& mapping) {
  api::JobSpec job{
      .operation = operation_name(options.operation), .module = options.module, .find_by = options.find_by};
  for (size_t i = 0; i < mapping.columns.size(); ++i) {
    if (!mapping.columns[i]) continue;
    const schema::Field& field = *mapping.columns[i];
    const bool is_lookup = field.type == schema::FieldType::lookup || field.type == schema::FieldType::ownerlookup;
    job.mappings.push_back({.api_name = field.api_name,
                            .column = i,
                            .format = std::string(schema::format_of(field)),
                            .find_by = is_lookup && field.find_by.empty() ? "id" : field.find_by});
  }
  return job;
}

std::vector<std::string> archive_names(const schema::Mapping& mapping) {
  std::vector<std::string> names;
  for (size_t i = 0; i < mapping.columns.size(); ++i)
    names.push_back(mapping.columns[i] ? mapping.columns[i]->api_name : fmt::format("column_{}", i + 1));
  return names;
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
  if (!schema::takes_bulk_writes(options.module)) {
    return Error{
        ErrorKind::configuration,
        fmt::format("the service takes no bulk writes into {}: Users, Notes, Attachments, Events and Calls must "
                    "be written another way",
                    options.module)};
  }
  if (options.target.api_base.empty()) return Error{ErrorKind::usage, "no target to load into"};
  return {};
}

Result<LoadPlan> make_plan(const LoadOptions& options, const csv::Header& header,
                           const std::optional<ModuleTexts>& kept, api::Transport& transport, const Clock& clock,
                           std::stop_token stop, const Tell& tell) {
  if (auto ok = refuse_header_faults(header); !ok) return std::move(ok).error();
  const uint64_t jitter_seed = options.jitter_seed != 0 ? options.jitter_seed : std::random_device{}();
  LoadPlan plan;
  plan.session = std::make_unique<api::Session>(transport, clock, options.target, options.credentials, jitter_seed,
                                                std::move(stop));
  plan.session->limit_credits(options.credits_max);
  if (auto ok = plan.session->sign_in(); !ok) return std::move(ok).error();
  if (auto ok = plan.session->find_org(); !ok) return std::move(ok).error();
  auto module = kept ? Result<ModuleTexts>(*kept) : fetch_module(*plan.session, options.module);
  if (!module) return std::move(module).error();
  plan.module = *std::move(module);
  auto schema = read_schema(plan.module, options);
  if (!schema) return std::move(schema).error();

  plan.mapping = schema::map_by_api_name(header.names, *schema);
  if (auto ok = schema::check_mapping(plan.mapping, *schema, options.operation, options.find_by); !ok)
    return std::move(ok).error();
  tell_unmapped(plan.mapping, header.names, tell);
  auto checker = schema::RecordChecker::make(plan.mapping, options.unknown_choice);
  if (!checker) return std::move(checker).error();
  plan.checker = std::make_shared<const schema::RecordChecker>(*std::move(checker));

  plan.names = header.names;
  plan.header_bytes = header.bytes;
  plan.archive_header = header_line(archive_names(plan.mapping), header.delimiter);
  plan.dispatcher_options = dispatcher_options(options, job_spec(options, plan.mapping), jitter_seed);
  const std::string job = api::create_body(plan.dispatcher_options.job, "", "");
  plan.edition = plan.session->edition();
  plan.dispatcher_options.requests_in_flight_max =
      options.calls_max.value_or(plan.edition ? plan.edition->calls_at_once : api::kCallsAtOnce);
  if (options.operation == schema::Operation::insert) plan.present_field = options.find_by;
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

ReconcileOptions LoadPlan::reconcile_options(const RunDirectory& directory) const {
  ReconcileOptions out{
      .run_dir = directory.path, .header_bytes = header_bytes, .names = names, .present_field = present_field};
  for (size_t i = 0; i < mapping.columns.size(); ++i)
    if (mapping.columns[i]) out.mapped_columns.push_back(i);
  return out;
}

}  // namespace bulkwrite::run
