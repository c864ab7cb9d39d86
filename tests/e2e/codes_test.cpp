// Every documented error of every endpoint, said by a sandbox over HTTP, and what the load makes of it.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "engine/run/load.h"
#include "tests/e2e/world.h"

using namespace e2e;
using Catch::Matchers::Contains;

namespace {

// What a load of two chunks comes to when one endpoint says something else than usual.
enum class Handling {
  mended,     // asked again, and it went: 0
  refused,    // for good, and nothing after it is sent: 78
  forbidden,  // the same for want of a permission: 77
  uncertain,  // a plain insert's create whose end is not known: 4
  let_go,     // its job goes on, and a later session may ask again: 5
};

int exit_code_of(Handling handling) {
  switch (handling) {
    case Handling::mended:
      return 0;
    case Handling::refused:
      return 78;
    case Handling::forbidden:
      return 77;
    case Handling::uncertain:
      return 4;
    case Handling::let_go:
      return 5;
  }
  return -1;
}

struct Saying {
  int http;
  std::string code, message;
  Handling handling;
  int times = 1;          // 0: always
  std::string body = {};  // instead of the envelope
};

// Contract 2.3.
const std::vector<Saying>& upload_errors() {
  using H = Handling;
  static const std::vector<Saying> kErrors{
      {400, "INVALID_FILE_FORMAT", "invalid file format. only zip format is supported", H::refused},
      {200, "INVALID_FILE_FORMAT", "invalid file format. only zip format is supported", H::refused},
      {400, "NOT_SUPPORTED_FEATURE", "Feature is not supported", H::refused},
      {200, "NOT_SUPPORTED_FEATURE", "Feature is not supported", H::refused},
      {400, "INVALID_DATA", "invalid data", H::refused},
      {400, "MANDATORY_NOT_FOUND", "Required key file is not available", H::refused},
      {413, "FILE_TOO_LARGE", "File size too large to process", H::refused},
      {404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one", H::refused},
      {401, "OAUTH_SCOPE_MISMATCH", "Unauthorized", H::forbidden},
      {401, "INVALID_TOKEN", "invalid oauth token", H::mended},
      {401, "AUTHENTICATION_FAILURE", "Authentication failed", H::mended},
      {403, "NO_PERMISSION", "Permission denied to create", H::forbidden},
      {400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one", H::refused},
      {400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege to create.", H::forbidden},
      {500, "INTERNAL_ERROR", "Internal Server Error", H::mended},
      {429, "TOO_MANY_REQUESTS", "too many requests. please try again after some time", H::mended},
      {400, "GATEWAY_400", "Bad Request", H::refused, 1,
       R"({"ERROR_CODE":400,"ERROR_MESSAGE":"Bad Request","x-error":"check if headers [feature, X-CRM-ORG] are present and valid"})"},
      {401, "GATEWAY_401", "", H::mended, 1, R"({"ERROR_CODE":401,"ERROR_MESSAGE":"Unauthorized"})"},
      {403, "GATEWAY", "Forbidden", H::forbidden, 1, R"({"info":"Forbidden","http_status":"403"})"},
      {502, "", "", H::mended, 1, R"("<html><body>Bad Gateway</body></html>")"}};
  return kErrors;
}

// Contract 3.11.
const std::vector<Saying>& create_errors() {
  using H = Handling;
  static const std::vector<Saying> kErrors{
      {400, "MANDATORY_FIELDS_NOT_MAPPED", "All mandatory fields are not mapped for the layout [Company]", H::refused},
      {400, "MANDATORY_NOT_FOUND", "Required key find_by is not available", H::refused},
      {400, "MANDATORY_NOT_FOUND", "Required key parent_column_index is not available", H::refused},
      {400, "MISSING_REQUIRED_KEY", "required key operation is not found in request body.", H::refused},
      {400, "MISSING_REQUIRED_KEY", "required key index for field Company is not found in request body.", H::refused},
      {400, "INVALID_FIELD", "", H::refused},
      {400, "INVALID_FIELD_NAME", "invalid mapping. invalid api_name ast_Name.", H::refused},
      {400, "INVALID_FORMAT", "", H::refused},
      {400, "INVALID_FILE_ID", "improper file id", H::mended},
      {400, "INVALID_FILE_ID", "improper file id", H::refused, 0},
      {400, "FILE_NOT_FOUND", "", H::mended},
      {400, "FILE_NOT_SUPPORTED", "File not supported for bulk write", H::refused},
      {400, "HEADER_LIMIT_EXCEEDED", "", H::refused},
      {400, "COLUMN_INDEX_NOT_FOUND", "", H::refused},
      {400, "MODULE_NOT_AVAILABLE", "Requested module 'asdf' is not available.", H::refused},
      {400, "COEXISTENCE_NOT_ALLOWED", "", H::refused},
      {400, "INVALID_CALLBACK_URL", "", H::refused},
      {400, "INVALID_CALLBACK_METHOD", "", H::refused},
      {400, "INVALID_DATA", "", H::refused},
      {400, "INVALID_REQUEST", "", H::refused},
      {400, "REQUEST_BODY_NOT_SUPPORTED", "request body contains invalid format", H::refused},
      {415, "MEDIA_TYPE_NOT_SUPPORTED", "", H::refused},
      {400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one", H::refused},
      {404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one", H::refused},
      {400, "API_NOT_SUPPORTED", "", H::refused},
      {401, "OAUTH_SCOPE_MISMATCH", "Unauthorized", H::forbidden},
      {401, "INVALID_TOKEN", "invalid oauth token", H::mended},
      {403, "NO_PERMISSION", "Permission denied to create", H::forbidden},
      {400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege to create.", H::forbidden},
      {500, "INTERNAL_ERROR", "Internal Server Error", H::uncertain},
      {429, "TOO_MANY_REQUESTS", "too many requests. please try again after some time", H::mended},
      {400, "TOO_MANY_REQUESTS", "too many requests. please try again after some time", H::mended},
      {429, "", "", H::uncertain, 1, R"("<html>too many</html>")"},
      {200, "", "", H::uncertain, 1, R"({"status":"success","code":"SUCCESS","message":"success","details":{}})"}};
  return kErrors;
}

// Contract 4.5. A look that fails is repeated: the job is there, whatever is said of it.
const std::vector<Saying>& details_errors() {
  using H = Handling;
  static const std::vector<Saying> kErrors{
      {404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", H::mended},
      {400, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", H::mended},
      {404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", H::uncertain, 0},
      {404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one", H::mended},
      {404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one", H::let_go, 0},
      {401, "OAUTH_SCOPE_MISMATCH", "Unauthorized", H::let_go, 0},
      {401, "INVALID_TOKEN", "invalid oauth token", H::mended},
      {403, "NO_PERMISSION", "Permission denied to read", H::let_go, 0},
      {400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one", H::let_go, 0},
      {400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege to read.", H::let_go, 0},
      {500, "INTERNAL_ERROR", "Internal Server Error", H::mended},
      {500, "INTERNAL_ERROR", "Internal Server Error", H::let_go, 0},
      {429, "TOO_MANY_REQUESTS", "too many requests. please try again after some time", H::mended},
      {204, "", "", H::mended, 1, R"("")"}};
  return kErrors;
}

// Contract 6.2, 6.6: the envelope, or the bodies of the gateway before the downloads.
const std::vector<Saying>& download_errors() {
  using H = Handling;
  static const std::vector<Saying> kErrors{
      {404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", H::mended},
      {403, "GATEWAY", "Forbidden", H::mended, 1, R"({"info":"Forbidden","http_status":"403"})"},
      {404, "GATEWAY", "Link not valid", H::let_go, 0, R"({"x-info":"Link not valid","http_status":"404"})"},
      {200, "", "", H::mended, 1, R"({"status":"error","code":"INTERNAL_ERROR","message":"x","details":{}})"},
      {429, "TOO_MANY_REQUESTS", "too many requests. please try again after some time", H::mended},
      {500, "INTERNAL_ERROR", "Internal Server Error", H::mended}};
  return kErrors;
}

// Contract 9.1, 9.2, 9.4: before anything is sent.
const std::vector<Saying>& metadata_errors() {
  using H = Handling;
  static const std::vector<Saying> kErrors{
      {404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one", H::refused},
      {401, "OAUTH_SCOPE_MISMATCH", "Unauthorized", H::forbidden},
      {401, "INVALID_TOKEN", "invalid oauth token", H::mended},
      {403, "NO_PERMISSION", "Permission denied", H::forbidden},
      {500, "INTERNAL_ERROR", "Internal Server Error", H::mended},
      {400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one", H::refused},
      {400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege", H::forbidden},
      {400, "INVALID_MODULE", "the module name given seems to be invalid", H::refused},
      {400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", H::refused},
      {429, "TOO_MANY_REQUESTS", "too many requests. please try again after some time", H::mended}};
  return kErrors;
}

std::string faults_of(const std::string& endpoint, const Saying& saying) {
  const nlohmann::json envelope{
      {"code", saying.code}, {"details", nlohmann::json::object()}, {"message", saying.message}, {"status", "error"}};
  nlohmann::json rule{{"request", endpoint},
                      {"probability", 1},
                      {"fault", "answer"},
                      {"http", saying.http},
                      {"body", saying.body.empty() ? envelope : nlohmann::json::parse(saying.body)}};
  if (saying.times > 0) rule["times"] = saying.times;
  return nlohmann::json{{"requests", {rule}}}.dump();
}

bulkwrite::run::LoadOptions options_for(const std::filesystem::path& directory, const std::string& url) {
  bulkwrite::run::LoadOptions options;
  options.input.files = {(directory / "leads.csv").string()};
  options.input.records_max = 5;
  options.module = "Leads";
  options.target = {.api_base = url, .accounts_base = url, .upload_base = url};
  options.credentials = {.client_id = "1000.SANDBOXCLIENT",
                         .client_secret = "sandbox-client-secret",
                         .refresh_token = "1000.sandbox.refresh-token"};
  options.run_dir = directory / "run";
  options.poll_min = options.poll_max = std::chrono::milliseconds(20);
  options.downloads_a_minute_max = 0;
  options.attempts_max = 3;
  options.workers = 1;
  return options;
}

void check_handling(const std::string& endpoint, const std::vector<Saying>& sayings) {
  for (const Saying& saying : sayings) {
    INFO(endpoint << ": HTTP " << saying.http << " " << saying.code << " " << saying.message << ", "
                  << (saying.times == 0 ? "always" : "once"));
    const TemporaryDirectory directory;
    const Sandbox sandbox(directory, {}, faults_of(endpoint, saying));
    spill(directory / "leads.csv", leads(10));
    bulkwrite::run::Progress progress;
    const auto done = bulkwrite::run::load(options_for(directory.path(), sandbox.url()), progress, {},
                                           [](const std::string& line) { UNSCOPED_INFO(line); });
    CHECK(sandbox.faults_fired() > 0);
    const bulkwrite::run::Summary summary = done ? *done : bulkwrite::run::Summary{.errors = {done.error()}};
    const int exit_code = bulkwrite::run::exit_codes(summary).front();
    CHECK(exit_code == exit_code_of(saying.handling));
    if (saying.handling == Handling::mended) CHECK(summary.added == 10);
    if (saying.handling == Handling::uncertain) CHECK(summary.uncertain >= 5);
    if (saying.handling == Handling::let_go) CHECK(summary.in_flight >= 5);
    if (saying.handling != Handling::refused && saying.handling != Handling::forbidden) continue;
    REQUIRE_FALSE(summary.errors.empty());
    CHECK_THAT(summary.errors.front().message, Contains(saying.code) && Contains(saying.message));
    // An upload that was under way beside the refused one may have gone on.
    CHECK(summary.added <= (endpoint == "upload" ? 5 : 0));
    CHECK(sandbox.query("select count(*) from Leads") == static_cast<int64_t>(summary.added));
  }
}

}  // namespace

TEST_CASE("every documented error of an upload is handled as what it is") {
  check_handling("upload", upload_errors());
}

TEST_CASE("every documented error of a job's creation is handled as what it is") {
  check_handling("create", create_errors());
}

TEST_CASE("every documented error of a job's details is handled as what it is") {
  check_handling("details", details_errors());
}

TEST_CASE("every documented error of a result's download is handled as what it is") {
  check_handling("download", download_errors());
}

TEST_CASE("every documented error of what is read beforehand is handled as what it is") {
  for (const char* const endpoint : {"org", "fields", "layouts"}) check_handling(endpoint, metadata_errors());
}

namespace {

std::string nothing_of(const char* endpoint) {
  return nlohmann::json{
      {"requests", {{{"request", endpoint}, {"probability", 1}, {"fault", "answer"}, {"http", 204}, {"body", ""}}}}}
      .dump();
}

}  // namespace

// Contract 9.1.
TEST_CASE("a module without layouts demands nothing by them, when the load begins and when it goes on") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {"--set", "layout_mandatory=ignored"}, nothing_of("layouts"));
  spill(directory / "leads.csv", "Last_Name,Email\nOkafor,a@example.org\nBerg,b@example.org\n");
  auto options = options_for(directory.path(), sandbox.url());
  options.input.records_max = 1;
  options.credits_max = 1000;  // of two jobs, one
  bulkwrite::run::Progress progress;
  const auto tell = [](const std::string& line) { UNSCOPED_INFO(line); };
  const auto begun = bulkwrite::run::load(options, progress, {}, tell);
  REQUIRE(begun);
  CHECK(begun->added == 1);
  CHECK(bulkwrite::run::exit_codes(*begun).front() == 5);

  options.credits_max = {};
  bulkwrite::run::Progress anew;
  const auto resumed = bulkwrite::run::resume(directory / "run", options, anew, {}, tell);
  REQUIRE(resumed);
  CHECK(resumed->added == 2);
  CHECK(bulkwrite::run::exit_codes(*resumed).front() == 0);
  CHECK(sandbox.requests_of("layouts") == 1);
}

TEST_CASE("a module of which this user may see no field is refused, and said to be so") {
  const TemporaryDirectory directory;
  const Sandbox sandbox(directory, {}, nothing_of("fields"));
  spill(directory / "leads.csv", leads(10));
  bulkwrite::run::Progress progress;
  const auto refused = bulkwrite::run::load(options_for(directory.path(), sandbox.url()), progress, {},
                                            [](const std::string& line) { UNSCOPED_INFO(line); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == bulkwrite::ErrorKind::configuration);
  CHECK_THAT(refused.error().message, Contains("module Leads has no fields that this user may see"));
  CHECK(sandbox.requests_of("upload") == 0);
}
