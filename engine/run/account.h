// Who we are at the service: signing in for good, what a load then goes by, and signing out.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/run/load.h"
#include "engine/run/settings.h"

namespace bulkwrite::run {

// What a self client's code must be made for (contract 1.8).
constexpr std::string_view kScopes =
    "ZohoFiles.files.ALL,ZohoCRM.bulk.ALL,ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.org.READ";

// Whether the settings name a place to load into at all.
bool names_service(const Settings& settings);

// All settings, and of the hosts that are not set those that count: what the data centre supplies, or a sign-in has
// found of the API. Their `from` says so.
std::vector<Settings::Setting> with_hosts(const Settings& settings);

// Fills in target, credentials, profile and, for a service on this machine, a patience that fits it. Tokens come from
// where the nearest setting says; of settings that are equally near a token is taken before a file, a command and the
// refresh token. Errors: configuration, which says
// what is missing.
Result<void> use_account(const Settings& settings, LoadOptions& options);

struct Account {
  std::string profile, dc, client_id, api_base, org;
  std::filesystem::path file;            // of the profile; empty: everything is from elsewhere
  std::string renewed_by;                // how tokens are come by, for people
  std::optional<Milliseconds> good_for;  // the token that is kept, if any
};

// Exchanges a self client's code for a refresh token, writes the profile, and asks for the organisation. What is
// written stays where that fails. Errors: not_allowed, service_down, transient, configuration, cannot_write.
Result<Account> log_in(const Settings& settings, std::string client_secret, std::string_view grant_code,
                       std::stop_token stop);

// As far as it is known without asking anybody.
Result<Account> account_of(const Settings& settings);
// The same, after the service has taken our token.
Result<Account> ask_account(const Settings& settings, std::stop_token stop);

// Ends the refresh token at the service, and removes the profile's files. Errors: as of log_in; the files stay then.
Result<void> log_out(const Settings& settings, std::stop_token stop);

}  // namespace bulkwrite::run
