#include "engine/run/account.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "engine/api/data_centre.h"
#include "engine/api/session.h"
#include "engine/run/given_token.h"
#include "engine/run/token_cache.h"

namespace bulkwrite::run {
namespace {

// A service on this machine is a sandbox or a stand-in: it is not made to wait for.
constexpr Milliseconds kNearPollMin{20}, kNearPollMax{1'000};

std::string known_data_centres() {
  std::string names;
  for (const api::DataCentre& centre : api::data_centres())
    names += (names.empty() ? "" : ", ") + std::string(centre.name);
  return names;
}

Result<const api::DataCentre*> data_centre_of(const Settings& settings) {
  const Settings::Setting& dc = settings.setting("dc");
  const api::DataCentre* const centre = api::find_data_centre(dc.value);
  if (centre == nullptr && !dc.value.empty()) {
    return Error{ErrorKind::configuration, fmt::format("there is no data centre \"{}\" ({}): it is one of {}", dc.value,
                                                       dc.from, known_data_centres())};
  }
  return centre;
}

// The setting, or what the data centre makes of it.
Result<std::string> base_of(const Settings& settings, std::string_view name, std::string_view of_centre) {
  const Settings::Setting& setting = settings.setting(name);
  std::string base = setting.value.empty() ? std::string(of_centre) : setting.value;
  while (base.ends_with('/')) base.pop_back();
  if (base.empty()) {
    return Error{ErrorKind::configuration, fmt::format("where is the service? name its data centre with --dc ({}), or "
                                                       "each of its hosts: {} is missing",
                                                       known_data_centres(), flag_of(name))};
  }
  const std::string what = setting.value.empty() ? std::string(name) : setting.from;
  if (auto ok = check_base(what, base, settings["allow_plain_http"] == "yes"); !ok) return std::move(ok).error();
  return base;
}

// What a sign-in has found of the API holds for its own data centre only.
bool is_api_found(const Settings& settings) {
  return !settings["api_domain"].empty() &&
         (settings["dc"].empty() || settings.setting("dc").from == settings.setting("api_domain").from);
}

Result<api::Target> target_of(const Settings& settings) {
  auto centre = data_centre_of(settings);
  if (!centre) return std::move(centre).error();
  const api::DataCentre none{}, &at = *centre == nullptr ? none : **centre;
  auto accounts = base_of(settings, "accounts_base", at.accounts_base);
  if (!accounts) return std::move(accounts).error();
  const bool is_set = !settings["api_base"].empty();
  auto api = base_of(settings, is_api_found(settings) && !is_set ? "api_domain" : "api_base", at.api_base);
  if (!api) return std::move(api).error();
  auto upload = base_of(settings, "upload_base", at.upload_base);
  if (!upload) return std::move(upload).error();
  return api::Target{.api_base = *std::move(api),
                     .accounts_base = *std::move(accounts),
                     .upload_base = *std::move(upload),
                     .org = settings["org"],
                     .api_follows_token = !is_set};
}

// The setting that tokens come by: the nearest; of those that are equally near, the first in this order. Null: none.
const Settings::Setting* token_source(const Settings& settings) {
  const Settings::Setting* nearest = nullptr;
  for (const std::string_view name : kTokenSources) {
    const Settings::Setting& setting = settings.setting(name);
    if (!setting.value.empty() && (nearest == nullptr || setting.origin < nearest->origin)) nearest = &setting;
  }
  return nearest;
}

Result<api::Credentials> credentials_of(const Settings& settings) {
  const Settings::Setting* const source = token_source(settings);
  const std::string_view by = source == nullptr ? "" : std::string_view(source->name);
  if (by == "token") return api::Credentials{.access_token = source->value};
  if (by == "token_file") return api::Credentials{.store = std::make_shared<TokenFromFile>(source->value)};
  if (by == "token_command") return api::Credentials{.store = std::make_shared<TokenFromCommand>(source->value)};
  for (const char* const name : {"refresh_token", "client_id", "client_secret"}) {
    if (!settings[name].empty()) continue;
    return Error{ErrorKind::configuration,
                 fmt::format("profile {} is not signed in ({} is missing): run `bulkwrite auth login`, or give a token "
                             "in BULKWRITE_TOKEN, BULKWRITE_TOKEN_FILE or BULKWRITE_TOKEN_COMMAND",
                             settings.profile(), name)};
  }
  api::Credentials credentials{.client_id = settings["client_id"],
                               .client_secret = settings["client_secret"],
                               .refresh_token = settings["refresh_token"]};
  // Without a place for files each process is on its own.
  if (!settings.directory().path.empty()) {
    credentials.store =
        std::make_shared<TokenCache>(settings.directory().token(settings.profile()), credentials.refresh_token);
  }
  return credentials;
}

Result<void> check_profile(const Settings& settings) {
  const Settings::Setting& profile = settings.setting("profile");
  if (profile.is_default() || settings.profile_is_there()) return {};
  const std::vector<std::string> names = settings.directory().profiles();
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? " (there is " : ", ") + name;
  return Error{ErrorKind::configuration,
               fmt::format("there is no profile {}{}: `bulkwrite auth login --profile {}` makes it", profile.value,
                           known.empty() ? "" : known + ")", profile.value)};
}

std::string renewed_by(const Settings& settings) {
  const Settings::Setting* const source = token_source(settings);
  if (source == nullptr) return "";
  return source->from + (source->name == "refresh_token" ? " (refresh token)" : "");
}

Account known_of(const Settings& settings, const api::Target& target) {
  Account account{.profile = settings.profile(),
                  .dc = settings["dc"],
                  .client_id = settings["client_id"],
                  .api_base = target.api_base,
                  .org = target.org,
                  .file = settings.profile_is_there() ? settings.profile_file() : std::filesystem::path(),
                  .renewed_by = renewed_by(settings),
                  .good_for = {}};
  if (!settings["refresh_token"].empty() && !settings.directory().path.empty())
    account.good_for = TokenCache(settings.directory().token(settings.profile()), settings["refresh_token"]).good_for();
  return account;
}

// A session that asks a few questions and goes.
struct Visit {
  SteadyClock clock;
  std::unique_ptr<api::Transport> transport;
  std::unique_ptr<api::Session> session;

  static Result<std::unique_ptr<Visit>> begin(api::Target target, api::Credentials credentials, std::stop_token stop) {
    auto visit = std::make_unique<Visit>();
    auto transport = api::make_curl_transport();
    if (!transport) return std::move(transport).error();
    visit->transport = *std::move(transport);
    visit->session = std::make_unique<api::Session>(*visit->transport, visit->clock, std::move(target),
                                                    std::move(credentials), std::random_device{}(), std::move(stop));
    return visit;
  }
};

// What a later call needs to know. Hosts that follow from the data centre are left to it.
Values profile_values(const Settings& settings) {
  Values values;
  for (const char* const name :
       {"dc", "client_id", "org", "accounts_base", "api_base", "upload_base", "allow_plain_http"})
    if (!settings.setting(name).is_default()) values[name] = settings[name];
  return values;
}

}  // namespace

bool names_service(const Settings& settings) {
  return !settings["dc"].empty() || !settings["api_base"].empty() || !settings.setting("profile").is_default();
}

std::vector<Settings::Setting> with_hosts(const Settings& settings) {
  std::vector<Settings::Setting> all = settings.all();
  const auto supply = [&](std::string_view name, std::string_view value, const std::string& from) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    if (!found->value.empty()) return;
    found->value = value;
    found->from = from;
  };
  if (is_api_found(settings))
    supply("api_base", settings["api_domain"], settings.setting("api_domain").from + " (as the sign-in said)");
  const api::DataCentre* const centre = api::find_data_centre(settings["dc"]);
  if (centre == nullptr) return all;
  const std::string from = fmt::format("data centre {}", centre->name);
  supply("accounts_base", centre->accounts_base, from);
  supply("api_base", centre->api_base, from);
  supply("upload_base", centre->upload_base, from);
  return all;
}

Result<void> use_account(const Settings& settings, LoadOptions& options) {
  if (auto ok = check_profile(settings); !ok) return ok;
  auto target = target_of(settings);
  if (!target) return std::move(target).error();
  auto credentials = credentials_of(settings);
  if (!credentials) return std::move(credentials).error();
  options.target = *std::move(target);
  options.credentials = *std::move(credentials);
  options.profile = settings.profile();
  if (is_loopback(options.target.api_base)) {
    options.poll_min = kNearPollMin;
    options.poll_max = kNearPollMax;
  }
  return {};
}

Result<Account> log_in(const Settings& settings, std::string client_secret, std::string_view grant_code,
                       std::stop_token stop) {
  auto target = target_of(settings);
  if (!target) return std::move(target).error();
  if (settings["client_id"].empty()) {
    return Error{ErrorKind::configuration,
                 "which client? --client-id takes the id of a self client of the API console (docs/zoho.md)"};
  }
  if (client_secret.empty() || grant_code.empty()) {
    return Error{ErrorKind::configuration,
                 client_secret.empty() ? "there is no client secret" : "there is no grant code"};
  }
  Values values = profile_values(settings);
  values["client_secret"] = client_secret;
  auto visit = Visit::begin(*target, {.client_id = settings["client_id"], .client_secret = std::move(client_secret)},
                            std::move(stop));
  if (!visit) return std::move(visit).error();
  api::Session& session = *(*visit)->session;
  auto grant = session.redeem(grant_code);
  if (!grant) return std::move(grant).error();
  values["refresh_token"] = grant->refresh_token;
  if (settings["api_base"].empty()) values["api_domain"] = session.target().api_base;
  // The code is spent: what it gave is kept before anything else can go wrong.
  if (auto ok = write_profile(settings.directory(), settings.profile(), values); !ok) return std::move(ok).error();
  TokenCache cache(settings.directory().token(settings.profile()), grant->refresh_token);
  auto first = cache.want("");
  if (first && first->kind == api::TokenStore::Answer::Kind::ask)
    if (auto ok = cache.keep(grant->token); !ok) return std::move(ok).error();
  if (auto ok = session.find_org(); !ok) {
    return in_context(fmt::format("signed in as profile {}, but the organisation cannot be asked for (--org sets it)",
                                  settings.profile()),
                      std::move(ok).error());
  }
  values["org"] = session.target().org;
  if (auto ok = write_profile(settings.directory(), settings.profile(), values); !ok) return std::move(ok).error();
  return Account{.profile = settings.profile(),
                 .dc = settings["dc"],
                 .client_id = settings["client_id"],
                 .api_base = session.target().api_base,
                 .org = session.target().org,
                 .file = settings.profile_file(),
                 .renewed_by = "",
                 .good_for = grant->token.ends_in};
}

Result<Account> account_of(const Settings& settings) {
  if (auto ok = check_profile(settings); !ok) return std::move(ok).error();
  if (auto credentials = credentials_of(settings); !credentials) return std::move(credentials).error();
  auto target = target_of(settings);
  if (!target) return std::move(target).error();
  return known_of(settings, *target);
}

Result<Account> ask_account(const Settings& settings, std::stop_token stop) {
  LoadOptions options;
  if (auto ok = use_account(settings, options); !ok) return std::move(ok).error();
  const std::string expected = std::exchange(options.target.org, "");
  auto visit = Visit::begin(options.target, options.credentials, std::move(stop));
  if (!visit) return std::move(visit).error();
  api::Session& session = *(*visit)->session;
  if (auto ok = session.sign_in(); !ok) return std::move(ok).error();
  if (auto ok = session.find_org(); !ok) return std::move(ok).error();
  if (!expected.empty() && expected != session.target().org) {
    return Error{ErrorKind::configuration,
                 fmt::format("the token is for organisation {}, and {} is set", session.target().org, expected)};
  }
  return known_of(settings, session.target());
}

Result<void> log_out(const Settings& settings, std::stop_token stop) {
  if (auto ok = check_profile(settings); !ok) return ok;
  auto target = target_of(settings);
  if (!target) return std::move(target).error();
  if (settings["refresh_token"].empty()) {
    return Error{ErrorKind::configuration,
                 fmt::format("profile {} is not signed in: there is nothing to revoke", settings.profile())};
  }
  auto visit = Visit::begin(*target,
                            {.client_id = settings["client_id"],
                             .client_secret = settings["client_secret"],
                             .refresh_token = settings["refresh_token"]},
                            std::move(stop));
  if (!visit) return std::move(visit).error();
  if (auto ok = (*visit)->session->revoke(); !ok) {
    return in_context(settings.profile_is_there() ? settings.profile_file().string() + " stays" : settings.profile(),
                      std::move(ok).error());
  }
  if (settings.directory().path.empty()) return {};
  TokenCache cache(settings.directory().token(settings.profile()), settings["refresh_token"]);
  if (auto ok = cache.remove(); !ok) return ok;
  return settings.profile_is_there() ? remove_file(settings.profile_file()) : Result<void>();
}

}  // namespace bulkwrite::run
