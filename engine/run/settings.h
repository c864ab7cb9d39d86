// What is set, and where: by flag, else by BULKWRITE_* in the environment, else in the profile, else in the config
// file, else by default.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace bulkwrite::run {

using Values = std::map<std::string, std::string, std::less<>>;
using Environment = std::function<const char*(const char* name)>;  // as getenv

// What can be set. Secrets have no flag, since everybody on a machine reads the command lines; nor do they stand in the
// config file, but in a profile, which only its owner reads.
struct SettingKind {
  std::string_view name;
  bool is_secret = false;
  std::string_view standard;  // its default; empty: none, or one that follows from others
  bool is_yes_or_no = false;
};
std::span<const SettingKind> setting_kinds();

// What tokens come by; of those that are equally near the first counts.
constexpr std::array<std::string_view, 4> kTokenSources{"token", "token_file", "token_command", "refresh_token"};
std::string flag_of(std::string_view name);         // "--api-base"
std::string environment_of(std::string_view name);  // "BULKWRITE_API_BASE"

// $XDG_CONFIG_HOME/bulkwrite, or ~/.config/bulkwrite. Empty where neither is known: there are no files then.
struct ConfigDirectory {
  std::filesystem::path path;

  static ConfigDirectory of(const Environment& environment);
  std::filesystem::path config() const { return path / "config.json"; }
  std::filesystem::path profile(std::string_view name) const;
  std::filesystem::path token(std::string_view name) const;
  std::vector<std::string> profiles() const;  // by name
};

// Where a setting comes from, the nearest first.
enum class Origin { flag, environment, profile, config, standard };

// A profile that is named by a flag and can sign in does so by what it holds: what stands in the environment is for
// another account then, and its token must not go to the hosts of this one.
class Settings {
 public:
  // `passed_over`: only its name counts. For who is about to write it anew.
  enum class Profile { used, passed_over };
  // Errors: configuration (a file that is no JSON object of texts, a name that is not known, a secret where others may
  // read it, a yes or no that is neither), no_input.
  static Result<Settings> read(const Values& flags, const Environment& environment, Profile use = Profile::used);

  struct Setting {
    std::string name, value;  // empty: not set; "yes" or "no" however that was written
    std::string from;         // "--dc", "BULKWRITE_DC", the path of a file, or "default"
    bool is_secret = false;
    Origin origin = Origin::standard;
    bool is_default() const { return origin == Origin::standard; }
  };
  const std::vector<Setting>& all() const { return all_; }  // as setting_kinds()
  const Setting& setting(std::string_view name) const;      // precondition: there is such a kind
  const std::string& operator[](std::string_view name) const { return setting(name).value; }

  const ConfigDirectory& directory() const { return directory_; }
  const std::string& profile() const { return (*this)["profile"]; }
  bool profile_is_there() const { return profile_is_there_; }
  std::filesystem::path profile_file() const { return directory_.profile(profile()); }

 private:
  ConfigDirectory directory_;
  std::vector<Setting> all_;
  bool profile_is_there_ = false;
};

// Of a secret: that there is one. Of anything else: itself.
std::string shown(const Settings::Setting& setting);

// Where it stands, for messages: "--dc", "BULKWRITE_DC", or a file and the key in it.
std::string place_of(const Settings::Setting& setting);

// Writes a profile for its owner alone (0600). Values that are empty are left out.
Result<void> write_profile(const ConfigDirectory& directory, std::string_view name, const Values& values);

// Whether a URL leads to this machine, to the letter: another host's name may begin like the loopback's, and what
// stands before an "@" is no host.
bool is_loopback(std::string_view url);
// Whether secrets may be sent there: a bare https://host[:port], or http to this machine, or to any with
// `allow_plain_http`. Errors: configuration, which names `what`.
Result<void> check_base(std::string_view what, const std::string& url, bool allow_plain_http);

}  // namespace bulkwrite::run
