#include "tools/bulkwrite/target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

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

// To the letter: another host's name may begin like the loopback's, and what stands before an "@" is no host.
bool is_loopback(std::string_view url) {
  std::string_view origin = url.substr(url.find("://") + 3);
  origin = origin.substr(0, origin.find('/'));
  const size_t host_end = origin.starts_with("[::1]") ? 5 : std::min(origin.find(':'), origin.size());
  const std::string host(origin.substr(0, host_end));
  const std::string_view port = origin.substr(host_end);
  if (!port.empty() && (port.front() != ':' || port.find_first_not_of("0123456789", 1) != std::string_view::npos))
    return false;
  in_addr address{};
  return host == "[::1]" || host == "localhost" ||
         (host.starts_with("127.") && inet_pton(AF_INET, host.c_str(), &address) == 1);
}

}  // namespace

Result<void> choose_target(const std::string& sandbox, run::LoadOptions& options,
                           std::unique_ptr<SandboxChild>& child) {
  if (sandbox.empty()) {
    return Error{ErrorKind::usage,
                 "no target: name one with --sandbox crm.db (a sandbox of your own in that file) or --sandbox "
                 "http://127.0.0.1:PORT "
                 "(one that runs)"};
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
  if (!is_loopback(url))
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
