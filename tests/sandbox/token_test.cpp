#include <catch2/catch.hpp>

#include "tests/sandbox/sandbox_client.h"
#include "tests/sandbox/sandbox_process.h"

namespace bulkwrite::test {
namespace {

std::string token_of(const Answer& answer) {
  return answer.json.value("access_token", std::string());
}

Answer org_with(const SandboxProcess& sandbox, const std::string& token) {
  return SandboxClient(sandbox.port(), token).get("/crm/v8/org");
}

std::string form(const std::string& client, const std::string& secret, const std::string& refresh) {
  return "grant_type=refresh_token&client_id=" + client + "&client_secret=" + secret + "&refresh_token=" + refresh;
}

Answer post_form(const SandboxProcess& sandbox, const std::string& body) {
  return SandboxClient(sandbox.port(), "")
      .send("POST", "/oauth/v2/token", body, {{"Content-Type", "application/x-www-form-urlencoded"}});
}

TEST_CASE("the default client signs in, and its token opens the API") {
  const SandboxProcess sandbox;
  const Answer answer = SandboxClient(sandbox.port(), "").sign_in();
  REQUIRE(answer.status == 200);
  CHECK(answer.json.at("expires_in") == 3600);
  CHECK(answer.json.at("token_type") == "Bearer");
  CHECK(answer.json.at("api_domain") == sandbox.url());
  CHECK(answer.content_type == "application/json");
  CHECK(org_with(sandbox, token_of(answer)).status == 200);
}

TEST_CASE("the token endpoint takes a multipart form too") {
  const SandboxProcess sandbox;
  std::string body;
  const Headers fields{{"grant_type", "refresh_token"},
                       {"client_id", "1000.SANDBOXCLIENT"},
                       {"client_secret", "sandbox-client-secret"},
                       {"refresh_token", "1000.sandbox.refresh-token"}};
  for (const auto& [name, value] : fields) {
    body += "--XyZ\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  }
  const Answer answer = SandboxClient(sandbox.port(), "")
                            .send("POST", "/oauth/v2/token", body + "--XyZ--\r\n",
                                  {{"Content-Type", "multipart/form-data; boundary=XyZ"}});
  CHECK_FALSE(token_of(answer).empty());
}

TEST_CASE("wrong credentials are told apart, with HTTP 200") {
  const SandboxProcess sandbox;
  const std::string secret = "sandbox-client-secret";
  const std::string refresh = "1000.sandbox.refresh-token";
  const Answer client = post_form(sandbox, form("1000.OTHER", secret, refresh));
  CHECK(client.status == 200);
  CHECK(client.json == nlohmann::json{{"error", "invalid_client"}});
  CHECK(post_form(sandbox, form("1000.SANDBOXCLIENT", "no", refresh)).json.at("error") == "invalid_client_secret");
  CHECK(post_form(sandbox, form("1000.SANDBOXCLIENT", secret, "no")).json.at("error") == "invalid_code");
}

std::string grant_form(const std::string& code) {
  return "grant_type=authorization_code&client_id=1000.SANDBOXCLIENT&client_secret=sandbox-client-secret&code=" + code;
}

TEST_CASE("a grant code gives a refresh token of its own, once, also across a restart") {
  SandboxProcess sandbox({"--grant-code", "1000.once"});
  CHECK(post_form(sandbox, grant_form("1000.another")).json.at("error") == "invalid_code");
  CHECK(post_form(sandbox, grant_form("")).json.at("error") == "invalid_code");
  CHECK(post_form(sandbox, grant_form("1000.once") + "&redirect_uri=https://a.example").json.at("error") ==
        "invalid_redirect_uri");
  const Answer granted = post_form(sandbox, grant_form("1000.once"));
  REQUIRE(org_with(sandbox, token_of(granted)).status == 200);
  const std::string refresh = granted.json.at("refresh_token");
  CHECK_FALSE(token_of(post_form(sandbox, form("1000.SANDBOXCLIENT", "sandbox-client-secret", refresh))).empty());
  sandbox.kill_hard();
  sandbox.start({"--grant-code", "1000.once"});
  CHECK(post_form(sandbox, grant_form("1000.once")).json.at("error") == "invalid_code");
  const Answer renewed = post_form(sandbox, form("1000.SANDBOXCLIENT", "sandbox-client-secret", refresh));
  REQUIRE(org_with(sandbox, token_of(renewed)).status == 200);
  CHECK_FALSE(renewed.json.contains("refresh_token"));

  const SandboxClient client(sandbox.port(), "");
  CHECK(client.send("POST", "/oauth/v2/token/revoke?token=" + refresh, "", {}).json.at("status") == "success");
  CHECK(client.send("POST", "/oauth/v2/token/revoke?token=" + refresh, "", {}).json.at("error") == "invalid_code");
  CHECK(post_form(sandbox, form("1000.SANDBOXCLIENT", "sandbox-client-secret", refresh)).json.at("error") ==
        "invalid_code");
}

TEST_CASE("a reply with a token has the status, the expiry and the API's host that the switches say") {
  const SandboxProcess odd(
      {"--set", "token_success_http=400", "--set", "token_expiry=milliseconds", "--set", "api_domain=foreign"});
  const Answer answer = SandboxClient(odd.port(), "").sign_in();
  CHECK(answer.status == 400);
  CHECK(answer.json.at("expires_in_sec") == 3600);
  CHECK(answer.json.at("expires_in") == 3'600'000);
  CHECK(answer.json.at("api_domain") == "https://www.zohoapis.evil.example");
  CHECK(org_with(odd, token_of(answer)).status == 200);
  const SandboxProcess silent({"--set", "api_domain=none"});
  CHECK_FALSE(SandboxClient(silent.port(), "").sign_in().json.contains("api_domain"));
}

TEST_CASE("the refusals of the token endpoint can be had as faults") {
  const TemporaryDirectory directory;
  for (const std::string fault : {"invalid_code", "invalid_client", "invalid_client_secret", "invalid_redirect_uri"}) {
    CAPTURE(fault);
    const SandboxProcess sandbox(
        SandboxProcess::with_faults(directory, {{"requests", {{{"request", "token"}, {"nth", 1}, {"fault", fault}}}}}));
    const Answer refused = SandboxClient(sandbox.port(), "").sign_in();
    CHECK(refused.status == 200);
    CHECK(refused.json == nlohmann::json{{"error", fault}});
    CHECK_FALSE(token_of(SandboxClient(sandbox.port(), "").sign_in()).empty());
  }
}

TEST_CASE("ten tokens in ten minutes, and then Access Denied, also after a restart") {
  SandboxProcess sandbox;
  for (int i = 0; i < 10; ++i) REQUIRE_FALSE(token_of(SandboxClient(sandbox.port(), "").sign_in()).empty());
  sandbox.kill_hard();
  sandbox.start();
  const Answer answer = SandboxClient(sandbox.port(), "").sign_in();
  CHECK(answer.status == 400);
  CHECK(answer.json.at("error") == "Access Denied");
}

TEST_CASE("one live token too many ends the oldest") {
  const SandboxProcess sandbox({"--set", "token_rate_max=100", "--set", "token_live_max=3"});
  std::vector<std::string> tokens;
  for (int i = 0; i < 4; ++i) tokens.push_back(token_of(SandboxClient(sandbox.port(), "").sign_in()));
  CHECK(org_with(sandbox, tokens[0]).status == 401);
  for (int i = 1; i < 4; ++i) CHECK(org_with(sandbox, tokens[static_cast<size_t>(i)]).status == 200);
}

TEST_CASE("a token expires, another does not outlive its revoked refresh token") {
  SandboxProcess sandbox({"--set", "token_life_s=0"});
  const Answer expired = org_with(sandbox, token_of(SandboxClient(sandbox.port(), "").sign_in()));
  CHECK(expired.status == 401);
  CHECK(expired.code() == "INVALID_TOKEN");
  sandbox.terminate();
  sandbox.start();
  const SandboxClient client(sandbox.port(), "");
  const std::string token = token_of(client.sign_in());
  REQUIRE(org_with(sandbox, token).status == 200);
  const std::string revoke = "/oauth/v2/token/revoke?token=1000.sandbox.refresh-token";
  CHECK(client.send("POST", revoke, "", {}).json.at("status") == "success");
  CHECK(org_with(sandbox, token).status == 401);
  CHECK(client.sign_in().json.at("error") == "invalid_code");
}

TEST_CASE("a token issued before a crash is good after it") {
  SandboxProcess sandbox;
  const std::string token = token_of(SandboxClient(sandbox.port(), "").sign_in());
  sandbox.kill_hard();
  sandbox.start();
  CHECK(org_with(sandbox, token).status == 200);
}

TEST_CASE("Bearer is not the service's scheme") {
  const SandboxProcess sandbox;
  const Answer answer =
      SandboxClient(sandbox.port()).send("GET", "/crm/v8/org", "", {{"Authorization", "Bearer test-token"}});
  CHECK(answer.status == 401);
  CHECK(answer.code() == "INVALID_TOKEN");
}

TEST_CASE("the request log keeps no secret") {
  const SandboxProcess sandbox;
  SandboxClient(sandbox.port(), "").send("POST", "/oauth/v2/token/revoke?token=hush", "", {});
  SandboxClient(sandbox.port(), "").sign_in();
  REQUIRE(sandbox.count_requests("revoke") == 1);
  for (const auto& request : sandbox.requests()) {
    CHECK(request.dump().find("hush") == std::string::npos);
    CHECK(request.dump().find("1000.") == std::string::npos);
  }
}

}  // namespace
}  // namespace bulkwrite::test
