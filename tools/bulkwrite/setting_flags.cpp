#include "tools/bulkwrite/setting_flags.h"

#include <fmt/format.h>

#include <cstdlib>

namespace bulkwrite::cli {
namespace {

void add_flag(CLI::App& app, run::Values& flags, const std::string& name, const std::string& text,
              const std::string& type) {
  app.add_option_function<std::string>(
         run::flag_of(name), [&flags, name](const std::string& value) { flags[name] = value; }, text)
      ->type_name(type)
      ->group("Account");
}

// What a config file says is for runs to come: one that was begun knows better.
Result<void> choose_profile(run::Values& flags, const std::string& profile_of_run) {
  if (profile_of_run.empty()) return {};
  const auto named = run::Settings::read(flags, environment, run::Settings::Profile::passed_over);
  if (!named) return named.error();
  const run::Settings::Setting& profile = named->setting("profile");
  const bool is_chosen = profile.origin == run::Origin::flag || profile.origin == run::Origin::environment;
  if (!is_chosen && profile.value != profile_of_run) flags["profile"] = profile_of_run;
  return {};
}

}  // namespace

const char* environment(const char* name) {
  return std::getenv(name);
}

void add_account_flags(CLI::App& app, run::Values& flags) {
  add_flag(app, flags, "profile", "which account: a name that `auth login` was given; default: \"default\"", "NAME");
  add_flag(app, flags, "dc", "data centre: us, eu, in, au, cn, jp, ca or sa", "DC");
  add_flag(app, flags, "client_id", "of the self client in the API console", "ID");
  add_flag(app, flags, "org", "the organisation's zgid, instead of asking the service", "ZGID");
  add_flag(app, flags, "token_file", "a file whose first line is an access token that somebody else renews", "FILE");
  add_flag(app, flags, "accounts_base", "https://HOST of the sign-in, instead of the data centre's", "URL");
  add_flag(app, flags, "api_base", "https://HOST of the API, instead of what the sign-in says", "URL");
  add_flag(app, flags, "upload_base", "https://HOST of the upload, instead of the data centre's", "URL");
  app.add_flag_callback(
         "--allow-plain-http", [&flags] { flags["allow_plain_http"] = "yes"; },
         "send secrets over http to other machines, for a test network")
      ->group("Account");
}

run::Values standards_of(const CLI::App& command) {
  run::Values standards;
  for (const run::SettingKind& kind : run::setting_kinds())
    if (const CLI::Option* const option = command.get_option_no_throw(run::flag_of(kind.name)); option != nullptr)
      if (!option->get_default_str().empty()) standards[std::string(kind.name)] = option->get_default_str();
  return standards;
}

Result<run::Settings> read_settings(CLI::App& command, run::Values flags, const std::string& profile_of_run) {
  for (const run::SettingKind& kind : run::setting_kinds()) {
    const std::string name(kind.name);
    const CLI::Option* const option = command.get_option_no_throw(run::flag_of(name));
    if (option != nullptr && option->count() > 0 && flags.count(name) == 0) flags[name] = option->results().back();
  }
  if (auto ok = choose_profile(flags, profile_of_run); !ok) return std::move(ok).error();
  auto settings = run::Settings::read(flags, environment);
  if (!settings) return settings;
  for (const run::Settings::Setting& setting : settings->all()) {
    CLI::Option* const option = command.get_option_no_throw(run::flag_of(setting.name));
    if (option == nullptr || option->count() > 0 || setting.is_default() || flags.count(setting.name) != 0) continue;
    try {
      option->add_result(setting.value);
      option->run_callback();
    } catch (const CLI::ParseError& error) {
      return Error{ErrorKind::configuration, fmt::format("{} does not fit: {}", run::place_of(setting), error.what())};
    }
  }
  return settings;
}

}  // namespace bulkwrite::cli
