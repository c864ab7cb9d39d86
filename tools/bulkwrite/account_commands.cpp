#include "tools/bulkwrite/account_commands.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "engine/run/account.h"
#include "engine/run/summary.h"
#include "tools/bulkwrite/print.h"
#include "tools/bulkwrite/secret_prompt.h"
#include "tools/bulkwrite/setting_flags.h"

namespace bulkwrite::cli {
namespace {

std::string from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<run::Account> log_in(const AuthCommand& command, const run::Settings& settings, const std::stop_token& stop) {
  print_to(stderr,
           "the grant code is that of a self client (API console, Generate Code), made for these scopes:\n  {}\n",
           run::kScopes);
  auto secret = get_secret({.file = command.secret_file,
                            .set = settings["client_secret"],
                            .question = "client secret",
                            .hint = "give it by --secret-file or in BULKWRITE_CLIENT_SECRET"},
                           stop);
  if (!secret) return std::move(secret).error();
  auto code = get_secret({.file = command.code_file,
                          .set = from_environment("BULKWRITE_GRANT_CODE"),
                          .question = "grant code",
                          .hint = "give it by --code-file or in BULKWRITE_GRANT_CODE"},
                         stop);
  if (!code) return std::move(code).error();
  return run::log_in(settings, *std::move(secret), *code, stop);
}

std::string token_text(const run::Account& account) {
  if (account.good_for)
    return fmt::format("an access token is kept, good for {} min",
                       std::chrono::duration_cast<std::chrono::minutes>(*account.good_for).count());
  return "no access token is kept";
}

void print_account(const run::Account& account) {
  const auto line = [](const char* name, const std::string& value) {
    if (!value.empty()) print_to(stdout, "{:<13}{}\n", name, value);
  };
  line("profile", account.profile);
  line("file", account.file.string());
  line("data centre", account.dc);
  line("api", account.api_base);
  line("client", account.client_id);
  line("organisation", account.org.empty() ? "not known yet" : account.org);
  line("tokens from", account.renewed_by);
  line("token", token_text(account));
}

std::string to_json(const run::Account& account, bool checked) {
  using Json = nlohmann::ordered_json;
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  const Json seconds =
      account.good_for ? Json(std::chrono::duration_cast<std::chrono::seconds>(*account.good_for).count()) : Json();
  const Json json{
      {"profile", account.profile},        {"file", text(account.file.string())},  {"dc", text(account.dc)},
      {"api_base", account.api_base},      {"client_id", text(account.client_id)}, {"org", text(account.org)},
      {"tokens_from", account.renewed_by}, {"token_good_for_s", seconds},          {"checked", checked}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int log_in_and_say(const AuthCommand& command, const run::Settings& settings, const std::stop_token& stop) {
  const auto account = log_in(command, settings, stop);
  if (!account) return complain(account.error());
  print_to(stderr, "signed in: profile {} is for organisation {} at {}\n", account->profile, account->org,
           account->api_base);
  return 0;
}

int say_status(const AuthCommand& command, const run::Settings& settings, const std::stop_token& stop) {
  const auto account = command.check ? run::ask_account(settings, stop) : run::account_of(settings);
  if (!account) return complain(account.error());
  if (command.json)
    print_to(stdout, "{}\n", to_json(*account, command.check));
  else
    print_account(*account);
  if (command.check) print_to(stderr, "the service takes the token\n");
  return 0;
}

int revoke(const run::Settings& settings, const std::stop_token& stop) {
  if (auto done = run::log_out(settings, stop); !done) return complain(done.error());
  print_to(stderr, "revoked: profile {} is signed out, and its files are gone\n", settings.profile());
  return 0;
}

}  // namespace

int complain(const Error& error) {
  print_to(stderr, "bulkwrite: error: {}\n", error.message);
  return run::exit_code_of(error.kind);
}

int run_auth(const AuthCommand& command, std::stop_token stop) {
  const bool anew = command.what == AuthCommand::What::login;
  const auto settings = run::Settings::read(command.flags, environment,
                                            anew ? run::Settings::Profile::passed_over : run::Settings::Profile::used);
  if (!settings) return complain(settings.error());
  switch (command.what) {
    case AuthCommand::What::login:
      return log_in_and_say(command, *settings, stop);
    case AuthCommand::What::status:
      return say_status(command, *settings, stop);
    case AuthCommand::What::revoke:
      return revoke(*settings, stop);
  }
  return 0;
}

int show_config(const ConfigCommand& command) {
  if (!command.settings) return complain(command.settings.error());
  for (const run::Settings::Setting& setting : run::with_hosts(*command.settings)) {
    const auto standard = command.standards.find(setting.name);
    const bool is_standard = setting.value.empty() && standard != command.standards.end();
    const std::string value = is_standard ? standard->second : shown(setting);
    print_to(stdout, "{:<22}{:<40} {}\n", setting.name, value.empty() ? "-" : value,
             value.empty() ? "not set" : setting.from);
  }
  return 0;
}

}  // namespace bulkwrite::cli
