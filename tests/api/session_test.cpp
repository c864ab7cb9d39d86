#include "engine/api/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>

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

// Says what it was made to say, and notes what it hears.
struct ScriptedStore final : TokenStore {
  std::deque<Answer> answers;  // the last one is said again and again
  std::vector<std::string> heard;

  Result<Answer> want(std::string_view spent) override {
    heard.push_back("want " + std::string(spent));
    Answer answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }
  Result<void> keep(const Token& token) override {
    heard.push_back("keep " + token.text);
    return {};
  }
  void nothing_came() override { heard.emplace_back("nothing"); }
  void denied() override { heard.emplace_back("denied"); }
};
TokenStore::Answer give(const std::string& text, std::optional<Milliseconds> renew_in = {}) {
  return {.kind = TokenStore::Answer::Kind::token,
          .token = {.text = text, .api_domain = {}, .renew_in = renew_in},
          .wait = {}};
}
TokenStore::Answer wait_for(Milliseconds time) {
  return {.kind = TokenStore::Answer::Kind::wait, .token = {}, .wait = time};
}

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

TEST_CASE(
    "a refused sign-in is final, whatever its HTTP status: the accounts host is asked once, and we say what to do") {
  const std::vector<std::pair<const char*, const char*>> refusals = {
      {R"({"error":"invalid_code"})", "auth login"},
      {R"({"error":"invalid_client"})", "--client-id"},
      {R"({"error":"invalid_client_secret"})", "client secret"},
      {R"({"error":"invalid_redirect_uri"})", "self client"},
      {R"({"error":"something_new"})", "something_new"}};
  for (const int status : {200, 400, 401, 403}) {
    for (const auto& [body, advice] : refusals) {
      CAPTURE(status, body);
      Desk desk;
      desk.transport.fate = [&, text = body](Kind, size_t, const Request&) {
        return Fate::answered_with(complete(status, text));
      };
      const auto refused = desk.session.sign_in();
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::not_allowed);
      CHECK_THAT(refused.error().message, Contains(advice));
      CHECK(desk.transport.started(Kind::token) == 1);
      check_holds_no_secret(refused.error());
    }
  }
}

TEST_CASE("Access Denied is for now, and is never met with another question") {
  for (const int status : {200, 400}) {
    for (const char* const error : {"Access Denied", "access_denied"}) {
      CAPTURE(status, error);
      Desk desk;
      desk.transport.fate = [&, error](Kind, size_t, const Request&) {
        return Fate::answered_with(complete(
            status,
            fmt::format(R"({{"error_description":"Trop de demandes.","error":"{}","status":"failure"}})", error)));
      };
      const auto refused = desk.session.sign_in();
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::transient);
      CHECK_THAT(refused.error().message, Contains(error));
      CHECK(desk.transport.started(Kind::token) == 1);
    }
  }
}

TEST_CASE("a reply with a token is a success, whatever its HTTP status") {
  for (const int status : {200, 201, 400, 500}) {
    CAPTURE(status);
    Desk desk;
    desk.transport.fate = [&](Kind, size_t, const Request&) {
      return Fate::answered_with(complete(status, token_body("1000.token-of-" + std::to_string(status), 3600)));
    };
    REQUIRE(desk.session.sign_in());
    CHECK(desk.session.authorization() == "Zoho-oauthtoken 1000.token-of-" + std::to_string(status));
    CHECK(desk.transport.started(Kind::token) == 1);
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

TEST_CASE("a beginning that is throttled names both causes, and credits where the service speaks of them") {
  for (const char* const remaining : {"", "0"}) {
    Desk desk;
    REQUIRE(desk.session.sign_in());
    desk.transport.fate = [&](Kind, size_t, const Request&) {
      Reply reply = throttled();
      if (*remaining != 0) reply.headers = {{"x-api-credits-remaining", remaining}};
      return Fate::answered_with(reply);
    };
    const auto refused = desk.session.get_fields("Leads");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::transient);
    CHECK_THAT(refused.error().message, Contains("credits are used up") && Contains("24 hours"));
    CHECK_THAT(refused.error().message, *remaining != 0 ? !Contains("--concurrency") : !Contains("(0 are left)"));
    CHECK(desk.session.credits().spent() == 0);  // a call too many counts nothing
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

TEST_CASE("the organisation is asked for once, also where it is known: what its edition grants is not") {
  Desk desk;
  REQUIRE(desk.session.sign_in());
  REQUIRE(desk.session.find_org());
  CHECK(desk.session.target().org == ServiceTwin::kOrg);
  REQUIRE(desk.session.find_org());
  CHECK(desk.service.count(Kind::org) == 1);

  Desk known(kRenewable, "7");
  REQUIRE(known.session.sign_in());
  REQUIRE(known.session.find_org());
  REQUIRE(known.session.find_org());
  CHECK(known.service.count(Kind::org) == 1);
  CHECK(known.session.target().org == "7");
  CHECK(known.session.edition().has_value() == desk.session.edition().has_value());
}

TEST_CASE("a refusal to say who we are is no error where that is known") {
  for (const bool is_known : {true, false}) {
    Desk desk(kRenewable, is_known ? "7" : "");
    REQUIRE(desk.session.sign_in());
    desk.transport.fate = [](Kind kind, size_t, const Request&) {
      Fate fate;
      if (kind == Kind::org) fate.instead = complete(401, error_body("OAUTH_SCOPE_MISMATCH", "Unauthorized"));
      return fate;
    };
    const auto found = desk.session.find_org();
    CHECK(found.has_value() == is_known);
    if (!is_known) CHECK(found.error().kind == ErrorKind::not_allowed);
  }
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

TEST_CASE("a module without layouts is answered without a body, and one without fields cannot be loaded into") {
  Desk desk;
  REQUIRE(desk.session.sign_in());
  desk.transport.fate = [](Kind, size_t, const Request&) { return Fate::answered_with(complete(204, "")); };
  const auto layouts = desk.session.get_layouts("Leads");
  REQUIRE(layouts);
  CHECK(*layouts == R"({"layouts":[]})");
  const auto fields = desk.session.get_fields("Leads");
  REQUIRE_FALSE(fields);
  CHECK(fields.error().kind == ErrorKind::configuration);
  CHECK_THAT(fields.error().message, Contains("module Leads has no fields that this user may see"));
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
  CHECK_THAT(refused.error().message, Contains("neither the token nor the one that it was renewed with"));
  CHECK(desk.service.count(Kind::token) == 3);
  check_holds_no_secret(refused.error());
}

TEST_CASE("a token that somebody else has left in the store is no renewal, and one that was made for us is") {
  const auto refuse_all = [](Kind kind, size_t, const Request&) {
    return kind == Kind::token ? Fate{} : Fate::answered_with(unauthorised());
  };
  for (const bool is_made_by_store : {false, true}) {
    CAPTURE(is_made_by_store);
    const auto store = std::make_shared<ScriptedStore>();
    store->answers = {give("first"), give("of another process"), {}};
    if (is_made_by_store) {
      store->answers.back() = give("of a command");
      store->answers.back().is_renewal = true;
    }
    Credentials credentials = kRenewable;
    credentials.store = store;
    Desk desk(credentials);
    desk.transport.fate = refuse_all;
    REQUIRE(desk.session.sign_in());
    const auto refused = desk.session.get_fields("Leads");
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Contains("renewed"));
    CHECK(desk.session.renewals() == 1);
    CHECK(desk.service.count(Kind::token) == (is_made_by_store ? 0 : 1));
    CHECK(std::count_if(store->heard.begin(), store->heard.end(),
                        [](const std::string& word) { return word.starts_with("want"); }) == 3);
  }
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

TEST_CASE("a token of the store is used without a question, and its end is the store's to know") {
  const auto store = std::make_shared<ScriptedStore>();
  store->answers = {give("shared", std::chrono::minutes(7)), give("next")};
  Desk desk({.client_id = "c", .client_secret = "s", .refresh_token = "r", .store = store});
  REQUIRE(desk.session.sign_in());
  CHECK(desk.service.arrivals().empty());
  CHECK(desk.session.authorization() == "Zoho-oauthtoken shared");
  CHECK_FALSE(desk.session.is_stale(desk.clock.now() + std::chrono::minutes(7) - Milliseconds(1)));
  CHECK(desk.session.is_stale(desk.clock.now() + std::chrono::minutes(7)));
  const auto renewal = desk.session.renew();
  REQUIRE(renewal);
  CHECK(renewal->kind == Session::Renewal::Kind::renewed);
  CHECK(desk.session.generation() == 2);
  CHECK_FALSE(desk.session.is_stale(desk.clock.now() + std::chrono::hours(100)));
  CHECK(store->heard == std::vector<std::string>{"want ", "want shared"});
}

TEST_CASE("the store hears of every token that comes, and of every question that comes to nothing") {
  const auto store = std::make_shared<ScriptedStore>();
  store->answers = {{}};
  Credentials credentials = kRenewable;
  credentials.store = store;
  Desk desk(credentials);
  desk.transport.fate = [](Kind, size_t nth, const Request&) {
    return nth == 1 ? Fate::answered_with(complete(503, "")) : Fate{};
  };
  REQUIRE(desk.session.sign_in());
  REQUIRE(store->heard.size() == 4);
  CHECK(store->heard[1] == "nothing");
  CHECK(store->heard[3] == "keep " + desk.session.authorization().substr(16));

  store->heard.clear();
  desk.transport.fate = [](Kind, size_t, const Request&) {
    return Fate::answered_with(complete(400, R"({"error":"Access Denied"})"));
  };
  CHECK_FALSE(desk.session.sign_in());
  REQUIRE(store->heard.size() == 3);
  CHECK(store->heard[1] == "denied");
}

TEST_CASE("a sign-in waits for whoever is asking, but not for long") {
  const auto store = std::make_shared<ScriptedStore>();
  store->answers = {wait_for(Milliseconds(100)), wait_for(Milliseconds(100)), give("shared")};
  Desk desk({.store = store});
  REQUIRE(desk.session.sign_in());
  CHECK(desk.passed() == Milliseconds(200));

  store->answers = {wait_for(std::chrono::minutes(9))};
  const auto later = desk.session.sign_in();
  REQUIRE_FALSE(later);
  CHECK(later.error().kind == ErrorKind::transient);
  CHECK_THAT(later.error().message, Contains("540 s"));
  store->answers = {wait_for(Milliseconds(100))};
  const auto never = desk.session.sign_in();
  REQUIRE_FALSE(never);
  CHECK(never.error().kind == ErrorKind::transient);
  CHECK(desk.passed() < std::chrono::minutes(3));
}

TEST_CASE("the API is where the token's reply says, on the service's own hosts, unless it is set") {
  const auto says = [](const std::string& api_domain) {
    return complete(200, fmt::format(R"({{"access_token":"1000.t","api_domain":"{}","expires_in":3600}})", api_domain));
  };
  for (const bool follows : {true, false}) {
    CAPTURE(follows);
    ManualClock clock;
    ServiceTwin service;
    FakeTransport transport{service, clock};
    Session session(transport, clock,
                    {.api_base = "https://www.zohoapis.com",
                     .accounts_base = ServiceTwin::kAccounts,
                     .upload_base = ServiceTwin::kUpload,
                     .org = "7",
                     .api_follows_token = follows},
                    kRenewable);
    REQUIRE(session.accept(says("https://sandbox.zohoapis.eu")));
    CHECK(session.target().api_base == (follows ? "https://sandbox.zohoapis.eu" : "https://www.zohoapis.com"));
    const std::string before = session.target().api_base;
    for (const char* const host : {"https://www.zohoapis.evil.example", "http://www.zohoapis.com",
                                   "https://evil.example", "https://www.zohoapis.com.evil.example", "nonsense"}) {
      CAPTURE(host);
      const auto accepted = session.accept(says(host));
      CHECK(accepted.has_value() != follows);
      if (!accepted) CHECK(accepted.error().kind == ErrorKind::configuration);
      if (!accepted) CHECK_THAT(accepted.error().message, Contains("--api-base"));
      CHECK(session.target().api_base == before);
    }
  }
}

TEST_CASE("a grant code becomes a refresh token, and a refusal of it holds no secret") {
  Desk desk({.client_id = "client", .client_secret = "client-secret"});
  desk.transport.fate = [](Kind, size_t, const Request&) {
    return Fate::answered_with(
        complete(200, R"({"access_token":"1000.a","refresh_token":"1000.r","expires_in":3600,"token_type":"Bearer"})"));
  };
  const auto grant = desk.session.redeem("grant&code");
  REQUIRE(grant);
  CHECK(grant->refresh_token == "1000.r");
  CHECK(grant->token.text == "1000.a");
  CHECK(grant->token.ends_in == std::chrono::hours(1));
  CHECK(desk.session.authorization() == "Zoho-oauthtoken 1000.a");

  desk.transport.fate = [](Kind, size_t, const Request& request) {
    CHECK(request.body ==
          "grant_type=authorization_code&client_id=client&client_secret=client-secret&code=grant%26code");
    return Fate::answered_with(complete(200, R"({"error":"invalid_code"})"));
  };
  const auto refused = desk.session.redeem("grant&code");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("invalid_code") && !Contains("grant&"));
  check_holds_no_secret(refused.error());

  desk.transport.fate = [](Kind, size_t, const Request&) {
    return Fate::answered_with(complete(200, token_body("1000.only-an-access-token", 3600)));
  };
  CHECK_FALSE(desk.session.redeem("code"));
}

TEST_CASE("a session that ends while it asks lets others ask") {
  const auto store = std::make_shared<ScriptedStore>();
  store->answers = {{}};
  {
    Desk desk({.client_id = "c", .client_secret = "s", .refresh_token = "r", .store = store});
    REQUIRE(desk.session.renew());
    CHECK(store->heard == std::vector<std::string>{"want "});
  }
  CHECK(store->heard.back() == "nothing");
}
