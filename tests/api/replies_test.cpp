#include "engine/api/replies.h"

#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "tests/api/service_words.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using namespace service_words;
using Catch::Matchers::Contains;

namespace {

struct Documented {
  int status;
  std::string code, message;
};

// Contract 2.3: as documented, and as the live service was seen to answer.
const std::vector<Documented> kUploadErrors = {
    {400, "INVALID_FILE_FORMAT", "invalid file format. only zip format is supported"},
    {200, "INVALID_FILE_FORMAT", "invalid file format. only zip format is supported"},
    {400, "NOT_SUPPORTED_FEATURE", "Feature is not supported"},
    {200, "NOT_SUPPORTED_FEATURE", "Feature is not supported"},
    {400, "INVALID_DATA", "free text"},
    {400, "MANDATORY_NOT_FOUND", "file"},
    {413, "FILE_TOO_LARGE", "File size too large to process"},
    {404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"},
    {401, "OAUTH_SCOPE_MISMATCH", "Unauthorized"},
    {401, "INVALID_TOKEN", "invalid oauth token"},
    {403, "NO_PERMISSION", "Permission denied to create"},
    {400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one"},
    {400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege to create."},
    {500, "INTERNAL_ERROR", "Internal Server Error"},
};

// Contract 3.11; some are recorded without a message.
const std::vector<Documented> kCreateErrors = {
    {400, "MANDATORY_FIELDS_NOT_MAPPED", "All mandatory fields are not mapped for the layout [Company]"},
    {400, "MANDATORY_NOT_FOUND", "Required key find_by is not available"},
    {400, "MANDATORY_NOT_FOUND", "Required key parent_column_index is not available"},
    {400, "MISSING_REQUIRED_KEY", "required key operation is not found in request body."},
    {400, "INVALID_FIELD", ""},
    {400, "INVALID_FIELD_NAME", "invalid mapping. invalid api_name ast_Name."},
    {400, "INVALID_FORMAT", ""},
    {400, "INVALID_FILE_ID", "improper file id"},
    {400, "FILE_NOT_FOUND", ""},
    {400, "FILE_NOT_SUPPORTED", "File not supported for bulk write"},
    {400, "HEADER_LIMIT_EXCEEDED", ""},
    {400, "COLUMN_INDEX_NOT_FOUND", ""},
    {400, "MODULE_NOT_AVAILABLE", "Requested module 'asdf' is not available."},
    {400, "COEXISTENCE_NOT_ALLOWED", ""},
    {400, "INVALID_CALLBACK_URL", ""},
    {400, "INVALID_CALLBACK_METHOD", ""},
    {400, "INVALID_DATA", ""},
    {400, "INVALID_REQUEST", ""},
    {400, "REQUEST_BODY_NOT_SUPPORTED", "request body contains invalid format"},
    {415, "MEDIA_TYPE_NOT_SUPPORTED", ""},
    {400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one"},
    {404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"},
    {401, "OAUTH_SCOPE_MISMATCH", "Unauthorized"},
    {401, "INVALID_TOKEN", "invalid oauth token"},
    {403, "NO_PERMISSION", "Permission denied to create"},
    {400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege to create."},
    {500, "INTERNAL_ERROR", "Internal Server Error"},
    {429, "TOO_MANY_REQUESTS", "too many requests. please try again after some time"},
};

// Contract 4.5.
const std::vector<Documented> kDetailsErrors = {
    {404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist."},
    {400, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist."},
    {404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one"},
    {401, "OAUTH_SCOPE_MISMATCH", ""},
    {401, "INVALID_TOKEN", ""},
    {403, "NO_PERMISSION", "Permission denied to read"},
    {400, "INVALID_REQUEST_METHOD", ""},
    {400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege to read."},
    {500, "INTERNAL_ERROR", ""},
    {429, "TOO_MANY_REQUESTS", ""},
};

ReplyClass class_of_status(int status) {
  if (status < 300) return ReplyClass::answered;
  if (status == 401) return ReplyClass::unauthorised;
  if (status == 429) return ReplyClass::throttled;
  return status < 500 ? ReplyClass::refused : ReplyClass::broken;
}

// Nothing that is no whole, well-formed answer may be taken for a success.
void check_means_nothing(std::string_view body) {
  CHECK(parse_file_id(body).empty());
  CHECK(parse_job_id(body).empty());
  CHECK_FALSE(parse_job_details(body));
  CHECK_FALSE(parse_org(body));
  CHECK(parse_callback(body).empty());
  CHECK_FALSE(parse_token(complete(200, std::string(body))));
}

const std::string kAdded = R"({"status":"ADDED",
 "resource":[{"status":"INPROGRESS","code":"ADDED","type":"data",
   "module":{"api_name":"Deals","id":"3652397000000002181"},
   "field_mappings":[{"api_name":"Deal_Name","index":1,"format":null,"find_by":null,"default_value":null}],
   "file":{"status":"INPROGRESS"}}],
 "id":"111111000000541958","created_by":{"id":"111111000000035795","name":"Patricia Boyle"},
 "operation":"insert","created_time":"2019-01-30T02:21:32-12:00"})";

const std::string kInProgress = R"({"status":"INPROGRESS","character_encoding":"UTF-8",
 "resource":[{"status":"INPROGRESS","code":"ADDED","type":"data",
   "module":{"api_name":"Deals","id":"3652397000000002181"},"field_mappings":[],
   "file":{"status":"INPROGRESS","name":"Deals.csv","added_count":0,"skipped_count":100,"updated_count":0,"total_count":100}}],
 "id":"111111000000541958","created_by":{"id":"1","name":"P"},"operation":"insert","created_time":"2019-01-30T02:18:15-12:00"})";

const std::string kCompletedLive = R"({"status":"COMPLETED","character_encoding":"UTF-8",
 "resource":[{"status":"COMPLETED","type":"data","module":{"id":"4150868000000002175","api_name":"Leads"},
   "field_mappings":[],
   "file":{"status":"COMPLETED","name":"Fil2.csv","added_count":9,"skipped_count":2,"updated_count":0,"total_count":11},
   "code":"COMPLETED"}],
 "id":"4150868000005350003",
 "callback":{"url":"https://loader.example/cb/7f","method":"post"},
 "result":{"download_url":"https://download-accl.zoho.com/v2/crm/694902309/bulk-write/4150868000005350003/4150868000005350003.zip"},
 "created_by":{"id":"1","name":"P"},"ignore_empty":true,"operation":"insert","created_time":"2021-05-11T12:38:29+05:30"})";

}  // namespace

TEST_CASE("each documented error is read with its code and message, and classified by its status") {
  for (const auto* const table : {&kUploadErrors, &kCreateErrors, &kDetailsErrors}) {
    for (const Documented& row : *table) {
      CAPTURE(row.status, row.code, row.message);
      const Reply reply = complete(row.status, error_body(row.code, row.message));
      const auto error = parse_service_error(reply.body);
      REQUIRE(error);
      CHECK(error->code == row.code);
      CHECK(error->message == row.message);
      CHECK(classify(reply) ==
            (row.code == std::string("OAUTH_SCOPE_MISMATCH") ? ReplyClass::refused : class_of_status(row.status)));
      CHECK_THAT(describe(reply), Contains(std::to_string(row.status)) && Contains(row.code) && Contains(row.message));
      check_means_nothing(reply.body);
    }
  }
}

TEST_CASE("the keys of an error may come in any order, with details or without a message") {
  for (
      const char* const body :
      {R"({"status":"error","message":"improper file id","details":{"json_path":"$.resource[0]"},"code":"INVALID_FILE_ID"})",
       R"({"message":"improper file id","code":"INVALID_FILE_ID"})",
       R"({"code":"INVALID_FILE_ID","message":"improper file id","details":{"created_time":"1970-01-01T00:00:00+00:00"},"status":"error"})"}) {
    CAPTURE(body);
    const auto error = parse_service_error(body);
    REQUIRE(error);
    CHECK(error->code == "INVALID_FILE_ID");
    CHECK(error->message == "improper file id");
  }
  const auto silent = parse_service_error(R"({"code":"INVALID_FIELD","details":null,"message":null,"status":"error"})");
  REQUIRE(silent);
  CHECK(silent->message.empty());
}

TEST_CASE("the bodies of the gateway before the service are errors as well") {
  struct Gateway {
    int status;
    std::string body, code, message;
  };
  const std::vector<Gateway> bodies = {
      {400,
       R"({"ERROR_CODE":400,"ERROR_MESSAGE":"Bad Request","x-error":"check if headers [feature, X-CRM-ORG] are present and valid"})",
       "GATEWAY_400", "Bad Request (check if headers [feature, X-CRM-ORG] are present and valid)"},
      {403, R"({"info":"Forbidden","http_status":"403"})", "GATEWAY", "Forbidden"},
      {404, R"({"x-info":"Link not valid","http_status":"404"})", "GATEWAY", "Link not valid"}};
  for (const Gateway& gateway : bodies) {
    CAPTURE(gateway.body);
    const Reply reply = complete(gateway.status, gateway.body);
    const auto error = parse_service_error(reply.body);
    REQUIRE(error);
    CHECK(error->code == gateway.code);
    CHECK(error->message == gateway.message);
    CHECK(classify(reply) == ReplyClass::refused);
    check_means_nothing(reply.body);
  }
  const Reply unauthorised = complete(401, R"({"ERROR_CODE":401,"ERROR_MESSAGE":"Unauthorized access"})");
  CHECK(classify(unauthorised) == ReplyClass::unauthorised);
  CHECK_THAT(describe(unauthorised), Contains("Unauthorized access"));
}

TEST_CASE("a success is no error") {
  CHECK_FALSE(parse_service_error(upload_body("111111000001492610")));
  CHECK_FALSE(parse_service_error(created_body("111111000000541958")));
  CHECK_FALSE(parse_service_error(kCompletedLive));
}

TEST_CASE("a 4xx without words of the service proves nothing, and neither does any other status") {
  for (const int status : {400, 403, 404, 405, 408, 413})
    for (const char* const body : {"", "<html>Bad Request</html>", "{}", "[]", R"({"error":"Bad Request"})"}) {
      CAPTURE(status, body);
      CHECK(classify(complete(status, body)) == ReplyClass::broken);
    }
  for (const int status : {0, 100, 301, 302, 304, 307, 500, 502, 503, 504, 599}) {
    CAPTURE(status);
    CHECK(classify(complete(status, error_body("INVALID_DATA", "x"))) == ReplyClass::broken);
  }
}

TEST_CASE("being throttled is known by the status, and by the code where the status is another 4xx") {
  CHECK(classify(complete(429, error_body("TOO_MANY_REQUESTS", "too many"))) == ReplyClass::throttled);
  CHECK(classify(complete(429, "<html>slow down</html>")) == ReplyClass::throttled);
  CHECK(classify(complete(429, "")) == ReplyClass::throttled);
  CHECK(classify(complete(400, error_body("TOO_MANY_REQUESTS", "too many"))) == ReplyClass::throttled);
}

TEST_CASE("how a delivery failed comes before anything that was received") {
  Reply cut = complete(200, upload_body("1"));
  cut.delivery = Delivery::uncertain;
  cut.failure = "Transferred a partial file";
  CHECK(classify(cut) == ReplyClass::uncertain);
  CHECK(describe(cut) == "Transferred a partial file");
  CHECK(classify(not_sent()) == ReplyClass::not_sent);
  CHECK(describe(Reply{}) == "no reply");
}

TEST_CASE("Retry-After counts where it gives seconds, and an hour at most") {
  const auto asked = [](std::string value) {
    Reply reply = complete(429, "");
    reply.headers = {{"date", "x"}, {"retry-after", std::move(value)}};
    return retry_after(reply);
  };
  CHECK(asked("0") == Milliseconds(0));
  CHECK(asked("7") == Milliseconds(7'000));
  CHECK(asked("3600") == Milliseconds(3'600'000));
  CHECK(asked("3601") == Milliseconds(3'600'000));
  CHECK(asked("9223372036854775807") == Milliseconds(3'600'000));
  for (const char* const odd : {"", "-1", "soon", "7 s", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"}) {
    CAPTURE(odd);
    CHECK_FALSE(asked(odd));
  }
  CHECK_FALSE(retry_after(complete(429, "")));
}

TEST_CASE("Retry-After may be a date, which counts from that of the reply") {
  const auto wait_of = [](const char* until, const char* now) {
    return retry_after(complete(429, "", {{"retry-after", until}, {"date", now}}));
  };
  constexpr const char* kNow = "Thu, 29 Feb 2024 23:59:30 GMT";
  CHECK(wait_of("Fri, 01 Mar 2024 00:00:15 GMT", kNow) == Milliseconds(45'000));
  CHECK(wait_of("Thu, 29 Feb 2024 23:59:30 GMT", kNow) == Milliseconds(0));
  CHECK(wait_of("Thu, 29 Feb 2024 20:00:00 GMT", kNow) == Milliseconds(0));
  CHECK(wait_of("Fri, 01 Mar 2124 00:00:00 GMT", kNow) == Milliseconds(3'600'000));
  for (const char* const no_date : {"", "tomorrow", "Fri, 31 Feb 2024 00:00:15 GMT", "Fri, 01 Xyz 2024 00:00:15 GMT",
                                    "Fri, 01 anF 2024 00:00:15 GMT", "Fri, xx Mar 2024 00:00:15 GMT",
                                    "Fri, 01 Mar 2024 00:00:15 UTC", "Friday, 01-Mar-24 00:00:15 GMT"}) {
    CAPTURE(no_date);
    CHECK_FALSE(wait_of(no_date, kNow));
    CHECK_FALSE(wait_of("Fri, 01 Mar 2024 00:00:15 GMT", no_date));
  }
}

TEST_CASE("an upload succeeded only where the body says success and names a file") {
  CHECK(parse_file_id(upload_body("111111000001492610")) == "111111000001492610");
  CHECK(parse_file_id(R"({"status":"success","details":{"file_id":111111000001492610}})") == "111111000001492610");
  CHECK(parse_file_id(R"({"status":"SUCCESS","details":{"file_id":"7"}})") == "7");
  for (const char* const body :
       {R"({"status":"error","details":{"file_id":"7"}})", R"({"details":{"file_id":"7"}})",
        R"({"status":"success","details":{}})", R"({"status":"success","file_id":"7"})",
        R"({"status":"success","details":{"file_id":""}})", R"({"status":"success","details":{"file_id":null}})",
        R"({"status":"success","details":{"file_id":["7"]}})", R"({"status":"success","details":["file_id","7"]})",
        R"([{"status":"success","details":{"file_id":"7"}}])"}) {
    CAPTURE(body);
    CHECK(parse_file_id(body).empty());
  }
}

TEST_CASE("a created job's id is a string or a number, and created_by may lack its name") {
  CHECK(parse_job_id(created_body("111111000000541958")) == "111111000000541958");
  CHECK(parse_job_id(R"({"status":"success","code":"SUCCESS","details":{"id":541958,"created_by":{"id":"1"}}})") ==
        "541958");
  CHECK(parse_job_id(R"({"status":"success","details":{"created_by":{"id":"1"}}})").empty());
  CHECK(parse_job_id(R"({"status":"error","details":{"id":"541958"}})").empty());
}

TEST_CASE("a job that was just added is running and has no counts") {
  const auto details = parse_job_details(kAdded);
  REQUIRE(details);
  CHECK(details->status == JobStatus::running);
  CHECK(details->status_text == "ADDED");
  CHECK(details->code == "ADDED");
  CHECK(details->download_url.empty());
  CHECK(details->callback_url.empty());
  CHECK_FALSE(details->counts.added);
  CHECK_FALSE(details->counts.total);
}

TEST_CASE("a running job may have counts already") {
  const auto details = parse_job_details(kInProgress);
  REQUIRE(details);
  CHECK(details->status == JobStatus::running);
  CHECK(details->counts.added == 0U);
  CHECK(details->counts.skipped == 100U);
  CHECK(details->counts.updated == 0U);
  CHECK(details->counts.total == 100U);
}

TEST_CASE("a completed job names its result, absolute or relative to the host") {
  const auto live = parse_job_details(kCompletedLive);
  REQUIRE(live);
  CHECK(live->status == JobStatus::completed);
  CHECK(live->code == "COMPLETED");
  CHECK(live->callback_url == "https://loader.example/cb/7f");
  CHECK(live->download_url ==
        "https://download-accl.zoho.com/v2/crm/694902309/bulk-write/4150868000005350003/4150868000005350003.zip");
  CHECK(live->counts.added == 9U);
  CHECK(live->counts.skipped == 2U);
  CHECK(live->counts.total == 11U);

  const auto documented = parse_job_details(
      R"({"status":"COMPLETED","resource":[{"status":"COMPLETED","code":"SUCCESS"}],"id":7,
          "result":{"download_url":"/v7/crm/org6196138/bulk-write/7/7.zip"}})");
  REQUIRE(documented);
  CHECK(documented->code == "SUCCESS");
  CHECK(documented->download_url == "/v7/crm/org6196138/bulk-write/7/7.zip");
}

TEST_CASE("every spelling of a status is known, and an unknown one counts as running") {
  const auto status_of = [](const std::string& text) {
    const auto details = parse_job_details(fmt::format(R"({{"id":"7","status":"{}"}})", text));
    REQUIRE(details);
    CHECK(details->status_text == text);
    return details->status;
  };
  for (const char* const text : {"ADDED", "INPROGRESS", "IN PROGRESS", "IN_PROGRESS", "In Progress", "QUEUED", "DONE"})
    CHECK(status_of(text) == JobStatus::running);
  for (const char* const text : {"COMPLETED", "Completed", "completed"}) CHECK(status_of(text) == JobStatus::completed);
  for (const char* const text : {"FAILED", "Failed", "FAILURE"}) CHECK(status_of(text) == JobStatus::failed);
  CHECK(status_of("SKIPPED") == JobStatus::skipped);
}

TEST_CASE("a failed job tells the code of its resource") {
  const auto details = parse_job_details(
      R"({"status":"FAILED","id":"7","resource":[{"status":"FAILED","code":"HEADER_LIMIT_EXCEEDED",
          "file":{"status":"FAILED","name":"a.csv","added_count":0,"skipped_count":0,"updated_count":0,"total_count":0}}]})");
  REQUIRE(details);
  CHECK(details->status == JobStatus::failed);
  CHECK(details->code == "HEADER_LIMIT_EXCEEDED");
  CHECK(details->counts.added == 0U);
}

TEST_CASE("a job without an id or a status is no job, and oddly typed parts of one are left out") {
  CHECK_FALSE(parse_job_details(R"({"status":"COMPLETED"})"));
  CHECK_FALSE(parse_job_details(R"({"id":"7"})"));
  CHECK_FALSE(parse_job_details(R"({"id":"7","status":true})"));
  CHECK_FALSE(parse_job_details(R"({"data":[{"id":"7","status":"COMPLETED"}]})"));
  for (const char* const rest :
       {R"("resource":{})", R"("resource":[])", R"("resource":[7])", R"("resource":[null])",
        R"("resource":[{"file":[],"code":{}}])", R"("result":"url")", R"("result":{"download_url":{"a":1}})",
        R"("callback":null)",
        R"("resource":[{"file":{"added_count":-1,"updated_count":"3","skipped_count":1.5,"total_count":null}}])"}) {
    CAPTURE(rest);
    const auto details = parse_job_details(fmt::format(R"({{"id":"7","status":"COMPLETED",{}}})", rest));
    REQUIRE(details);
    CHECK(details->download_url.empty());
    CHECK(details->code.empty());
    CHECK_FALSE(details->counts.added);
    CHECK_FALSE(details->counts.updated);
    CHECK_FALSE(details->counts.skipped);
    CHECK_FALSE(details->counts.total);
  }
}

TEST_CASE("a callback names its job in either shape") {
  CHECK(parse_callback(kCompletedLive) == "4150868000005350003");
  CHECK(parse_callback(R"({"data":[{"id":"7","operation":"write","state":"COMPLETED"}]})") == "7");
  CHECK(parse_callback(R"({"data":[{"id":7,"state":"FAILURE"}]})") == "7");
  CHECK(parse_callback(R"({"job_id":"8","id":"7"})") == "8");
  CHECK(parse_callback(R"({"data":[]})").empty());
  CHECK(parse_callback("job_id=7").empty());
}

TEST_CASE("the organisation is known by its zgid, never by its record's id") {
  const auto org = parse_org(R"({"org":[{"id":"5725767000000020005","zgid":"808232144","company_name":"Z"}]})");
  REQUIRE(org);
  CHECK(*org == "808232144");
  CHECK(*parse_org(R"({"org":[{"zgid":808232144}]})") == "808232144");
  for (const char* const body :
       {R"({"org":[{"id":"5725767000000020005"}]})", R"({"org":[]})", R"({"org":{"zgid":"1"}})", R"({"org":["1"]})"}) {
    CAPTURE(body);
    const auto none = parse_org(body);
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::configuration);
    CHECK_THAT(none.error().message, Contains("zgid"));
  }
}

TEST_CASE("a token counts by its presence, whatever the status") {
  for (const int status : {200, 201, 400, 500}) {
    CAPTURE(status);
    const auto answer = parse_token(complete(status, token_body("1000.aa.bb", 3600)));
    REQUIRE(answer);
    CHECK(answer->access_token == "1000.aa.bb");
    CHECK(answer->api_domain == "https://www.zohoapis.com");
    CHECK(answer->expires_in == std::chrono::hours(1));
  }
}

TEST_CASE("a token's life is in seconds, in either generation of the answer") {
  const auto life = [](const std::string& rest) {
    const auto answer = parse_token(complete(200, R"({"access_token":"t")" + rest + "}"));
    REQUIRE(answer);
    return answer->expires_in;
  };
  CHECK(life(R"(,"expires_in":1800)") == std::chrono::minutes(30));
  CHECK(life(R"(,"expires_in_sec":1800,"expires_in":1800000)") == std::chrono::minutes(30));
  CHECK(life("") == std::chrono::hours(1));
  CHECK(life(R"(,"expires_in":"soon")") == std::chrono::hours(1));
  CHECK(life(R"(,"expires_in":-5)") == std::chrono::hours(1));
}

TEST_CASE("a token that claims to live for ages is renewed within a day all the same") {
  for (const char* const ages : {"99999999999", "9223372036854775807", "18446744073709551615"}) {
    CAPTURE(ages);
    const auto answer = parse_token(complete(200, fmt::format(R"({{"access_token":"t","expires_in":{}}})", ages)));
    REQUIRE(answer);
    CHECK(answer->expires_in > Milliseconds(0));
    CHECK(answer->expires_in <= std::chrono::hours(24));
  }
}

TEST_CASE("a refused sign-in says why") {
  for (const char* const why :
       {"invalid_code", "invalid_client", "invalid_client_secret", "invalid_redirect_uri", "Access Denied"}) {
    for (const int status : {200, 400}) {
      CAPTURE(why, status);
      const auto refused = parse_token(complete(status, fmt::format(R"({{"error":"{}","status":"failure"}})", why)));
      REQUIRE_FALSE(refused);
      const bool for_now = std::string_view(why) == "Access Denied";
      CHECK(refused.error().kind == (for_now ? ErrorKind::transient : ErrorKind::not_allowed));
      CHECK_THAT(refused.error().message, Contains(why));
    }
  }
  const auto odd = parse_token(complete(502, "<html>"));
  REQUIRE_FALSE(odd);
  CHECK_THAT(odd.error().message, Contains("HTTP 502"));
}

TEST_CASE("what is no JSON, or not the JSON that was expected, means nothing") {
  for (const std::string& body :
       {std::string(), std::string(" "), std::string("null"), std::string("true"), std::string("7"),
        std::string("\"success\""), std::string("[]"), std::string("{}"), std::string("{"),
        std::string("<html></html>"), std::string("PK\x03\x04"), std::string(3, '\0'), std::string("\xEF\xBB\xBF"),
        std::string("{\"status\":\"\xFF\"}"), std::string(100'000, '['), std::string(100'000, '{'),
        std::string(R"({"status":"success"}{)")}) {
    CAPTURE(body.substr(0, 40), body.size());
    check_means_nothing(body);
    CHECK_FALSE(parse_service_error(body));
    CHECK(describe(complete(500, body)) == "HTTP 500");
  }
}

TEST_CASE("no beginning of an answer is taken for the whole") {
  for (const std::string& whole : {kAdded, kInProgress, kCompletedLive, upload_body("1"), created_body("1"),
                                   token_body("t", 3600), std::string(R"({"org":[{"zgid":"1"}]})")}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(whole, size);
      check_means_nothing(std::string_view(whole).substr(0, size));
    }
  }
}

TEST_CASE("damaged answers are survived") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::array<std::string, 4> whole = {kCompletedLive, upload_body("1"), token_body("t", 3600),
                                            error_body("INVALID_DATA", "x")};
  for (int round = 0; round < 4'000; ++round) {
    std::string body = whole[random() % whole.size()];
    for (unsigned change = random() % 4 + 1; change > 0; --change) {
      const size_t at = random() % body.size();
      if (random() % 3 == 0)
        body.erase(at, random() % 8);
      else
        body[at] = static_cast<char>(random() % 256);
      if (body.empty()) body = " ";
    }
    (void)parse_file_id(body);
    (void)parse_job_id(body);
    (void)parse_job_details(body);
    (void)parse_org(body);
    (void)parse_callback(body);
    const Reply reply = complete(400, body);
    (void)parse_token(reply);
    CHECK(describe(reply).size() < 4'096);
  }
}

TEST_CASE("an answer of the largest size that is received is read") {
  const std::string padding(kReplyBytesMax - 1'000, 'x');
  const auto details =
      parse_job_details(R"({"padding":")" + padding + R"(","id":"7","status":"COMPLETED","resource":[]})");
  REQUIRE(details);
  CHECK(details->status == JobStatus::completed);
}

TEST_CASE("what the service says at length, or with control characters in it, is told in brief and as text") {
  const std::string at_length = describe(complete(400, error_body("INVALID_DATA", std::string(1'000'000, 'x'))));
  CHECK(at_length.size() < 1'000);
  CHECK_THAT(at_length, Contains("INVALID_DATA: xxx"));
  CHECK(describe(complete(400, error_body(std::string(1'000'000, 'C'), "m"))).size() < 1'000);
  CHECK(describe(complete(400, R"({"code":"A","message":"red \u001b[31m\r\nline"})")) == "HTTP 400 A: red ?[31m??line");
  const auto refused = parse_token(complete(200, R"({"error":"\u001b]0;)" + std::string(1'000'000, 'x') + "\"}"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.size() < 1'000);
  CHECK(refused.error().message.find('\x1b') == std::string::npos);
}

TEST_CASE("a token that the service says back to us is not told") {
  const std::string token = "1000.8cb99dxxxxxxxxxxxxx9be93.9b8xxxxxxxxxxxxxxxf";
  for (const std::string& body :
       {error_body("INVALID_TOKEN", "no such token: Zoho-oauthtoken " + token + ", and " + token),
        error_body(token, "m"), std::string(R"({"info":")" + token + R"("})"),
        error_body("X", std::string(290, 'x') + token)}) {
    const std::string said = describe(complete(400, body));
    CAPTURE(said);
    CHECK(said.find("8cb99") == std::string::npos);
    CHECK_THAT(said, Contains("1000"));
  }
  CHECK_THAT(parse_token(complete(200, R"({"error":"bad )" + token + R"("})")).error().message,
             Contains("bad 1000....") && !Contains("8cb99"));
  CHECK_THAT(describe(complete(400, error_body("X", "more than 1000.00 or 1000."))), Contains("than 1000.00 or 1000."));
}
