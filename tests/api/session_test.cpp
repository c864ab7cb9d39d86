#include "engine/api/session.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/api/fake_transport.h"
#include "tests/api/service_twin.h"
#include "tests/api/service_words.h"

using namespace bulkwrite;
using namespace bulkwrite::api;
using namespace service_words;
using namespace twin;
using Catch::Matchers::Contains;

namespace {

const Credentials kRenewable{
    .client_id = "client", .client_secret = "client-secret", .refresh_token = "refresh-secret"};

struct Desk {
  ManualClock clock;
  ServiceTwin service;
  FakeTransport transport{service, clock};
  std::stop_source stop;
  Session session;

  explicit Desk(Credentials credentials = kRenewable, std::string org = "")
      : session(transport, clock, {ServiceTwin::kApi, ServiceTwin::kAccounts, ServiceTwin::kUpload, std::move(org)},
                std::move(credentials), 1, stop.get_token()) {
    clock.advance(std::chrono::hours(1'000));
  }
  Milliseconds passed() const { return clock.now() - Instant(std::chrono::hours(1'000)); }
};

void check_holds_no_secret(const Error& error) {
  for (const char* const secret : {"client-secret", "refresh-secret", "1000.token", "oauthtoken"})
    CHECK(error.message.find(secret) == std::string::npos);
}

}  // namespace

TEST_CASE("signing in sends the refresh form and nothing else, and the token goes into the header") {
  Desk desk;
  REQUIRE(desk.session.sign_in());
  REQUIRE(desk.service.arrivals().size() == 1);
  const Request& sent = desk.service.arrivals()[0].request;
  CHECK(sent.url == std::string(ServiceTwin::kAccounts) + "/oauth/v2/token");
  CHECK(sent.body ==
        "grant_type=refresh_token&client_id=client&client_secret=client-secret&refresh_token=refresh-secret");
  CHECK(sent.headers ==
        std::vector<std::pair<std::string, std::string>>{{"Content-Type", "application/x-www-form-urlencoded"}});
  CHECK(desk.session.authorization().starts_with("Zoho-oauthtoken 1000.token-"));
  CHECK(desk.session.generation() == 1);
  CHECK(desk.session.can_refresh());
}

TEST_CASE("what stands in a form or a query is escaped") {
  CHECK(percent_encoded("azAZ09-._~") == "azAZ09-._~");
  CHECK(percent_encoded("a b&c=d%+/\n") == "a%20b%26c%3Dd%25%2B%2F%0A");
  CHECK(percent_encoded("\xC3\xA9") == "%C3%A9");
  CHECK(percent_encoded("").empty());

  Desk desk({.client_id = "a&b", .client_secret = "c=d", .refresh_token = "e f"});
  auto request = desk.session.refresh_request();
  REQUIRE(request);
  CHECK(request->body == "grant_type=refresh_token&client_id=a%26b&client_secret=c%3Dd&refresh_token=e%20f");
}

TEST_CASE("a token that was given is used as it is and never renewed") {
  Desk desk({.access_token = "given", .client_id = "c", .client_secret = "s", .refresh_token = "r"});
  REQUIRE(desk.session.sign_in());
  CHECK(desk.session.authorization() == "Zoho-oauthtoken given");
  CHECK_FALSE(desk.session.can_refresh());
  CHECK_FALSE(desk.session.is_stale(desk.clock.now() + std::chrono::hours(100)));
  CHECK(desk.service.arrivals().empty());
}

TEST_CASE("a refused sign-in is final: the accounts host is asked once") {
  for (const int status : {200, 400, 401, 403}) {
    for (
        const char* const body :
        {R"({"error":"invalid_client"})",
         R"({"error_description":"You have made too many requests continuously.","error":"Access Denied","status":"failure"})"}) {
      CAPTURE(status, body);
      Desk desk;
      desk.transport.fate = [&](Kind, size_t, const Request&) { return Fate::answered_with(complete(status, body)); };
      const auto refused = desk.session.sign_in();
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::not_allowed);
      CHECK(desk.transport.started(Kind::token) == 1);
      check_holds_no_secret(refused.error());
    }
  }
}

TEST_CASE("a passing fault of the accounts host is waited out, and five of them are enough") {
  for (const Reply& fault : {complete(503, ""), complete(500, R"({"error":"internal"})"), throttled(), not_sent(),
                             lost(), complete(404, "<html>")}) {
    CAPTURE(describe(fault));
    Desk desk;
    desk.transport.fate = [&](Kind, size_t nth, const Request&) {
      return nth <= 4 ? Fate::answered_with(fault) : Fate{};
    };
    REQUIRE(desk.session.sign_in());
    CHECK(desk.transport.started(Kind::token) == 5);
    CHECK(desk.passed() >= Milliseconds(125 + 250 + 500 + 1'000));
    CHECK(desk.passed() <= Milliseconds(250 + 500 + 1'000 + 2'000 + 1'000));

    Desk dead;
    dead.transport.fate = [&](Kind, size_t, const Request&) { return Fate::answered_with(fault); };
    const auto down = dead.session.sign_in();
    REQUIRE_FALSE(down);
    CHECK(down.error().kind == (fault.status == 429 ? ErrorKind::transient : ErrorKind::service_down));
    CHECK_THAT(down.error().message, Contains(ServiceTwin::kAccounts));
    CHECK(dead.transport.started(Kind::token) == 5);
    check_holds_no_secret(down.error());
  }
}

TEST_CASE("who asks to come back much later is not waited for") {
  Desk desk;
  desk.transport.fate = [](Kind, size_t, const Request&) {
    Reply reply = throttled();
    reply.headers = {{"retry-after", "600"}};
    return Fate::answered_with(reply);
  };
  const auto later = desk.session.sign_in();
  REQUIRE_FALSE(later);
  CHECK(later.error().kind == ErrorKind::transient);
  CHECK_THAT(later.error().message, Contains("600"));
  CHECK(desk.passed() < std::chrono::seconds(1));
}

TEST_CASE("a stop ends the sign-in within a moment, while a reply or a repetition is awaited") {
  for (const Fate& fate : {Fate::silence(), Fate::answered_with(complete(503, ""))}) {
    Desk desk;
    desk.stop.request_stop();
    desk.transport.fate = [&](Kind, size_t, const Request&) { return fate; };
    const auto stopped = desk.session.sign_in();
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::transient);
    CHECK(desk.passed() <= Milliseconds(500));
    CHECK(desk.transport.started(Kind::token) == 1);
  }
}

TEST_CASE("the organisation is asked for once, and not where it is known") {
  Desk desk;
  REQUIRE(desk.session.sign_in());
  REQUIRE(desk.session.find_org());
  CHECK(desk.session.target().org == ServiceTwin::kOrg);
  REQUIRE(desk.session.find_org());
  CHECK(desk.service.count(Kind::org) == 1);

  Desk known(kRenewable, "7");
  REQUIRE(known.session.find_org());
  CHECK(known.service.arrivals().empty());
  CHECK(known.session.target().org == "7");
}

TEST_CASE("fields and layouts are asked for by module, and a refusal names the module") {
  Desk desk;
  REQUIRE(desk.session.sign_in());
  const auto fields = desk.session.get_fields("My Module&x");
  REQUIRE(fields);
  CHECK(*fields == R"({"fields":[]})");
  REQUIRE(desk.session.get_layouts("Leads"));
  CHECK(desk.service.arrivals()[1].request.url ==
        std::string(ServiceTwin::kApi) + "/crm/v8/settings/fields?module=My%20Module%26x");
  CHECK(desk.service.arrivals()[2].request.url ==
        std::string(ServiceTwin::kApi) + "/crm/v8/settings/layouts?module=Leads");

  const std::vector<std::pair<Reply, ErrorKind>> refusals = {
      {complete(400, error_body("INVALID_MODULE", "the module name given seems to be invalid")),
       ErrorKind::configuration},
      {complete(403, error_body("NO_PERMISSION", "permission denied")), ErrorKind::not_allowed}};
  for (const auto& [reply, kind] : refusals) {
    desk.transport.fate = [answer = reply](Kind, size_t, const Request&) { return Fate::answered_with(answer); };
    const auto refused = desk.session.get_fields("Leeds");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == kind);
    CHECK_THAT(refused.error().message, Contains("Leeds") && Contains(describe(reply)));
    check_holds_no_secret(refused.error());
  }
}

TEST_CASE("a token that died is renewed once, and one that is refused again is not allowed") {
  Desk desk;
  REQUIRE(desk.session.sign_in());
  desk.service.forget_tokens();
  REQUIRE(desk.session.get_fields("Leads"));
  CHECK(desk.service.count(Kind::token) == 2);
  CHECK(desk.service.count(Kind::fields, 401) == 1);
  CHECK(desk.service.count(Kind::fields, 200) == 1);
  CHECK(desk.session.generation() == 2);

  desk.transport.fate = [](Kind kind, size_t, const Request&) {
    return kind == Kind::token ? Fate{} : Fate::answered_with(unauthorised());
  };
  const auto refused = desk.session.get_fields("Leads");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::not_allowed);
  CHECK(desk.service.count(Kind::token) == 3);
  check_holds_no_secret(refused.error());
}

TEST_CASE("a token is renewed five minutes before its end, or after half a short life") {
  Desk desk;
  REQUIRE(desk.session.sign_in());
  const Instant got = desk.clock.now();
  CHECK_FALSE(desk.session.is_stale(got + std::chrono::minutes(55) - Milliseconds(1)));
  CHECK(desk.session.is_stale(got + std::chrono::minutes(55)));

  REQUIRE(desk.session.accept(complete(200, token_body("short", 60))));
  CHECK_FALSE(desk.session.is_stale(got + std::chrono::seconds(29)));
  CHECK(desk.session.is_stale(got + std::chrono::seconds(30)));
  CHECK(desk.session.generation() == 2);
  CHECK(desk.session.authorization() == "Zoho-oauthtoken short");
}

TEST_CASE("a reply without a token changes nothing of the session") {
  Desk desk;
  REQUIRE(desk.session.sign_in());
  const std::string before = desk.session.authorization();
  CHECK_FALSE(desk.session.accept(complete(200, R"({"error":"invalid_code"})")));
  CHECK_FALSE(desk.session.accept(complete(200, "")));
  CHECK_FALSE(desk.session.accept(lost()));
  CHECK(desk.session.authorization() == before);
  CHECK(desk.session.generation() == 1);
}

TEST_CASE("ten tokens in ten minutes is the most that is asked for") {
  Desk desk;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(desk.session.refresh_request());
    desk.clock.advance(std::chrono::seconds(30));
  }
  const auto refused = desk.session.refresh_request();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::not_allowed);
  check_holds_no_secret(refused.error());
  desk.clock.advance(std::chrono::minutes(5) - Milliseconds(1));
  CHECK_FALSE(desk.session.refresh_request());
  desk.clock.advance(Milliseconds(1));  // the first is ten minutes old
  CHECK(desk.session.refresh_request());
  CHECK_FALSE(desk.session.refresh_request());
}
