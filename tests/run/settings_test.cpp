#include "engine/run/settings.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "engine/base/file.h"
#include "engine/run/account.h"
#include "tests/base/temporary_directory.h"

namespace bulkwrite::run {
namespace {

using Catch::Matchers::Contains;

struct Place {
  TemporaryDirectory directory;
  Values environment;

  Place() { environment["XDG_CONFIG_HOME"] = directory.path().string(); }
  std::filesystem::path file(const std::string& below) const { return directory / "bulkwrite" / below; }
  void write(const std::string& below, const std::string& text) const {
    REQUIRE(make_directories(file(below).parent_path()));
    REQUIRE(write_private_file(file(below), text));
  }
  Result<Settings> read(const Values& flags = {}) const {
    return Settings::read(flags, [this](const char* name) {
      const auto found = environment.find(name);
      return found == environment.end() ? nullptr : found->second.c_str();
    });
  }
};

void is_unfit(const Result<Settings>& settings, const std::string& why) {
  REQUIRE_FALSE(settings);
  CHECK(settings.error().kind == ErrorKind::configuration);
  CHECK_THAT(settings.error().message, Contains(why));
}

Error refused(const Place& place, const Values& flags) {
  const auto settings = place.read(flags);
  REQUIRE(settings);
  LoadOptions options;
  const auto used = use_account(*settings, options);
  REQUIRE_FALSE(used);
  return used.error();
}

LoadOptions used(const Place& place, const Values& flags) {
  const auto settings = place.read(flags);
  REQUIRE(settings);
  LoadOptions options;
  const auto done = use_account(*settings, options);
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
  return options;
}

}  // namespace

TEST_CASE("the nearest place counts: flag, environment, profile, config file, default") {
  Place place;
  const auto org = [&](const Values& flags = {}) {
    const auto settings = place.read(flags);
    REQUIRE(settings);
    return std::pair((*settings)["org"], settings->setting("org").from);
  };
  CHECK(org() == std::pair<std::string, std::string>("", "default"));
  place.write("config.json", R"({"org": 1, "allow_plain_http": true})");
  CHECK(org() == std::pair<std::string, std::string>("1", place.file("config.json")));
  CHECK((*place.read())["allow_plain_http"] == "yes");
  place.write("profiles/default.json", R"({"org": "2"})");
  CHECK(org() == std::pair<std::string, std::string>("2", place.file("profiles/default.json")));
  place.environment["BULKWRITE_ORG"] = "";
  CHECK(org().first == "2");
  place.environment["BULKWRITE_ORG"] = "3";
  CHECK(org() == std::pair<std::string, std::string>("3", "BULKWRITE_ORG"));
  CHECK(org({{"org", "4"}}) == std::pair<std::string, std::string>("4", "--org"));
}

TEST_CASE("a yes or no may be written in more than one way, and what is neither is refused") {
  Place place;
  const auto set = [&](const char* text) {
    place.environment["BULKWRITE_ALLOW_PLAIN_HTTP"] = text;
    return place.read();
  };
  for (const char* const yes : {"yes", "true", "1", "YES", "True"}) CHECK((*set(yes))["allow_plain_http"] == "yes");
  for (const char* const no : {"no", "false", "0", "No", "FALSE"}) CHECK((*set(no))["allow_plain_http"] == "no");
  for (const char* const neither : {"y", "on", "2", " yes", "maybe"}) {
    is_unfit(set(neither), std::string("BULKWRITE_ALLOW_PLAIN_HTTP is \"") + neither + "\"");
  }
  place.environment.erase("BULKWRITE_ALLOW_PLAIN_HTTP");
  place.write("config.json", R"({"allow_plain_http": 1})");
  CHECK((*place.read())["allow_plain_http"] == "yes");
  place.write("config.json", R"({"allow_plain_http": "perhaps"})");
  is_unfit(place.read(), place.file("config.json").string() + ": \"allow_plain_http\" is \"perhaps\"");
}

TEST_CASE("which profile counts can be said in the same places") {
  Place place;
  place.write("profiles/default.json", R"({"org": "of the default"})");
  place.write("profiles/a.json", R"({"org": "of a"})");
  place.write("profiles/b.json", R"({"org": "of b"})");
  CHECK((*place.read())["org"] == "of the default");
  place.write("config.json", R"({"profile": "a"})");
  CHECK((*place.read())["org"] == "of a");
  place.environment["BULKWRITE_PROFILE"] = "b";
  CHECK((*place.read())["org"] == "of b");
  CHECK((*place.read({{"profile", "a"}}))["org"] == "of a");
  CHECK(place.read({{"profile", "c"}})->profile_is_there() == false);
  CHECK(place.read()->directory().profiles() == std::vector<std::string>{"a", "b", "default"});
  for (const char* const name : {"", "../a", "a.b", "a/b", "a b"}) is_unfit(place.read({{"profile", name}}), "no name");
}

TEST_CASE("a file that is not understood is named, and nothing of what is in it") {
  Place place;
  for (const char* const text : {"hidden", "[\"hidden\"]", R"({"orgg": "hidden"})", R"({"org": ["hidden"]})",
                                 R"({"org": null})", R"({"client_secret": "hidden"})", R"({"token": "hidden"})"}) {
    CAPTURE(text);
    place.write("config.json", text);
    const auto settings = place.read();
    is_unfit(settings, place.file("config.json"));
    CHECK_THAT(settings.error().message, !Contains("hidden"));
  }
}

TEST_CASE("a profile is written for its owner alone, and one that others may read is refused") {
  Place place;
  const auto directory = place.read()->directory();
  REQUIRE(write_profile(directory, "default", {{"dc", "eu"}, {"client_secret", "s"}, {"org", ""}}));
  struct stat status {};
  REQUIRE(::stat(place.file("profiles/default.json").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK((*place.read())["client_secret"] == "s");
  CHECK(place.read()->setting("org").is_default());
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    REQUIRE(::chmod(place.file("profiles/default.json").c_str(), mode) == 0);
    is_unfit(place.read(), "chmod 600");
  }
}

TEST_CASE("without a home there are no files, and settings come from elsewhere") {
  Place place;
  place.environment = {{"BULKWRITE_DC", "eu"}, {"XDG_CONFIG_HOME", "relative/is/ignored"}};
  const auto settings = place.read();
  REQUIRE(settings);
  CHECK(settings->directory().path.empty());
  CHECK((*settings)["dc"] == "eu");
  const auto written = write_profile(settings->directory(), "default", {{"dc", "eu"}});
  REQUIRE_FALSE(written);
  CHECK(written.error().kind == ErrorKind::configuration);
  place.environment["HOME"] = "/home/somebody";
  CHECK(place.read()->directory().path == "/home/somebody/.config/bulkwrite");
}

TEST_CASE("a data centre gives the hosts, and each can be set by itself") {
  Place place;
  place.environment["BULKWRITE_TOKEN"] = "1000.token";
  const LoadOptions ca = used(place, {{"dc", "ca"}});
  CHECK(ca.target.accounts_base == "https://accounts.zohocloud.ca");
  CHECK(ca.target.api_base == "https://www.zohoapis.ca");
  CHECK(ca.target.upload_base == "https://upload.zohocloud.ca");
  CHECK(ca.target.api_follows_token);
  CHECK(ca.credentials.access_token == "1000.token");
  const LoadOptions set = used(place, {{"dc", "ca"}, {"api_base", "https://proxy.example:8443/"}});
  CHECK(set.target.api_base == "https://proxy.example:8443");
  CHECK_FALSE(set.target.api_follows_token);
  CHECK(set.target.upload_base == "https://upload.zohocloud.ca");

  CHECK_THAT(refused(place, {{"dc", "mars"}}).message, Contains("mars") && Contains("sa"));
  CHECK_THAT(refused(place, {{"api_base", "https://proxy.example"}}).message, Contains("--accounts-base"));
}

TEST_CASE("the hosts that count are told with where they come from") {
  Place place;
  const auto host = [&](const Values& flags, std::string_view name) {
    const auto settings = place.read(flags);
    REQUIRE(settings);
    for (const Settings::Setting& setting : with_hosts(*settings))
      if (setting.name == name) return std::pair(setting.value, setting.from);
    return std::pair(std::string(), std::string());
  };
  using Told = std::pair<std::string, std::string>;
  CHECK(host({}, "api_base").first.empty());
  CHECK(host({{"dc", "eu"}}, "accounts_base") == Told("https://accounts.zoho.eu", "data centre eu"));
  CHECK(host({{"dc", "eu"}}, "api_base") == Told("https://www.zohoapis.eu", "data centre eu"));
  CHECK(host({{"dc", "eu"}}, "upload_base").second == "data centre eu");
  CHECK(host({{"dc", "eu"}, {"api_base", "https://a"}}, "api_base") == Told("https://a", "--api-base"));
  place.write("profiles/default.json", R"({"dc": "us", "api_domain": "https://sandbox.zohoapis.com"})");
  CHECK(host({}, "api_base").first == "https://sandbox.zohoapis.com");
  CHECK_THAT(host({}, "api_base").second, Contains("default.json"));
  CHECK(host({{"dc", "eu"}}, "api_base").second == "data centre eu");
}

TEST_CASE("what a sign-in has found of the API holds for its own data centre") {
  Place place;
  place.write("profiles/default.json",
              R"({"dc": "us", "api_domain": "https://sandbox.zohoapis.com", "client_id": "c", "client_secret": "s",)"
              R"( "refresh_token": "r"})");
  CHECK(used(place, {}).target.api_base == "https://sandbox.zohoapis.com");
  CHECK(used(place, {{"dc", "eu"}}).target.api_base == "https://www.zohoapis.eu");
}

TEST_CASE("of one place a token is taken, or from a file, or of a command, or of the refresh token, in this order") {
  Place place;
  place.write("profiles/default.json", R"({"dc": "us", "client_id": "c", "client_secret": "s", "refresh_token": "r"})");
  const LoadOptions renewed = used(place, {});
  CHECK(renewed.credentials.refresh_token == "r");
  CHECK(renewed.credentials.store != nullptr);
  place.environment["BULKWRITE_TOKEN_COMMAND"] = "echo t";
  const LoadOptions command = used(place, {});
  CHECK(command.credentials.refresh_token.empty());
  CHECK(command.credentials.store != nullptr);
  place.environment["BULKWRITE_TOKEN_FILE"] = "/nowhere";
  REQUIRE_FALSE(used(place, {}).credentials.store->want(""));
  place.environment["BULKWRITE_TOKEN"] = "t";
  CHECK(used(place, {}).credentials.access_token == "t");
}

TEST_CASE("a credential that is nearer counts for more, of whichever kind it is") {
  Place place;
  place.environment["BULKWRITE_TOKEN"] = "of-the-environment";
  const auto by = [&](const Values& flags) {
    const auto settings = place.read(flags);
    REQUIRE(settings);
    const auto account = account_of(*settings);
    REQUIRE(account);
    return account->renewed_by;
  };
  const Values flags{{"dc", "eu"}, {"token_file", "/nowhere"}};
  CHECK(used(place, flags).credentials.access_token.empty());
  CHECK(by(flags) == "--token-file");

  place.environment = {{"XDG_CONFIG_HOME", place.directory.path().string()}, {"BULKWRITE_TOKEN_FILE", "/nowhere"}};
  place.write("profiles/default.json", R"({"dc": "us", "token": "of-the-profile"})");
  CHECK(used(place, {}).credentials.access_token.empty());
  CHECK(by({}) == "BULKWRITE_TOKEN_FILE");

  place.environment.erase("BULKWRITE_TOKEN_FILE");
  place.write("config.json", R"({"token_file": "/nowhere"})");
  place.write("profiles/default.json", R"({"dc": "us", "client_id": "c", "client_secret": "s", "refresh_token": "r"})");
  CHECK(used(place, {}).credentials.refresh_token == "r");
  CHECK_THAT(by({}), Contains("default.json (refresh token)"));
}

TEST_CASE("a profile that a flag names signs in by what it holds, and not as another account of the environment") {
  Place place;
  place.write("profiles/prod.json", R"({"dc": "us", "client_id": "c", "client_secret": "s", "refresh_token": "r"})");
  place.environment["BULKWRITE_TOKEN"] = "stale";
  place.environment["BULKWRITE_TOKEN_COMMAND"] = "echo stale";
  place.environment["BULKWRITE_CLIENT_ID"] = "stale";
  place.environment["BULKWRITE_CLIENT_SECRET"] = "stale";
  place.environment["BULKWRITE_REFRESH_TOKEN"] = "stale";
  const api::Credentials ours = used(place, {{"profile", "prod"}}).credentials;
  CHECK(ours.access_token.empty());
  CHECK(ours.client_id == "c");
  CHECK(ours.client_secret == "s");
  CHECK(ours.refresh_token == "r");
  CHECK(used(place, {{"profile", "prod"}, {"token_file", "/nowhere"}}).credentials.refresh_token.empty());

  // One that cannot sign in by itself only says where to, as for a scheduler that brings the token along.
  place.write("profiles/hosts.json", R"({"dc": "eu"})");
  CHECK(used(place, {{"profile", "hosts"}}).credentials.access_token == "stale");
  // Both of the environment: they are meant together.
  place.environment["BULKWRITE_PROFILE"] = "prod";
  CHECK(used(place, {}).credentials.access_token == "stale");
}

TEST_CASE("what is missing to sign in is named") {
  Place place;
  CHECK_THAT(refused(place, {{"dc", "us"}}).message, Contains("refresh_token") && Contains("auth login"));
  place.write("profiles/work.json", R"({"dc": "us"})");
  const Error unknown = refused(place, {{"profile", "wrok"}});
  CHECK(unknown.kind == ErrorKind::configuration);
  CHECK_THAT(unknown.message, Contains("wrok") && Contains("there is work"));
}

TEST_CASE("secrets go to https, or to this machine, and to a bare host") {
  for (const char* const url : {"https://www.zohoapis.com", "https://proxy.example:8443", "http://127.0.0.1:80",
                                "http://localhost", "http://[::1]:8080", "http://127.1.2.3"}) {
    CAPTURE(url);
    CHECK(check_base("--api-base", url, false));
  }
  for (const char* const url :
       {"http://example.com", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://localhost:80:1",
        "http://a@127.0.0.1", "https://a@b", "https://", "https:///", "https://host/path", "https://host?x",
        "ftp://127.0.0.1", "www.zohoapis.com", "http://127.0.0.1:80x", ""}) {
    CAPTURE(url);
    const auto refused_url = check_base("--api-base", url, false);
    REQUIRE_FALSE(refused_url);
    CHECK(refused_url.error().kind == ErrorKind::configuration);
    CHECK_THAT(refused_url.error().message, Contains("--api-base"));
  }
  CHECK(check_base("--api-base", "http://test.example:8080", true));
}

}  // namespace bulkwrite::run
