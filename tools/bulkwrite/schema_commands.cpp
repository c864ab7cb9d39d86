#include "tools/bulkwrite/schema_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "engine/base/file.h"
#include "engine/run/mapping_file.h"
#include "tools/bulkwrite/account_commands.h"
#include "tools/bulkwrite/print.h"
#include "tools/bulkwrite/target.h"

namespace bulkwrite::cli {
namespace {

constexpr size_t kValuesShownMax = 8;

std::string values_text(const schema::Field& field) {
  const auto& choices = field.choices;
  const std::vector<std::string> shown(
      choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(std::min(choices.size(), kValuesShownMax)));
  const size_t more = choices.size() - shown.size();
  return fmt::format("{}{}", fmt::join(shown, "; "), more > 0 ? fmt::format("; and {} more (--json)", more) : "");
}

const char* required_text(const schema::Field& field) {
  if (field.required_by_system) return "system";
  return field.required ? "layout" : "";
}

const char* unique_text(const schema::Field& field) {
  if (field.unique) return "yes";
  return field.external_id ? "external" : "";
}

const char* writable_text(const schema::Field& field) {
  if (field.creatable != field.updatable) return field.creatable ? "create" : "update";
  return field.creatable ? "yes" : "no";
}

void print_table(const schema::Schema& schema) {
  print_to(stdout, "{:<24} {:<24} {:<20} {:>6}  {:<8} {:<8} {:<8}  {}\n", "name", "label", "type", "length", "required",
           "unique", "writable", "values");
  for (const schema::Field& field : schema.fields) {
    const std::string line =
        fmt::format("{:<24} {:<24} {:<20} {:>6}  {:<8} {:<8} {:<8}  {}", field.api_name, field.label, field.data_type,
                    field.length_max == 0 ? "" : std::to_string(field.length_max), required_text(field),
                    unique_text(field), writable_text(field), values_text(field));
    print_to(stdout, "{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

Result<void> show_or_save(const FieldsCommand& command, const std::stop_token& stop) {
  auto texts = find_module(command.source, stop);
  if (!texts) return std::move(texts).error();
  const auto schema = run::schema_of(*texts, command.source.module);
  if (!schema) return schema.error();
  if (command.json)
    print_to(stdout, "{}\n", run::to_json(*schema));
  else if (command.output.empty())
    print_table(*schema);
  if (command.output.empty()) return {};
  auto saved = run::saved_module(*texts, command.source.module);
  if (!saved) return std::move(saved).error();
  if (auto ok = write_file(command.output, *saved); !ok) return ok;
  print_to(stderr, "{} fields of {} are in {}\n", schema->fields.size(), schema->module, command.output.string());
  return {};
}

Result<void> propose(const MapCommand& command, const std::stop_token& stop) {
  auto names = run::column_names(command.input);
  if (!names) return std::move(names).error();
  auto texts = find_module(command.source, stop);
  if (!texts) return std::move(texts).error();
  const auto schema = run::schema_of(*texts, command.source.module);
  if (!schema) return schema.error();
  const schema::Proposal proposal = schema::propose_rules(*names, *schema);
  auto text = run::mapping_text(proposal.rules, command.output);
  if (!text) return std::move(text).error();
  if (command.output.empty()) {
    print_to(stdout, "{}", *text);
  } else if (auto ok = write_file(command.output, *text); !ok) {
    return ok;
  }
  for (const std::string& note : proposal.notes) print_to(stderr, "{}\n", note);
  print_to(stderr, "{} of {} columns go to a field of {}\n", proposal.mapped, names->size(), schema->module);
  return {};
}

}  // namespace

Result<run::ModuleTexts> find_module(const ModuleSource& source, std::stop_token stop) {
  if (!source.schema_file.empty()) return run::read_module(source.schema_file);
  if (!source.settings) return source.settings.error();
  run::LoadOptions options;
  std::unique_ptr<SandboxChild> child;
  if (auto ok = choose_target(source.sandbox, *source.settings, options, child); !ok) return std::move(ok).error();
  return run::ask_for_module(options, source.module, std::move(stop));
}

int show_fields(const FieldsCommand& command, std::stop_token stop) {
  const auto done = show_or_save(command, stop);
  return done ? 0 : complain(done.error());
}

int propose_mapping(const MapCommand& command, std::stop_token stop) {
  const auto done = propose(command, stop);
  return done ? 0 : complain(done.error());
}

}  // namespace bulkwrite::cli
