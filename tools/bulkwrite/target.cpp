#include "tools/bulkwrite/target.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/run/account.h"

namespace bulkwrite::cli {
namespace {

// The client that a sandbox knows unless it is told otherwise (tools/sandbox/README.md). No secrets.
constexpr const char* kSandboxClientId = "1000.SANDBOXCLIENT";
constexpr const char* kSandboxClientSecret = "sandbox-client-secret";
constexpr const char* kSandboxRefreshToken = "1000.sandbox.refresh-token";

// A sandbox is nobody else's, and limits no downloads.
constexpr unsigned kSandboxDownloads = 0;
constexpr std::chrono::milliseconds kSandboxPollMin{20}, kSandboxPollMax{1'000};

bool is_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

}  // namespace

Result<void> choose_target(const std::string& sandbox, const run::Settings& settings, run::LoadOptions& options,
                           std::unique_ptr<SandboxChild>& child) {
  if (sandbox.empty() && (settings.profile_is_there() || run::names_service(settings)))
    return run::use_account(settings, options);
  if (sandbox.empty()) {
    return Error{
        ErrorKind::usage,
        "no target: sign in at the service with `bulkwrite auth login`, or name a sandbox with --sandbox crm.db "
        "(one of your own in that file) or --sandbox http://127.0.0.1:PORT (one that runs)"};
  }
  std::string url = sandbox;
  if (!is_url(sandbox)) {
    auto started = SandboxChild::start(sandbox);
    if (!started) return std::move(started).error();
    child = *std::move(started);
    url = child->url();
    std::error_code failure;
    options.target_name = std::filesystem::weakly_canonical(sandbox, failure).string();
  }
  while (url.ends_with('/')) url.pop_back();
  if (!run::is_loopback(url))
    return Error{ErrorKind::usage,
                 "--sandbox takes a URL on this machine only, such as http://127.0.0.1:8080, not " + url};
  options.target = {.api_base = url, .accounts_base = url, .upload_base = url};
  options.credentials = {
      .client_id = kSandboxClientId, .client_secret = kSandboxClientSecret, .refresh_token = kSandboxRefreshToken};
  if (const char* const token = std::getenv("BULKWRITE_TOKEN"); token != nullptr && child == nullptr)
    options.credentials.access_token = token;
  options.poll_min = kSandboxPollMin;
  options.poll_max = kSandboxPollMax;
  if (!options.downloads_a_minute_max) options.downloads_a_minute_max = kSandboxDownloads;
  return {};
}

}  // namespace bulkwrite::cli
