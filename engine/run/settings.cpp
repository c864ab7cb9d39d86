#include "engine/run/settings.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/check.h"
#include "engine/base/file.h"

namespace bulkwrite::run {
namespace {

constexpr std::array kKinds{
    SettingKind{"profile", false, "default"},
    SettingKind{"dc"},
    SettingKind{"client_id"},
    SettingKind{"client_secret", true},
    SettingKind{"refresh_token", true},
    SettingKind{"token", true},
    SettingKind{"token_file"},
    SettingKind{"token_command", true},  // what it calls may hold one
    SettingKind{"org"},
    SettingKind{"accounts_base"},
    SettingKind{"api_base"},
    SettingKind{"api_domain"},
    SettingKind{"upload_base"},
    SettingKind{"allow_plain_http", false, "no", true},
    SettingKind{"workers"},
    SettingKind{"level"},
    SettingKind{"jobs"},
    SettingKind{"uploads"},
    SettingKind{"attempts"},
    SettingKind{"job_deadline"},
    SettingKind{"request_timeout"},
    SettingKind{"callback_listen"},
    SettingKind{"callback_url"},
    SettingKind{"callback_wait"},
    SettingKind{"max_credits"},
    SettingKind{"max_failed"},
    SettingKind{"max_rejects"},
    SettingKind{"max_duration"},
    SettingKind{"canary"},
    SettingKind{"concurrency"},
    SettingKind{"downloads_per_minute"},
    SettingKind{"picklist"},
    SettingKind{"on_repeat"},
};

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

const SettingKind* find_kind(std::string_view name) {
  const auto* const found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const SettingKind& kind) { return kind.name == name; });
  return found == kKinds.end() ? nullptr : found;
}

Error unfit(const std::filesystem::path& path, std::string_view why) {
  return {ErrorKind::configuration, fmt::format("{}: {}", path.string(), why)};
}

bool is_there(const std::filesystem::path& path) {
  std::error_code failure;
  return !path.empty() && std::filesystem::exists(path, failure);
}

// A text as it is; numbers and booleans as one would write them in a call.
std::string text_of(const nlohmann::json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Result<Values> read_values(const std::filesystem::path& path) {
  if (!is_there(path)) return Values{};
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  // What is wrong is not shown: it may be a secret.
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return unfit(path, "this is no JSON object");
  Values values;
  for (const auto& [name, value] : json.items()) {
    if (find_kind(name) == nullptr) return unfit(path, fmt::format("there is no setting \"{}\"", name));
    if (value.is_structured() || value.is_null()) return unfit(path, fmt::format("\"{}\" takes a text", name));
    values[name] = text_of(value);
  }
  return values;
}

Result<Values> read_config(const std::filesystem::path& path) {
  auto values = read_values(path);
  if (!values) return values;
  for (const SettingKind& kind : kKinds)
    if (kind.is_secret && values->find(kind.name) != values->end())
      return unfit(path, fmt::format("{} is a secret: it belongs in a profile or in the environment", kind.name));
  return values;
}

Result<Values> read_profile(const std::filesystem::path& path) {
  struct stat status {};
  if (is_there(path) && ::stat(path.c_str(), &status) == 0 && (status.st_mode & kOthers) != 0)
    return unfit(path, "others may read it, and it holds secrets; chmod 600 it");
  return read_values(path);
}

// "yes" or "no"; nothing where it is neither.
std::optional<std::string> yes_or_no(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (text == "yes" || text == "true" || text == "1") return "yes";
  if (text == "no" || text == "false" || text == "0") return "no";
  return std::nullopt;
}

// In the one form that counts. What is taken for a no would switch off what somebody means to have switched on.
Result<void> settle(const SettingKind& kind, Settings::Setting& setting) {
  if (!kind.is_yes_or_no) return {};
  auto settled = yes_or_no(setting.value);
  if (!settled) {
    return Error{ErrorKind::configuration, fmt::format("{} is \"{}\": it takes yes, true or 1, or no, false or 0",
                                                       place_of(setting), setting.value)};
  }
  setting.value = *std::move(settled);
  return {};
}

// Whether a profile, where it counts, has the environment passed over for this setting: tokens come by one account
// only, and a client's id and secret belong together.
bool rules_out_environment(const Values& profile, std::string_view name) {
  const auto holds = [&](std::string_view what) { return profile.find(what) != profile.end(); };
  if (std::none_of(kTokenSources.begin(), kTokenSources.end(), holds)) return false;
  const bool is_source = std::find(kTokenSources.begin(), kTokenSources.end(), name) != kTokenSources.end();
  return is_source || ((name == "client_id" || name == "client_secret") && holds(name));
}

}  // namespace

std::span<const SettingKind> setting_kinds() {
  return kKinds;
}

std::string flag_of(std::string_view name) {
  std::string flag = "--" + std::string(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string environment_of(std::string_view name) {
  std::string out = "BULKWRITE_";
  for (const char c : name) out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

ConfigDirectory ConfigDirectory::of(const Environment& environment) {
  const char* const xdg = environment("XDG_CONFIG_HOME");
  const char* const home = environment("HOME");
  // A relative one is to be ignored, as the convention has it.
  if (xdg != nullptr && *xdg == '/') return {std::filesystem::path(xdg) / "bulkwrite"};
  if (home != nullptr && *home == '/') return {std::filesystem::path(home) / ".config" / "bulkwrite"};
  return {};
}

std::filesystem::path ConfigDirectory::profile(std::string_view name) const {
  return path.empty() ? path : path / "profiles" / (std::string(name) + ".json");
}

std::filesystem::path ConfigDirectory::token(std::string_view name) const {
  return path.empty() ? path : path / "tokens" / (std::string(name) + ".json");
}

std::vector<std::string> ConfigDirectory::profiles() const {
  std::vector<std::string> names;
  if (path.empty()) return names;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(path / "profiles", failure))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

Result<Settings> Settings::read(const Values& flags, const Environment& environment, Profile use) {
  Settings settings;
  settings.directory_ = ConfigDirectory::of(environment);
  const std::filesystem::path config_file =
      settings.directory_.path.empty() ? std::filesystem::path() : settings.directory_.config();
  auto config = read_config(config_file);
  if (!config) return std::move(config).error();
  std::filesystem::path profile_file;
  Values profile;
  bool is_named_by_flag = false;
  for (const SettingKind& kind : kKinds) {
    const std::string name(kind.name);
    Setting setting{.name = name, .value = std::string(kind.standard), .from = "default", .is_secret = kind.is_secret};
    const char* const set = environment(environment_of(name).c_str());
    const bool is_of_another = is_named_by_flag && rules_out_environment(profile, name);
    if (const auto flag = flags.find(name); flag != flags.end())
      setting = {name, flag->second, flag_of(name), kind.is_secret, Origin::flag};
    else if (set != nullptr && *set != '\0' && !is_of_another)
      setting = {name, set, environment_of(name), kind.is_secret, Origin::environment};
    else if (const auto kept = profile.find(name); kept != profile.end())
      setting = {name, kept->second, profile_file.string(), kind.is_secret, Origin::profile};
    else if (const auto written = config->find(name); written != config->end())
      setting = {name, written->second, config_file.string(), kind.is_secret, Origin::config};
    if (auto ok = settle(kind, setting); !ok) return std::move(ok).error();
    settings.all_.push_back(std::move(setting));
    if (kind.name != "profile") continue;
    // The first of all: which one it is decides on the others.
    if (!is_name(settings.profile())) {
      return Error{ErrorKind::configuration,
                   fmt::format("\"{}\" is no name for a profile: letters, digits, - and _ only", settings.profile())};
    }
    profile_file = settings.profile_file();
    settings.profile_is_there_ = is_there(profile_file);
    if (use == Profile::passed_over) continue;
    auto values = read_profile(profile_file);
    if (!values) return std::move(values).error();
    profile = *std::move(values);
    profile.erase("profile");
    is_named_by_flag = settings.setting("profile").origin == Origin::flag;
  }
  return settings;
}

const Settings::Setting& Settings::setting(std::string_view name) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const Setting& one) { return one.name == name; });
  BULKWRITE_CHECK(found != all_.end(), "only what can be set is asked for");
  return *found;
}

std::string shown(const Settings::Setting& setting) {
  return setting.is_secret && !setting.value.empty() ? "********" : setting.value;
}

std::string place_of(const Settings::Setting& setting) {
  const bool is_in_file = setting.origin == Origin::profile || setting.origin == Origin::config;
  return is_in_file ? fmt::format("{}: \"{}\"", setting.from, setting.name) : setting.from;
}

Result<void> write_profile(const ConfigDirectory& directory, std::string_view name, const Values& values) {
  if (directory.path.empty()) {
    return Error{ErrorKind::configuration,
                 "there is no place for a profile: neither XDG_CONFIG_HOME nor HOME names a directory"};
  }
  const std::filesystem::path path = directory.profile(name);
  if (auto ok = make_directories(path.parent_path()); !ok) return ok;
  nlohmann::ordered_json json;
  for (const auto& [key, value] : values)
    if (!value.empty()) json[key] = value;
  return write_private_file(path, json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

bool is_loopback(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view origin = url.substr(scheme + 3);
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

Result<void> check_base(std::string_view what, const std::string& url, bool allow_plain_http) {
  const auto refused = [&](std::string_view why) -> Result<void> {
    return Error{ErrorKind::configuration, fmt::format("{} is \"{}\": {}", what, url, why)};
  };
  const bool is_http = url.starts_with("http://");
  if (!is_http && !url.starts_with("https://")) return refused("it must be a URL such as https://www.zohoapis.com");
  const std::string_view authority = std::string_view(url).substr(url.find("://") + 3);
  const bool is_bare = !authority.empty() && authority.find_first_of("/?#@\\ ") == std::string_view::npos;
  if (!is_bare) return refused("it must be a host and perhaps a port, and nothing else");
  if (is_http && !allow_plain_http && !is_loopback(url))
    return refused(
        "plain http goes to this machine only, since whoever listens on the way would have the token "
        "(--allow-plain-http sends it all the same)");
  return {};
}

}  // namespace bulkwrite::run
